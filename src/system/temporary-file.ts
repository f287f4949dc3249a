/**
 * The files that are written beside another one and then renamed over it. Used by whoever replaces a file whole.
 *
 * Their names are fixed: the job's lock keeps other engines away, and a crash leaves at most one of each behind. So whatever lies there
 * goes first, and the file is made anew: nothing is written through a link, hard or symbolic, that somebody put there.
 */

import { closeSync, constants, openSync, rmSync, writeFileSync } from "node:fs";

/** To be opened with after `clearTemporary`. */
export const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export function temporaryOf(path: string): string {
  return `${path}.tmp`;
}

/** Makes the name free, if something lies there. */
export function clearTemporary(path: string): void {
  rmSync(path, { force: true });
}

/** Writes it whole, or throws with nothing left there. */
export function writeTemporary(path: string, content: string | Buffer): void {
  clearTemporary(path);
  const fd = openSync(path, NEW_FILE, 0o600);
  try {
    writeFileSync(fd, content);
  } catch (error) {
    clearTemporary(path);
    throw error;
  } finally {
    closeSync(fd);
  }
}
