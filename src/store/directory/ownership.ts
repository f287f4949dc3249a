/**
 * Whose files they are. What another user owns is never used: whoever can write a job's files says what runs here. Asked before a job is
 * opened, and by those who show why it was not.
 */

import { dirname } from "node:path";
import { AirError } from "../../domain/errors.js";
import type { JobPaths } from "../layout.js";
import { codeOf } from "../../system/look/error-code.js";
import { certain } from "../../system/look/look.js";
import { lookAt } from "../../system/look/path-look.js";
import { closePrivateDirectory, ensurePrivateDirectory, ourUser } from "../../system/write/private-directory.js";

/**
 * Closes a job's directory to others and then looks at it: what they have put there is not used. Gives a warning to show, if it was
 * tightened.
 *
 * @param isNew if it is to be made where it is missing
 * @throws AirError as `closePrivateDirectory`, and as `refuseForeign` for all that an engine reads or writes there.
 */
export function closeJobDirectory({ dir, ...inside }: JobPaths, isNew: boolean): string | null {
  const warning = isNew ? ensurePrivateDirectory(dir) : closePrivateDirectory(dir);
  refuseForeign(Object.values(inside));
  return warning;
}

/** @throws AirError `AIR_UNSAFE_PATH` naming the first that is another user's; the system's error if that can't be told now. */
export function refuseForeign(paths: readonly string[]): void {
  for (const path of paths) {
    const stats = certain(lookAt(path));
    if (stats === null || stats.uid === ourUser(stats)) continue;
    const message = `${path} belongs to user ${stats.uid}, expected a file of user ${ourUser(stats)}: remove it or make it yours`;
    throw new AirError("AIR_UNSAFE_PATH", message);
  }
}

/**
 * Why a job is not taken, as anybody can see: it, its state or its lock belongs to another user than all jobs, or can't be looked at. Null
 * if that is not so.
 */
export function foreignPart({ dir, state, lock }: JobPaths): string | null {
  const jobs = lookAt(dirname(dir));
  for (const path of [dir, state, lock]) {
    const part = lookAt(path);
    if (part.answer === "unknown") return `${path} can't be looked at (${codeOf(part.why)})`;
    if (jobs.answer === "yes" && part.answer === "yes" && part.found.uid !== jobs.found.uid)
      return `${path} belongs to user ${part.found.uid}, expected user ${jobs.found.uid}`;
  }
  return null;
}
