/**
 * Opens without waiting for what may hang, but for a lease: a file server (Samba, NFS) has one while a client of it has the file open. The system
 * asks it to give that up, and says EAGAIN meanwhile to whoever does not wait. It mostly takes milliseconds; who never answers keeps it for 45 seconds.
 */

import { openSync } from "node:fs";
import { codeOf } from "../look/error-code.js";

const [TRIES, AGAIN_MS] = [20, 5];
const WORDS = "another program, such as a file server, has a lease on it";

/** @throws the system's error. */
export function openLeased(path: string, flags: number, mode?: number): number {
  for (let tries = 1; ; tries++) {
    try {
      return openSync(path, flags, mode);
    } catch (error) {
      if (codeOf(error) !== "EAGAIN" || process.platform !== "linux") throw error;
      if (tries === TRIES && error instanceof Error)
        error.message = error.message.replace("resource temporarily unavailable", WORDS);
      if (tries === TRIES) throw error;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, AGAIN_MS);
  }
}
