/**
 * Directories that are ours alone: `.air-executor` and all in it.
 *
 * Called before anything is written into one. Never follows a link and never touches what another user owns.
 */

import { closeSync, constants, fchmodSync, fstatSync, lstatSync, mkdirSync, openSync, type Stats } from "node:fs";
import { resolve } from "node:path";
import { codeOf } from "./error-code.js";
import { AirError } from "../domain/errors.js";

const WRITABLE_BY_OTHERS = 0o022;
const PRIVATE = 0o700;

/**
 * Makes the directory with mode 0700 unless it exists. One that others may write to is tightened to 0700. Its parent must exist.
 *
 * @returns A warning to show if it was tightened, else null.
 * @throws AirError `AIR_UNSAFE_PATH` if it is a link, no directory, or another user's; `AIR_DISK` if the disk refuses.
 */
export function ensurePrivateDirectory(path: string): string | null {
  const absolute = resolve(path); // also takes off a trailing slash, which would follow a link
  try {
    mkdirSync(absolute, { mode: PRIVATE });
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw refusal(path, "be made", error);
  }
  const handle = openDirectory(absolute, path);
  try {
    return tighten(handle, path);
  } finally {
    closeSync(handle);
  }
}

/** The user whose engine this is; on a system that knows none, whoever owns the file. */
export function ourUser({ uid }: Stats): number {
  return process.geteuid?.() ?? uid;
}

/** True for a directory of this user, at that very path. Throws nothing: what can't be looked at is not ours. */
export function isOurDirectory(path: string): boolean {
  try {
    const stats = lstatSync(path);
    return stats.isDirectory() && stats.uid === ourUser(stats);
  } catch {
    return false;
  }
}

function openDirectory(absolute: string, path: string): number {
  try {
    return openSync(absolute, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    // With O_DIRECTORY, Linux calls a link "not a directory".
    if (codeOf(error) === "ENOTDIR" || codeOf(error) === "ELOOP") {
      throw new AirError(
        "AIR_UNSAFE_PATH",
        `${path} is a link or a file, expected a directory of our own: remove it or choose another`,
        {
          cause: error,
        },
      );
    }
    throw refusal(path, "be opened", error);
  }
}

function tighten(handle: number, path: string): string | null {
  const stats = fstatSync(handle);
  const user = ourUser(stats);
  if (stats.uid !== user) {
    const message = `${path} belongs to user ${stats.uid}, expected a directory of user ${user}: choose another with --dir`;
    throw new AirError("AIR_UNSAFE_PATH", message);
  }
  if ((stats.mode & WRITABLE_BY_OTHERS) === 0) return null;
  const mode = (stats.mode & 0o777).toString(8).padStart(4, "0");
  fchmodSync(handle, PRIVATE);
  return `${path} could be written to by other users (mode ${mode}): it is now closed to them (mode 0700)`;
}

function refusal(path: string, what: string, cause: unknown): AirError {
  const code = codeOf(cause);
  if (code === "ENOSPC" || code === "EDQUOT" || code === "EROFS" || code === "EIO") {
    return new AirError("AIR_DISK", `${path} can't ${what}: the disk is full, read-only or broken (${code})`, { cause });
  }
  if (code === "ENOENT") {
    return new AirError(
      "AIR_UNSAFE_PATH",
      `${path} can't ${what}, for the directory above it does not exist: make that one first`,
      { cause },
    );
  }
  return new AirError("AIR_UNSAFE_PATH", `${path} can't ${what} (${code}): check the path and its permissions`, { cause });
}
