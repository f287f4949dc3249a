/** Moves a directory of ours where a rename may not do: overlayfs renames none of its lower layer, such as what an image has brought along. */

import { constants, copyFileSync, renameSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import { codeOf } from "../look/error-code.js";
import { lookAt } from "../look/path-look.js";
import { temporaryOf } from "./temporary-file.js";

/** True if it was renamed. False if it stands where it was, since its file system renames no such directory. */
export function renameDirectory(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) !== "EXDEV") throw error;
    return false;
  }
}

/** `to` appears whole, in one step. Broken off, it can be done again; what is left at `from` then does no harm. */
export async function moveDirectory(from: string, to: string): Promise<void> {
  if (renameDirectory(from, to)) return;
  const partial = temporaryOf(to);
  await rm(partial, { recursive: true, force: true });
  await cp(from, partial, { recursive: true, preserveTimestamps: true, filter: isOfLogs });
  renameSync(partial, to);
  await rm(from, { recursive: true, force: true });
}

/** No link, which would lead elsewhere, and no pipe. */
function isOfLogs(path: string): boolean {
  const look = lookAt(path);
  return look.answer === "yes" ? look.found.isDirectory() || look.found.isFile() : look.answer === "unknown";
}

/** To a name that is free. */
export function copyRegular(from: string, to: string): void {
  copyFileSync(from, to, constants.COPYFILE_EXCL);
}
