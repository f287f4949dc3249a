/**
 * The directory of all jobs (`.air-executor`): makes it fit for use before an engine works in it.
 *
 * A directory that others may write to is closed to them, but only one that is ours by its contents: nobody wants `--dir /tmp` to close
 * the machine's /tmp.
 */

import { AirError } from "../../domain/errors.js";
import { controlDir, jobsDir, lanesDir } from "../layout.js";
import { certain } from "../../system/look/look.js";
import { listDirectory, lookAt } from "../../system/look/path-look.js";
import { explainRefusal } from "../../system/look/refusal.js";
import { ensurePrivateDirectory } from "../../system/write/private-directory.js";

const WRITABLE_BY_OTHERS = 0o022;
const OURS = /^(?:jobs|lanes|control|removed|bench|devices|manager\..*)$/;

/**
 * Makes the directory and what belongs into it, where missing. Returns what a user should be told.
 *
 * @throws AirError `AIR_UNSAFE_PATH` for a directory that we may not or should not use, `AIR_DISK` if the disk refuses.
 */
export function prepareBase(base: string): string[] {
  try {
    refuseShared(base);
    return [base, jobsDir(base), lanesDir(base), controlDir(base)].flatMap((dir) => ensurePrivateDirectory(dir) ?? []);
  } catch (error) {
    throw explainRefusal(error, base);
  }
}

function refuseShared(base: string): void {
  const stats = certain(lookAt(base));
  if (stats?.isDirectory() !== true || (stats.mode & WRITABLE_BY_OTHERS) === 0) return;
  const names = listDirectory(base);
  // It is refused as soon as it is opened.
  if (names.answer === "other") return;
  const stranger = certain(names)?.find((name) => !OURS.test(name));
  if (stranger === undefined) return;
  throw new AirError(
    "AIR_UNSAFE_PATH",
    `${base} can be written to by other users and holds other things than jobs (${JSON.stringify(stranger)}): choose a directory of its own, such as ${base}/.air-executor`,
  );
}
