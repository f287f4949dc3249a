/**
 * The manager as a process of its own: started in the background by `start`, found and ended by `stop`, seen by `status`. The manager
 * itself runs in that process in any case; here is only how others deal with it.
 */

import { setTimeout as pause } from "node:timers/promises";
import { AirError, type AirErrorCode } from "../index.js";
import { managerLock, managerLog } from "../internal.js";
import { spawnWithBytes } from "../system/process/spawn-bytes.js";
import { withInherited } from "../system/process/inherited.js";
import { lookAtHolder, lookAtOwnHolder, type LockHolder } from "../system/lock/lock-holder.js";
import { certain, isPossible, yes, type Look } from "../system/look/look.js";
import { openToAppend } from "../system/read/open-file.js";
import { openHolder } from "../system/lock/open-holder.js";
import { ensurePrivateDirectory, refuseLink } from "../system/write/private-directory.js";
import { identify, isAlive, wake, type ProcessIdentity } from "../system/process/process-identity.js";
import { directoryFromHere } from "../system/look/current-directory.js";
import { letGo } from "../system/look/let-go.js";

export type { LockHolder } from "../system/lock/lock-holder.js";

/** What the process in the background says once. */
type Word = { readonly isUp: true } | { readonly isUp: false; readonly code: AirErrorCode; readonly message: string };

const LOOK_EVERY_MS = 20;

/** The manager of a directory. */
export function findManager(dir: string): Look<LockHolder> {
  const path = managerLock(directoryFromHere(dir));
  return orByItsProcess(path, lookAtHolder(path));
}

/** Where the disk fails, the system knows who has the file open. */
function orByItsProcess(path: string, look: Look<LockHolder>): Look<LockHolder> {
  const holder = look.answer === "unknown" ? openHolder(path) : null;
  return holder === null ? look : yes(holder);
}

/** The same as `--json` has it. */
export function managerData(manager: Look<LockHolder>): LockHolder | "unknown" | null {
  if (manager.answer === "yes") return manager.found;
  return manager.answer === "no" ? null : "unknown";
}

/**
 * Starts a manager in the background and waits until it is up.
 *
 * @param command the program and its arguments that run a manager in the foreground and call `tellStarter`.
 * @returns its pid.
 * @throws AirError as `Manager.open` does over there; `AIR_SYSTEM` if it ended without a word.
 */
export async function startInBackground(dir: string, command: readonly [string, ...string[]]): Promise<number> {
  ensurePrivateDirectory(directoryFromHere(dir));
  const log = managerLog(directoryFromHere(dir));
  const output = openToAppend(log);
  const [program, ...args] = command;
  const env = withInherited(process.env);
  const child = spawnWithBytes(program, args, { detached: true, env, stdio: ["ignore", output, output, "ipc"] });
  letGo(output);
  const word = await new Promise<Word>((done, fail) => {
    child.once("message", (message) => done(message as Word));
    child.once("error", (cause) => fail(new AirError("AIR_SYSTEM", `the manager can't be started: ${cause.message}`, { cause })));
    child.once("exit", (code, signal) => {
      fail(new AirError("AIR_SYSTEM", `the manager ended at once (${signal ?? `exit code ${code}`}): see ${log}`));
    });
  });
  if (!word.isUp) throw new AirError(word.code, word.message);
  if (child.connected) child.disconnect();
  child.unref();
  return child.pid!;
}

/** Called in the background process: tells whoever started it how that went. Does nothing in a process that a user started. */
export function tellStarter(error: Error | null): void {
  if (process.send === undefined) return;
  const code = error instanceof AirError ? error.code : "AIR_SYSTEM";
  process.send(error === null ? { isUp: true } : { isUp: false, code, message: error.message }, () => {
    if (process.connected) process.disconnect();
  });
}

/**
 * Has a manager stop gracefully and waits until it is gone, however long it takes. Null if none runs.
 *
 * @throws AirError `AIR_UNSAFE_PATH` if it is another user's, whoever we are: its file names any process that he likes; `AIR_LOCKED` if it
 * runs on another machine.
 */
export async function stopManager(dir: string): Promise<LockHolder | null> {
  refuseLink(directoryFromHere(dir));
  const path = managerLock(directoryFromHere(dir));
  const manager = certain(orByItsProcess(path, lookAtOwnHolder(path)));
  // What has its number here is somebody else.
  if (manager?.host !== undefined) {
    const message = `the manager of ${dir} is process ${manager.pid} on ${manager.host}: stop it there`;
    throw new AirError("AIR_LOCKED", message);
  }
  const identity = manager === null ? null : certain(identify(manager.pid));
  if (manager === null || identity === null) return null;
  process.kill(manager.pid, "SIGTERM");
  // One that somebody has stopped (SIGSTOP) hears of it only when it goes on.
  wake(identity);
  while (isStill(identity, lookAtHolder(path))) await pause(LOOK_EVERY_MS);
  return manager;
}

/** That it can't be seen in its file now doesn't mean that it is gone. */
function isStill(manager: ProcessIdentity, look: Look<LockHolder>): boolean {
  if (look.answer === "no" || (look.answer === "yes" && look.found.pid !== manager.pid)) return false;
  return isPossible(isAlive(manager));
}
