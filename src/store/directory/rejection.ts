/**
 * Fails a dropped job that can't be taken in: the reason goes into `error` of its state.json, everything else that its author wrote stays.
 * Takes the job's lock while it writes.
 */

import { renameSync, type Stats } from "node:fs";
import { basename } from "node:path";
import type { AirError } from "../../domain/errors.js";
import { newRunId } from "../runs/archived-runs.js";
import { stateFaults, type StateEntries } from "../text/state-keys.js";
import { keepAside } from "../../system/write/keep-aside.js";
import { jobPaths, type JobPaths } from "../layout.js";
import { takeLock } from "../../system/lock/lock.js";
import { refuseForeign } from "./ownership.js";
import { closePrivateDirectory } from "../../system/write/private-directory.js";
import { isForbidden } from "../../system/look/error-code.js";
import { certain } from "../../system/look/look.js";
import { lookAtState } from "../runs/state-file.js";
import { temporaryOf, writeTemporary } from "../../system/write/temporary-file.js";
import { formatTimestamp } from "../text/timestamp.js";
import { withNumbers } from "../text/exact-numbers.js";

/** `error` names the first faults; `validate` shows all. */
const MOST_FAULTS = 10;

/**
 * Does nothing without a state.json: its author may still come to it. One that can't be read or is wrong is kept as `state.json.rejected`.
 *
 * @param tasks stamp of the tasks.json that was judged: any other is taken up
 * @throws AirError `AIR_LOCKED`, `AIR_UNSAFE_PATH`, and the file system's errors.
 */
export async function rejectDropped(dir: string, reason: AirError, nowMs: number, tasks: string | null): Promise<void> {
  closePrivateDirectory(dir);
  const paths = jobPaths(dir);
  refuseForeign([paths.state, paths.stateRejected, paths.lock]);
  const lock = await takeLock(paths.lock, `job "${basename(dir)}"`);
  try {
    const given = readGiven(paths.state);
    if (given === undefined) return;
    const isKept = given !== null && stateFaults(given).length === 0;
    if (!isKept) keepAside(paths.state, paths.stateRejected);
    const at = formatTimestamp(nowMs);
    const state = {
      ...(isKept ? given : { id: newRunId(paths, basename(dir), nowMs, null), name: basename(dir), created_at: at }),
      state: "failed",
      updated_at: at,
      completed_at: at,
      error: inOneText(reason),
      owner: "manager",
      rejected_file: isKept ? "tasks.json" : "state.json",
      ...(tasks !== null && { rejected_stamp: tasks }),
    };
    const temporary = temporaryOf(paths.state);
    writeTemporary(temporary, `${withNumbers(JSON.stringify(state, null, 2))}\n`);
    renameSync(temporary, paths.state);
  } finally {
    lock.release();
  }
}

/** Tells a tasks.json from a later one. Its time alone does not: it may be that of our state.json, since the system's clock for files ticks slowly. */
export function stampOf({ size, mtimeMs }: Stats): string {
  return `${size}:${mtimeMs}`;
}

/**
 * True if a very slow author has made sense of the state.json that was kept after all. It then takes the place of ours when the job is
 * opened. Throws the system's error if that can't be told now.
 */
export function hasLateState(paths: JobPaths): boolean {
  if (readGiven(paths.state)?.rejected_file !== "state.json") return false;
  const late = readGiven(paths.stateRejected) ?? null;
  return late !== null && stateFaults(late).length === 0;
}

/** Undefined if there is none, null if it is no object, or none that we may read. Throws the system's error if that can't be told now. */
function readGiven(path: string): StateEntries | null | undefined {
  const file = lookAtState(path);
  if (file.answer === "other" || (file.answer === "unknown" && isForbidden(file.why))) return null;
  const found = certain(file);
  return found === null ? undefined : found.state;
}

function inOneText({ message, faults }: AirError): string {
  const shown = faults.slice(0, MOST_FAULTS).map(({ place, message: fault }) => `${place}: ${fault}`);
  const more = faults.length > shown.length ? [`… and ${faults.length - shown.length} more`] : [];
  return [message, ...shown, ...more].join("\n");
}
