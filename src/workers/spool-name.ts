/** Where spools are and how they are called: `<engine token>-<number>.spool` in `lanes/`, a number for each runner of the engine. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../system/look/error-code.js";
import { lookAt } from "../system/look/path-look.js";

export const lanesDirectoryOf = (directory: string): string => join(directory, "lanes");

/** Makes the directory of the spools, if it is missing. Nothing above it: that somebody may just have moved away. */
export function makeLanesDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== "EEXIST" || isSomethingElse(path)) throw error;
  }
}

/** A link may lead to a directory: what is behind it shows when a spool is made. */
function isSomethingElse(path: string): boolean {
  const there = lookAt(path);
  return there.answer === "yes" && !there.found.isDirectory() && !there.found.isSymbolicLink();
}

/** True for names that can be ours: nothing else becomes part of a path. */
export function isSpoolName(name: string): boolean {
  return /^[A-Za-z0-9]{1,64}-\d{1,9}$/.test(name);
}

export function spoolPath(lanesDirectory: string, name: string): string {
  return join(lanesDirectory, `${name}.spool`);
}
