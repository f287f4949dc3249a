/** Logs of earlier attempts, which make room for new ones, and come back if those don't begin after all. In the worker thread. */

import { renameSync } from "node:fs";
import { dirname } from "node:path";
import type { Result } from "../../domain/outcome.js";
import { codeOf } from "../../system/look/error-code.js";
import { lookAt } from "../../system/look/path-look.js";
import type { MovedLog } from "../runner/messages.js";

/** No fault of the file that is to be moved. */
const DIRECTORY_REFUSES: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EROFS", "EIO", "ENOSPC", "EDQUOT"]);

export class MovedLogs {
  readonly #moved = new Map<number, MovedLog[]>();

  /** Makes room; null if that is done, else what keeps the attempt from starting. */
  makeRoom(log: MovedLog): Result | null {
    const { key, from, to } = log;
    try {
      renameSync(from, to);
    } catch (error) {
      const code = codeOf(error);
      if (code === "ENOENT") return null;
      if (DIRECTORY_REFUSES.has(code)) return { kind: "not-begun", message: `${dirname(from)}: ${code}`, hindrance: "log" };
      return {
        kind: "spawn-failed",
        message: `the earlier log ${from} can't be moved out of the way: ${(error as Error).message}`,
      };
    }
    const moved = this.#moved.get(key);
    if (moved === undefined) this.#moved.set(key, [log]);
    else moved.push(log);
    return null;
  }

  /** The attempt is over; or it has not begun, and the log of the one before it is the task's again. */
  settle(key: number, hasBegun: boolean): void {
    if (this.#moved.size === 0) return;
    const moved = this.#moved.get(key);
    if (moved === undefined) return;
    this.#moved.delete(key);
    if (!hasBegun) moved.forEach(putBack);
  }
}

function putBack({ from, to }: MovedLog): void {
  try {
    if (lookAt(from).answer === "no") renameSync(to, from);
  } catch {
    // It stays where it is.
  }
}
