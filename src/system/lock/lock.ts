/**
 * Locks that die with their owner: held by an open file, so they need no unlock after `kill -9`, are kept through SIGSTOP and are not
 * inherited by tasks (descriptors are close-on-exec). The file says who holds it.
 */

import { constants, fstatSync, ftruncateSync, readSync, unlinkSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { AirError } from "../../domain/errors.js";
import { isDyingHolder } from "./dying-holder.js";
import { aboutPath, codeOf, isFullDisk } from "../look/error-code.js";
import { held, lockOpen, MACOS_O_EXLOCK, replacedAgain, ROUNDS, SILENT_HOLDER_MS } from "./file-lock.js";
import { letGo } from "../look/let-go.js";
import { NO, yes, type Look } from "../look/look.js";
import { lookAtLock } from "./lock-look.js";
import { describeAgain, describeHolder, isOfOtherMachine, lookAtHolder } from "./lock-holder.js";
import { BEAT_MS, isSilent } from "../process/other-machine.js";
import { lookAt } from "../look/path-look.js";
import { presenceOf, type Presence } from "../look/presence.js";
import { openLeased } from "../read/open-leased.js";

export interface Lock {
  presence(): Presence;
  /** Whether another file is in the place of ours, in the directory where that was (a backup that was unpacked there), and nobody has its lock. */
  isReplaced(): Look;
  /** Writes its file again now and then, for other machines to see that we live. To be called every second or so. */
  beat(): void;
  /** Takes what is at its path by now, if somebody has removed its file: those who look for the holder shall find him. */
  restore(): Promise<void>;
  /** May be called again. */
  release(): void;
}

/** Our own file was removed, and somebody is quicker: between two tries to have it again. */
const RESTORING_MS = 50;
/** So often, and at such intervals, it is looked whether a holder that was killed is gone. */
const [DYING_ROUNDS, DYING_MS] = [100, 50];
/** Far more than any has. */
const MOST_CLAIM_BYTES = 4096;

/**
 * Takes the lock that lives in the file `path`, which is created if missing, or throws. The file says who holds it.
 *
 * @param what names the thing for the error: `job "etl"`.
 * @param socket the name of our control socket, for those who want something of us. Default: we have none.
 * @throws AirError `AIR_LOCKED` naming the holder's pid and since when; `AIR_UNSAFE_PATH` if something else is in its place; `AIR_SYSTEM` if locking is not possible here.
 */
export async function takeLock(path: string, what: string, socket: string | null = null): Promise<Lock> {
  return new FileLock(await take(path, what, socket), path, () => take(path, what, socket));
}

/** The same for those who remove what it guards, and so make room: where the disk has none to say who holds it nobody says so. */
export async function takeLockToRemove(path: string, what: string): Promise<Lock> {
  const takeSilently = (): Promise<number> => take(path, what, null, true);
  return new FileLock(await takeSilently(), path, takeSilently);
}

class FileLock implements Lock {
  #fd: number;
  readonly #path: string;
  readonly #take: () => Promise<number>;
  /** That of its file. */
  readonly #directory: string | null;
  #beatAt = performance.now();
  #isRestoring = false;
  #isReleased = false;

  constructor(fd: number, path: string, takeAgain: () => Promise<number>) {
    this.#fd = fd;
    this.#path = path;
    this.#take = takeAgain;
    this.#directory = directoryOf(path);
  }

  presence(): Presence {
    return presenceOf(this.#path, this.#fd);
  }

  isReplaced(): Look {
    const isInPlace = this.presence() === "removed" && this.#directory !== null && directoryOf(this.#path) === this.#directory;
    if (!isInPlace || lookAt(this.#path).answer === "no") return NO;
    const locked = lookAtLock(this.#path);
    if (locked.answer === "unknown") return locked;
    return locked.answer === "yes" ? NO : yes(true);
  }

  beat(): void {
    const now = performance.now();
    if (this.#isReleased || now - this.#beatAt < BEAT_MS) return;
    this.#beatAt = now;
    try {
      const claim = Buffer.alloc(MOST_CLAIM_BYTES);
      const bytes = readSync(this.#fd, claim, 0, MOST_CLAIM_BYTES, 0);
      writeSync(this.#fd, describeAgain(claim.toString("utf8", 0, bytes)), 0);
    } catch {
      // A disk that takes nothing now: the next one will do.
    }
  }

  async restore(): Promise<void> {
    if (this.#isRestoring) return;
    this.#isRestoring = true;
    // Whoever tries to have what we hold, and tries again, has its file most of the time.
    for (let round = 0; round < ROUNDS && !this.#isReleased && this.#isMissing(); round++) {
      if (round > 0) await pause(RESTORING_MS);
      await this.#takeAgain();
    }
    this.#isRestoring = false;
  }

  async #takeAgain(): Promise<void> {
    try {
      const fd = await this.#take();
      if (this.#isReleased) return giveBack(fd);
      letGo(this.#fd);
      this.#fd = fd;
    } catch {
      // Somebody is quicker, or the directory is gone: the next look tells.
    }
  }

  /** Removed, or moved away alone: then its directory is where it was. */
  #isMissing(): boolean {
    const presence = this.presence();
    if (presence !== "away") return presence === "removed";
    return lookAt(this.#path).answer === "no" && this.#directory !== null && directoryOf(this.#path) === this.#directory;
  }

  /** We may live on: nobody is to read that we hold it. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    giveBack(this.#fd);
  }
}

async function take(path: string, what: string, socket: string | null, mayBeSilent = false): Promise<number> {
  // The file may be removed with its directory and made again between opening and locking: then the lock guards nothing.
  let dyingRounds = DYING_ROUNDS;
  for (let round = 0; round < ROUNDS; round++) {
    const fd = openLockFile(path, what);
    try {
      if (!fstatSync(fd).isFile()) throw noFile(path);
      if (!(await lockOpen(fd))) {
        if (isDyingHolder(path) && dyingRounds-- > 0) {
          letGo(fd);
          await pause(DYING_MS);
          round -= 1;
          continue;
        }
        // Whoever has it has yet to say so; or it was given back, and a process that is just being started has not closed its copy.
        const saysNothing = lookAtHolder(path).answer === "no";
        if (!saysNothing || round === ROUNDS - 1) throw held(path, what);
        // What it says is of somebody who was killed: he takes longer to be gone.
        const isOfDead = fstatSync(fd).size > 0;
        letGo(fd);
        await pause(SILENT_HOLDER_MS * (isOfDead ? round + 1 : 1));
        continue;
      }
      if (isOurs(path, fd)) {
        if (isOfOtherMachine(path) && !(await isSilent(path))) throw held(path, what);
        const claim = describeHolder(fd, socket);
        ftruncateSync(fd);
        try {
          writeSync(fd, claim, 0);
        } catch (error) {
          if (!mayBeSilent || !isFullDisk(error)) throw error;
        }
        return fd;
      }
    } catch (error) {
      letGo(fd);
      throw aboutPath(error, path);
    }
    letGo(fd);
  }
  throw replacedAgain(path);
}

function openLockFile(path: string, what: string): number {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK | MACOS_O_EXLOCK;
  try {
    return openLeased(path, flags, 0o600);
  } catch (error) {
    const code = codeOf(error);
    if (code === "EAGAIN" && MACOS_O_EXLOCK !== 0) throw held(path, what);
    if (code === "ELOOP" || code === "EISDIR" || code === "ENXIO") throw noFile(path);
    throw error;
  }
}

/** True if it is still at its path, and nowhere else: a file of another name must not be emptied, so its link here goes instead. */
function isOurs(path: string, fd: number): boolean {
  if (presenceOf(path, fd) !== "here") return false;
  if (fstatSync(fd).nlink === 1) return true;
  unlinkSync(path);
  return false;
}

/** Which one the file's is; null if that can't be told now. */
function directoryOf(path: string): string | null {
  const look = lookAt(dirname(path));
  return look.answer === "yes" ? `${look.found.dev}:${look.found.ino}` : null;
}

function noFile(path: string): AirError {
  return new AirError("AIR_UNSAFE_PATH", `${path} is no regular file, expected a lock of our own: remove it`);
}

function giveBack(fd: number): void {
  try {
    ftruncateSync(fd);
  } catch {
    // A disk that takes nothing: then it says so until it is taken again.
  }
  letGo(fd);
}
