/**
 * Takes in a job that somebody else wrote: `state.json` and `tasks.json` without a journal. The guide's client makes such jobs, and so did
 * the program that came before us, whose unfinished and ended jobs are understood too. Called under the job's lock.
 *
 * The files are read, never repaired in place: what is wrong is an error that names every fault.
 */

import { existsSync, lstatSync, type BigIntStats } from "node:fs";
import type { JobEvent } from "../../domain/events.js";
import type { JobOwner, JobState } from "../../domain/job.js";
import type { TaskRecord, TaskSpec } from "../../domain/task.js";
import { isFinal } from "../../domain/task.js";
import { describe, isObject } from "../text/describe.js";
import type { JobPaths } from "../layout.js";
import { tasksAdded, writeNewJournal } from "../journal/new-journal.js";
import { Picture } from "../picture/picture.js";
import { graphFaults } from "../text/graph-faults.js";
import { invalidJob, placeFaults } from "../text/places.js";
import { hasEntries, type Recovered } from "../journal/recovery.js";
import { readRegularFile } from "../../system/regular-file.js";
import { readTasksJson } from "../snapshot/tasks-file.js";
import { parseText } from "../text/text-source.js";
import { formatTimestamp, parseTimestamp } from "../text/timestamp.js";

export interface DroppedContext {
  readonly name: string;
  readonly owner: JobOwner;
  readonly nowMs: number;
  /** Where tasks run that name no directory: for a dropped job where `.air-executor` is. */
  readonly cwd: string;
}

/** Keys of state.json that we write ourselves; all others are kept as they are. */
const OWN_KEYS = new Set(
  "id name state created_at updated_at started_at completed_at error owner counts first_failure cwd concurrency max_failures env rejected_file warnings".split(
    " ",
  ),
);

const MAX_BYTES = 512 * 1024 * 1024;

/** What the two files say. */
export interface DroppedJob {
  readonly state: State;
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
  if (!existsSync(paths.state) || !existsSync(paths.tasks)) return null;
  const state = await readState(paths.state);
  // What is written while we read shows as a change since.
  const tasksFile = lstatSync(paths.tasks, { bigint: true, throwIfNoEntry: false }) ?? null;
  return { state, tasksFile, ...(await readTasksFile(paths.tasks, context)) };
}

/** Makes the dropped job ours: from here on there is a journal. */
export async function takeIn(paths: JobPaths, dropped: DroppedJob, context: DroppedContext): Promise<Recovered> {
  const picture = new Picture();
  const journal = await writeNewJournal(paths, droppedEvents(dropped, context), picture);
  picture.hasForeignLogs = hasEntries(paths.logs);
  return { picture, journal };
}

type State = Readonly<Record<string, unknown>>;

async function readState(path: string): Promise<State> {
  const state = await readJson(path);
  if (!isObject(state))
    throw invalidJob(path, [{ place: path, message: `expected an object with id, name and state, got ${describe(state)}` }]);
  return state;
}

async function readTasksFile(
  path: string,
  { nowMs }: DroppedContext,
): Promise<{ tasks: readonly TaskSpec[]; records: readonly TaskRecord[] }> {
  const read = await readTasksJson(readRegularFile(path, { maxBytes: MAX_BYTES }), { fileName: path, now: nowMs });
  const faults = [...read.faults, ...placeFaults(graphFaults(read.tasks), read.locate)];
  if (faults.length > 0) throw invalidJob(path, faults);
  return read;
}

async function readJson(path: string): Promise<unknown> {
  const parsed = await parseText(readRegularFile(path, { maxBytes: MAX_BYTES }), path, "json");
  if (parsed.fault !== null) throw invalidJob(path, [parsed.fault]);
  return parsed.value;
}

function* droppedEvents(dropped: DroppedJob, { name, owner, nowMs, cwd }: DroppedContext): Generator<JobEvent> {
  const { state, tasks, records } = dropped;
  const at = Math.max(nowMs, Math.ceil(Number(dropped.tasksFile?.ctimeMs ?? 0)));
  const createdAt = text(state["created_at"]) ?? formatTimestamp(nowMs);
  const settings = {
    concurrency: limit(state["concurrency"]),
    maxFailures: limit(state["max_failures"]),
    env: isObject(state["env"]) ? (state["env"] as Record<string, string>) : {},
    cwd: text(state["cwd"]) ?? cwd,
  };
  const extra = Object.fromEntries(Object.entries(state).filter(([key]) => !OWN_KEYS.has(key)));
  const run = { id: text(state["id"]) ?? `${name}-${Math.floor(nowMs / 1000)}`, createdAt };
  yield { type: "job-taken", at, name, run, owner, settings, extra };
  yield* tasksAdded(tasks, at);
  // What was running has nobody who runs it any more: it is pending again.
  const ended = tasks.flatMap((task, index) => (isFinal(records[index]!.status) ? [[task.id, records[index]!] as const] : []));
  if (ended.length > 0) yield { type: "records-restored", at, records: ended };
  const ending = finalState(state["state"]);
  if (ending !== null && ended.length === tasks.length) {
    yield {
      type: "job-restored",
      at,
      state: ending,
      startedAt: time(state["started_at"]),
      completedAt: time(state["completed_at"]) ?? time(state["updated_at"]),
      error: text(state["error"]),
      firstFailure: text(state["first_failure"]),
      initialTasks: tasks.length,
    };
  }
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function time(value: unknown): number | null {
  return typeof value === "string" ? parseTimestamp(value) : null;
}

function limit(value: unknown): number | null {
  return Number.isSafeInteger(value) && (value as number) >= 1 ? (value as number) : null;
}

function finalState(value: unknown): Exclude<JobState, "waiting" | "working"> | null {
  return value === "completed" || value === "failed" || value === "cancelled" ? value : null;
}
