/**
 * Directories that are ours alone: `.air-executor` and all in it.
 *
 * Called before anything is written into one. Never follows a link and never touches what another user owns.
 */

import { fchmodSync, fstatSync, mkdirSync, type Stats } from "node:fs";
import { resolve } from "node:path";
import { codeOf, isWantOfRoom } from "../look/error-code.js";
import { explainRefusal } from "../look/refusal.js";
import { AirError } from "../../domain/errors.js";
import { letGo } from "../look/let-go.js";
import { openDirectory } from "../read/open-file.js";
import { lookAt } from "../look/path-look.js";

const WRITABLE_BY_OTHERS = 0o022;
const PRIVATE = 0o700;

/**
 * Makes the directory with mode 0700 unless it exists. One that others may write to is tightened to 0700. Its parent must exist.
 *
 * @returns A warning to show if it was tightened, or can't be, else null.
 * @throws AirError `AIR_UNSAFE_PATH` if it is a link, no directory, or another user's; `AIR_DISK` if the disk refuses.
 */
export function ensurePrivateDirectory(path: string): string | null {
  try {
    mkdirSync(pathOf(path), { mode: PRIVATE });
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw refusal(path, "be made", error);
  }
  return closePrivateDirectory(path);
}

/**
 * As `ensurePrivateDirectory`, of one that is there: somebody may just have moved it away, and a new one in its place would be in his.
 *
 * @throws AirError `AIR_NOT_FOUND` if it is gone.
 */
export function closePrivateDirectory(path: string): string | null {
  const handle = open(pathOf(path), path);
  try {
    return tighten(handle, path);
  } finally {
    letGo(handle);
  }
}

/** Without a trailing slash, which would follow a link. */
function pathOf(path: string): string {
  return resolve(path);
}

/**
 * For those who only look: a directory reached through a link may be anybody's. One that is not there yet is none.
 *
 * @throws AirError `AIR_UNSAFE_PATH`.
 */
export function refuseLink(path: string): void {
  const look = lookAt(resolve(path));
  if (look.answer === "yes" && !look.found.isDirectory()) throw notOurs(path);
}

function notOurs(path: string, cause?: unknown): AirError {
  const message = `${path} is a link or a file, expected a directory of our own: remove it or choose another`;
  return new AirError("AIR_UNSAFE_PATH", message, { cause });
}

/** The user whose engine this is; on a system that knows none, whoever owns the file. */
export function ourUser({ uid }: Stats): number {
  return process.geteuid?.() ?? uid;
}

/** True for a directory of this user, at that very path. What can't be looked at is not ours. */
export function isOurDirectory(path: string): boolean {
  const look = lookAt(path);
  return look.answer === "yes" && look.found.isDirectory() && look.found.uid === ourUser(look.found);
}

function open(absolute: string, path: string): number {
  try {
    return openDirectory(absolute);
  } catch (error) {
    if (codeOf(error) === "ENOENT") throw new AirError("AIR_NOT_FOUND", `${path} is gone`, { cause: error });
    // With O_DIRECTORY, Linux calls a link "not a directory".
    if (codeOf(error) === "ENOTDIR" || codeOf(error) === "ELOOP") throw notOurs(path, error);
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
  if ((fstatSync(handle).mode & WRITABLE_BY_OTHERS) !== 0) return hasNoModes(path, mode, stats.dev);
  return `${path} could be written to by other users (mode ${mode}): it is now closed to them (mode 0700)`;
}

const withoutModes = new Set<number>();

/** Told once of a file system: it holds for all directories there. */
function hasNoModes(path: string, mode: string, device: number): string | null {
  if (withoutModes.has(device)) return null;
  withoutModes.add(device);
  return `${path} can be written to by other users (mode ${mode}), for its file system keeps no permissions: mount it with umask=077, or choose another with --dir`;
}

function refusal(path: string, what: string, cause: unknown): unknown {
  const code = codeOf(cause);
  // That passes, and says nothing against the directory.
  if (isWantOfRoom(cause)) return explainRefusal(cause, path);
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
