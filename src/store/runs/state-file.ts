/** state.json as it stands on disk, whoever wrote it. Read without a lock, for anybody may write a job at any time; changes nothing. */

import { fstatSync, type BigIntStats } from "node:fs";
import { withoutMark } from "../text/byte-order-mark.js";
import { keepNumbers } from "../text/exact-numbers.js";
import { isKnownStateKey, readState, type StateEntries } from "../text/state-keys.js";
import { yes, type Place } from "../../system/look/look.js";
import { withFile } from "../../system/read/open-file.js";
import { readOpen } from "../../system/read/read-open.js";
import { foundAt } from "../../system/read/regular-file.js";

/** Nobody needs more for one object of a dozen keys. */
const MAX_STATE_BYTES = 16 * 1024 * 1024;

export interface StateFile {
  /** What it is, for telling whether it was written since. */
  readonly stats: BigIntStats;
  /** Null if it is no JSON object, or not yet. */
  readonly state: StateEntries | null;
}

export function lookAtState(path: string): Place<StateFile> {
  return withFile(path, (fd) => {
    const stats = fstatSync(fd, { bigint: true });
    const bytes = readOpen(fd, MAX_STATE_BYTES);
    return yes({ stats, state: bytes === null ? null : parseState(bytes.toString("utf8")) });
  });
}

/**
 * Null if there is none.
 *
 * @throws AirError `AIR_INVALID_JOB` for a link, a pipe and the like in its place, `AIR_UNSAFE_PATH` if we may not read it, and others if
 * that can't be done just now.
 */
export function readStateFile(path: string): StateFile | null {
  return foundAt(path, lookAtState(path));
}

export function parseState(file: string): StateEntries | null {
  const text = withoutMark(file);
  try {
    const value: unknown = JSON.parse(text);
    keepNumbers(text, value, isKnownStateKey);
    return readState(value);
  } catch {
    return null;
  }
}

/** True if nothing was written between the two looks. */
export function isSameFile(one: BigIntStats | null, other: BigIntStats | null): boolean {
  if (one === null || other === null) return one === other;
  return one.ino === other.ino && one.size === other.size && one.mtimeNs === other.mtimeNs;
}
