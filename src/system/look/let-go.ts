/**
 * Closes files. On a network file system that fails where its disk did, and the file is closed all the same: who then took it for open would
 * read or write another file of that number. Who writes what nobody syncs closes it by itself, for it may be the one word of what is missing.
 */

import { close, closeSync } from "node:fs";
import { codeOf } from "./error-code.js";

/** Of a file of which nothing more is wanted: it was read, or what was written was synced or can be made again. */
export function letGo(fd: number): void {
  try {
    closeSync(fd);
  } catch (error) {
    // That one is a fault of ours.
    if (codeOf(error) === "EBADF") throw error;
  }
}

/** The same, not on this thread. */
export function letGoLater(fd: number): void {
  close(fd, () => {});
}
