/** state.json as it stands on disk, whoever wrote it. Read without a lock, for anybody may write a job at any time; changes nothing. */

import { closeSync, constants, fstatSync, openSync, readFileSync, type BigIntStats } from "node:fs";
import { AirError } from "../../domain/errors.js";
import { readState, type StateEntries } from "../text/state-keys.js";
import { codeOf } from "../../system/error-code.js";

/** Nobody needs more for one object of a dozen keys. */
const MAX_STATE_BYTES = 16n * 1024n * 1024n;

export interface StateFile {
  /** What it is, for telling whether it was written since. */
  readonly stats: BigIntStats;
  /** Null if it is no JSON object, or not yet. */
  readonly state: StateEntries | null;
}

/**
 * Null if there is none.
 *
 * @throws AirError `AIR_INVALID_JOB` for a link, a pipe and the like in its place, `AIR_UNSAFE_PATH` if we may not read it.
 */
export function readStateFile(path: string): StateFile | null {
  const fd = openState(path);
  if (fd === null) return null;
  try {
    const stats = fstatSync(fd, { bigint: true });
    if (!stats.isFile()) throw new AirError("AIR_INVALID_JOB", `${path} is not a regular file: put one in its place`);
    return { stats, state: stats.size > MAX_STATE_BYTES ? null : parseState(readFileSync(fd, "utf8")) };
  } finally {
    closeSync(fd);
  }
}

function openState(path: string): number | null {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (cause) {
    const code = codeOf(cause);
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    if (code === "ELOOP")
      throw new AirError("AIR_INVALID_JOB", `${path} is a symbolic link: put a regular file in its place`, { cause });
    if (code === "EACCES" || code === "EPERM") {
      throw new AirError("AIR_UNSAFE_PATH", `${path} can't be read (no permission): make it readable for this user`, { cause });
    }
    throw cause;
  }
}

export function parseState(text: string): StateEntries | null {
  try {
    return readState(JSON.parse(text));
  } catch {
    return null;
  }
}

/** True if nothing was written between the two looks. */
export function isSameFile(one: BigIntStats | null, other: BigIntStats | null): boolean {
  if (one === null || other === null) return one === other;
  return one.ino === other.ino && one.size === other.size && one.mtimeNs === other.mtimeNs;
}
