/**
 * Takes in a job that somebody else wrote: `state.json` and `tasks.json` without a journal. The guide's client makes such jobs, and so did
 * the program that came before us, whose unfinished and ended jobs are understood too. Only under the job's lock.
 *
 * The files are read, never repaired in place: what is wrong is an error that names every fault.
 */

import type { BigIntStats } from "node:fs";
import { resolve } from "node:path";
import type { JobEvent } from "../../domain/events.js";
import type { JobOwner } from "../../domain/job.js";
import type { Resources } from "../../domain/resources.js";
import type { TaskRecord, TaskSpec } from "../../domain/task.js";
import { isFinal } from "../../domain/task.js";
import type { FitCheck } from "../text/demand-faults.js";
import { describe } from "../text/describe.js";
import { authorsOf, extraOfState, readState, stateFaults, type StateEntries } from "../text/state-keys.js";
import type { JobPaths } from "../layout.js";
import { tasksAdded, writeNewJournal } from "../journal/new-journal.js";
import { Picture } from "../picture/picture.js";
import { graphFaults } from "../text/graph-faults.js";
import { invalidJob, placeFaults } from "../text/places.js";
import type { Recovered } from "../journal/recovery.js";
import { certain } from "../../system/look/look.js";
import { hasEntries, isThere, lookCloselyAt } from "../../system/look/path-look.js";
import { readRegularFile } from "../../system/read/regular-file.js";
import { readTasksJson } from "../snapshot/tasks-file.js";
import { parseText } from "../text/text-source.js";
import { formatTimestamp, parseTimestamp } from "../text/timestamp.js";

export interface DroppedContext {
  readonly name: string;
  readonly owner: JobOwner;
  readonly nowMs: number;
  /** Where tasks run that name no directory: for a dropped job where `.air-executor` is. */
  readonly cwd: string;
  readonly fit: FitCheck;
}

const MAX_BYTES = 512 * 1024 * 1024;
/** A claim of which there never is a spool: the processes of the attempt alone can tell. */
const NO_SPOOL = "unknown-0";

/** What the two files say. */
export interface DroppedJob {
  readonly state: StateEntries;
  readonly tasks: readonly TaskSpec[];
  readonly records: readonly TaskRecord[];
  /** tasks.json as it was read. */
  readonly tasksFile: BigIntStats | null;
}

/**
 * @returns null if one of the files is missing: it may come yet.
 * @throws AirError `AIR_INVALID_JOB` with every fault; `AIR_UNSAFE_PATH` for a file that we may not read.
 */
export async function readDropped(paths: JobPaths, context: DroppedContext): Promise<DroppedJob | null> {
  if (!isThere(paths.state) || !isThere(paths.tasks)) return null;
  const state = await readStateJson(paths.state);
  // What is written while we read shows as a change since.
  const tasksFile = certain(lookCloselyAt(paths.tasks));
  return { state, tasksFile, ...(await readTasksFile(paths.tasks, authorsOf(state).options.pools, context)) };
}

/** Makes the dropped job ours: from here on there is a journal. */
export async function takeIn(paths: JobPaths, dropped: DroppedJob, context: DroppedContext): Promise<Recovered> {
  const picture = new Picture();
  const journal = await writeNewJournal(paths, droppedEvents(dropped, context), picture);
  picture.hasOldLogs = certain(hasEntries(paths.logs)) !== null;
  return { picture, journal };
}

async function readStateJson(path: string): Promise<StateEntries> {
  const parsed = await parseText(readRegularFile(path, { maxBytes: MAX_BYTES }), path, "json");
  if (parsed.fault !== null) throw invalidJob(path, [parsed.fault]);
  const state = readState(parsed.value);
  if (state === null) {
    const message = `expected an object with id, name and state, got ${describe(parsed.value)}`;
    throw invalidJob(path, [{ place: path, message }]);
  }
  const faults = stateFaults(state);
  if (faults.length > 0) throw invalidJob(path, placeFaults(faults, parsed.locate));
  return state;
}

async function readTasksFile(
  path: string,
  own: Resources,
  { nowMs, fit }: DroppedContext,
): Promise<{ tasks: readonly TaskSpec[]; records: readonly TaskRecord[] }> {
  const read = await readTasksJson(readRegularFile(path, { maxBytes: MAX_BYTES }), { fileName: path, now: nowMs });
  // What has ended needs no room any more.
  const isOver = read.records.every(({ status }) => isFinal(status));
  const fits = isOver ? [] : await fit(read.tasks, own);
  const ofWhole = read.isWhole ? [...graphFaults(read.tasks, undefined, read.originOf), ...fits] : [];
  const faults = [...read.faults, ...read.place(ofWhole)];
  if (faults.length > 0) throw invalidJob(path, faults);
  return read;
}

/** Tells a tasks.json from what is written in its place, or into it. By no clock of ours: clocks are set back. */
export function stampOfTasks({ ino, size, ctimeNs }: BigIntStats): string {
  return `${ino}:${size}:${ctimeNs}`;
}

/** The journal is gone, but what ran by our own last snapshot may run still: whoever takes it up has to look for it first. */
function* attemptsOfOurs(tasks: readonly TaskSpec[], records: readonly TaskRecord[], at: number): Generator<JobEvent> {
  for (const [key, { status, attempts: attempt, ranOn }] of records.entries()) {
    if (status !== "running" || attempt === 0 || ranOn !== null) continue;
    yield { type: "attempt-started", at, task: tasks[key]!.id, attempt, claim: NO_SPOOL, key };
  }
}

function* droppedEvents(
  { state, tasks, records, tasksFile: file }: DroppedJob,
  { name, owner, nowMs, cwd }: DroppedContext,
): Generator<JobEvent> {
  const { id, createdAt, options, cwd: own } = authorsOf(state);
  const settings = { ...options, cwd: own === null ? cwd : resolve(cwd, own) };
  const run = { id: id ?? `${name}-${Math.floor(nowMs / 1000)}`, createdAt: createdAt ?? formatTimestamp(nowMs) };
  const tasksFile = file === null ? null : stampOfTasks(file);
  yield { type: "job-taken", at: nowMs, name, run, owner, settings, extra: extraOfState(state), tasksFile };
  yield* tasksAdded(tasks, nowMs);
  // What another program calls running has nobody who runs it any more: it is pending again.
  const ended = tasks.flatMap((task, index) => (isFinal(records[index]!.status) ? [[task.id, records[index]!] as const] : []));
  if (ended.length > 0) yield { type: "records-restored", at: nowMs, records: ended };
  if (typeof state.owner === "string") yield* attemptsOfOurs(tasks, records, nowMs);
  const { state: ending = "waiting", started_at, completed_at, updated_at, error = null, first_failure = null } = state;
  if ((ending === "completed" || ending === "failed" || ending === "cancelled") && ended.length === tasks.length) {
    yield {
      type: "job-restored",
      at: nowMs,
      state: ending,
      startedAt: parseTimestamp(started_at ?? ""),
      completedAt: parseTimestamp(completed_at ?? updated_at ?? ""),
      error,
      firstFailure: first_failure,
      initialTasks: tasks.length,
    };
  }
}
