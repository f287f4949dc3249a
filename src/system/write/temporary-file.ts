/**
 * The files that are written beside another one and then renamed over it.
 *
 * Their names are fixed: the job's lock keeps other engines away, and a crash leaves at most one of each behind. So whatever lies there
 * goes first, and the file is made anew: nothing is written through a link, hard or symbolic, that somebody put there.
 */

import { closeSync, constants, openSync, unlinkSync, writeFileSync } from "node:fs";
import { aboutPath, codeOf } from "../look/error-code.js";
import { keepAside } from "./keep-aside.js";
import { MACOS_O_EXLOCK } from "../lock/file-lock.js";
import { lookAt } from "../look/path-look.js";

/** To be opened with after `clearTemporary`. */
export const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Makes a file, for appending; on macOS with its lock. Throws if something lies there. */
export function makeFile(path: string): number {
  return openSync(path, NEW_FILE | constants.O_APPEND | MACOS_O_EXLOCK, 0o600);
}

export function temporaryOf(path: string): string {
  return `${path}.tmp`;
}

/** Makes the name free, if something lies there. A directory, which nobody has put there for us, is kept under another name. */
export function clearTemporary(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT" && !moveDirectoryAside(path)) throw error;
  }
}

/** True if one was there. */
export function moveDirectoryAside(path: string): boolean {
  const look = lookAt(path);
  const isDirectory = look.answer === "yes" && look.found.isDirectory();
  if (isDirectory) keepAside(path, `${path}.rejected`);
  return isDirectory;
}

/** Writes it whole, or throws with nothing left there. */
export function writeTemporary(path: string, content: string | Buffer): void {
  clearTemporary(path);
  const fd = openSync(path, NEW_FILE, 0o600);
  try {
    writeFileSync(fd, content);
  } catch (error) {
    clearTemporary(path);
    throw aboutPath(error, path);
  } finally {
    closeSync(fd);
  }
}
