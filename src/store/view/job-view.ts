/**
 * Reads jobs as a visitor: no lock, nothing changed, every file taken as it is found. For `status`, `logs` and `graph`.
 *
 * What it gives is what the files say, in the words of the files, so that `status --json` and the files never disagree.
 */

import { join } from "node:path";
import { AirError } from "../../domain/errors.js";
import type { Counts } from "../../domain/job.js";
import { archivedIds, archivedPaths } from "../runs/archived-runs.js";
import { compareRun } from "../runs/same-run.js";
import { readJobTaken, whyRefused } from "./job-glance.js";
import { jobPaths, jobsDir, type JobPaths } from "../layout.js";
import { lookAtHolder, type LockHolder } from "../../system/lock/lock-holder.js";
import { checkJobName } from "../names.js";
import { foreignPart } from "../directory/ownership.js";
import { withoutMark } from "../text/byte-order-mark.js";
import { isTooDeep } from "../text/describe.js";
import { keepNumbers } from "../text/exact-numbers.js";
import { locateData } from "../text/places.js";
import { isKnownStateKey, readState, stateFaults, type StateEntries } from "../text/state-keys.js";
import { isKnownKey } from "../text/task-keys.js";
import { readTaskViews, type TaskView } from "./task-view.js";
import { isSystemError, systemWords } from "../../system/look/error-code.js";
import { certain, type Place } from "../../system/look/look.js";
import { listDirectory, listSubdirectories, lookAt } from "../../system/look/path-look.js";
import { refuseLink } from "../../system/write/private-directory.js";
import { readRegularFile } from "../../system/read/regular-file.js";

export interface JobView {
  readonly name: string;
  readonly dir: string;
  /** The object of state.json, without what can't be meant; null if it can't be read. */
  readonly state: StateEntries | null;
  /** True if its state is a final one. */
  readonly isOver: boolean;
  /** Null if it can't be read, or was not asked for. */
  readonly tasks: readonly TaskView[] | null;
  readonly counts: Counts | null;
  /** What is missing or unreadable, in a sentence; null if nothing is. */
  readonly problem: string | null;
  /** True if the system kept something from being read: a disk that fails, no permission, no handle. Nothing is known of that, then. */
  readonly isRefused: boolean;
  /** The process that holds the job; null if none does, or it has ended; "unknown" if we may not look. */
  readonly engine: LockHolder | "unknown" | null;
}

export interface ViewOptions {
  /** For who makes JSON of it, with `withNumbers`: so numbers that JavaScript can't hold (12345678901234567890) come out as they stand there. */
  readonly isForJson?: boolean;
}

/** Far more than a million tasks take; Node could not make a string of much more. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;

/**
 * The names of all jobs of a directory, sorted; empty if there is none.
 *
 * @throws AirError `AIR_UNSAFE_PATH` for a link in its place; the system's error if that can't be told now.
 */
export function listJobs(base: string): string[] {
  const names = namesIn(base, listSubdirectories);
  return names.filter((name) => checkJobName(name, { dropped: true }) === null).sort();
}

/** Everything in `jobs/`, sorted by name, without the tasks: also what no engine takes, which is not looked into. Throws as `listJobs`. */
export function viewJobs(base: string, options: ViewOptions = {}): JobView[] {
  const names = namesIn(base, listDirectory);
  const jobs = lookAt(jobsDir(base));
  return names.toSorted().flatMap((name) => {
    const paths = viewPaths(base, name);
    const look = lookAt(paths.dir);
    // A name that is no UTF-8 can't be looked at by what we are told of it.
    if (look.answer === "no")
      return name.includes("\ufffd") ? [withoutView(name, paths, "it is not taken: its name is no UTF-8")] : [];
    if (look.answer === "unknown") return [withoutView(name, paths, `it can't be looked at: ${systemWords(look.why)}`)];
    const refusal = whyRefused(name, look.found, jobs.answer === "yes" ? jobs.found.uid : look.found.uid);
    if (refusal === null) return [viewJob(paths, name, { withTasks: false, ...options })];
    return [withoutView(name, paths, `it is not taken: ${refusal}`)];
  });
}

function namesIn(base: string, list: (path: string) => Place<readonly string[]>): readonly string[] {
  refuseLink(base);
  refuseLink(jobsDir(base));
  const names = list(jobsDir(base));
  return names.answer === "other" ? [] : (certain(names) ?? []);
}

function withoutView(name: string, { dir }: JobPaths, problem: string): JobView {
  return { name, dir, state: null, isOver: false, tasks: null, counts: null, problem, isRefused: false, engine: null };
}

/** @param options.run the id of an earlier run; without it the current one. */
export function viewPaths(base: string, name: string, options: { run?: string } = {}): JobPaths {
  const paths = jobPaths(join(jobsDir(base), name));
  return options.run === undefined ? paths : archivedPaths(paths, options.run);
}

/** Ids of the earlier runs of a job that were kept, oldest first. */
export function listRuns(base: string, name: string): string[] {
  return archivedIds(viewPaths(base, name)).sort();
}

/** @param options.withTasks also reads tasks.json, which may be large; it is read in any case if state.json lacks the counts. */
export function viewJob(paths: JobPaths, name: string, options: ViewOptions & { readonly withTasks: boolean }): JobView {
  const view = viewNow(paths, name, options);
  // Who held it may have brought it to its end, and let it go, since its state was read: that is no engine that is gone.
  const isLate = !view.isOver && view.engine === null && isOverIn(readState(readJson(paths.state, null).value));
  return isLate ? viewNow(paths, name, options) : view;
}

function isOverIn(state: StateEntries | null): boolean {
  return ["completed", "failed", "cancelled"].includes(String(state?.state));
}

function viewNow(paths: JobPaths, name: string, options: ViewOptions & { readonly withTasks: boolean }): JobView {
  const { isForJson = false } = options;
  const file = readJson(paths.state, isForJson ? isKnownStateKey : null);
  const state = readState(file.value);
  const isOver = isOverIn(state);
  const counts = state?.counts ?? null;
  const list = options.withTasks || counts === null ? readJson(paths.tasks, isForJson ? isKnownKey : null) : NOT_READ;
  const tasks = Array.isArray(list.value) ? readTaskViews(list.value) : null;
  return {
    name,
    dir: paths.dir,
    state: withoutDeep(state),
    isOver,
    tasks,
    counts: counts ?? (tasks === null ? null : countTasks(tasks)),
    problem:
      foreignPart(paths) ??
      file.problem ??
      wrongState(paths, isOver ? null : state) ??
      list.problem ??
      oldTasks(paths, state, tasks) ??
      (isOver ? staleTasks(paths, tasks) : null),
    isRefused: file.isRefused || list.isRefused,
    engine: isOver ? null : findEngine(paths.lock),
  };
}

/** What can't be written down again can't be shown. */
function withoutDeep(state: StateEntries | null): StateEntries | null {
  return state === null ? null : Object.fromEntries(Object.entries(state).filter(([, entry]) => !isTooDeep(entry)));
}

/** The first thing that keeps a job from being taken in. */
function wrongState({ state: path }: JobPaths, state: StateEntries | null): string | null {
  const [fault] = state === null ? [] : stateFaults(state);
  return fault === undefined ? null : `${locateData(null, path)(fault.path)}: ${fault.message}`;
}

function findEngine(lock: string): LockHolder | "unknown" | null {
  const holder = lookAtHolder(lock);
  if (holder.answer === "yes") return holder.found;
  return holder.answer === "no" ? null : "unknown";
}

/**
 * A job was written again, but so far only its state: the engine's own key tells the tasks of the earlier run, unless it is that of the
 * journal, whose first snapshot of the state is still to come.
 */
function oldTasks(paths: JobPaths, state: StateEntries | null, rows: readonly TaskView[] | null): string | null {
  if (state === null || (state.owner ?? null) !== null || rows?.[0]?.attempts === undefined) return null;
  try {
    const taken = readJobTaken(paths.journal);
    return taken !== null && compareRun(state, taken.run) === "same" ? null : `${paths.tasks} is still that of the earlier run`;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return `${paths.journal} can't be read: ${systemWords(error)}`;
  }
}

/** An editor, or a program that copies files, has put there what it had read before the job ended. */
function staleTasks({ tasks: path }: JobPaths, rows: readonly TaskView[] | null): string | null {
  if (rows?.some(({ status }) => status === "running") !== true) return null;
  return `${path} was written by somebody else after the job had ended: what it calls running has ended, too`;
}

function countTasks(tasks: readonly TaskView[]): Counts {
  const counts: Counts = { total: tasks.length, pending: 0, running: 0, completed: 0, failed: 0, skipped: 0, cancelled: 0 };
  for (const { status = "pending" } of tasks) if (Object.hasOwn(counts, status)) counts[status] += 1;
  return counts;
}

interface ReadJson {
  readonly value: unknown;
  readonly problem: string | null;
  readonly isRefused: boolean;
}

const NOT_READ: ReadJson = { value: null, problem: null, isRefused: false };

/** @param isKnown keys of ours, if the numbers in others matter. */
function readJson(path: string, isKnown: ((key: string) => boolean) | null): ReadJson {
  try {
    const text = withoutMark(readRegularFile(path, { maxBytes: MAX_FILE_BYTES }).toString("utf8"));
    const value: unknown = JSON.parse(text);
    if (isKnown !== null) keepNumbers(text, value, isKnown);
    return { value, problem: null, isRefused: false };
  } catch (error) {
    const code = error instanceof AirError ? error.code : null;
    if (code === "AIR_NOT_FOUND") return { ...NOT_READ, problem: `${path} is not there yet` };
    if (error instanceof SyntaxError) return { ...NOT_READ, problem: `${path} is not whole JSON yet` };
    return { value: null, problem: (error as Error).message, isRefused: code !== "AIR_INVALID_JOB" };
  }
}
