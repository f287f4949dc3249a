/**
 * Reads jobs as a visitor: no lock, nothing changed, every file taken as it is found. For `status`, `logs` and `graph`.
 *
 * What it gives is what the files say, in the words of the files, so that `status --json` and the files can never disagree.
 */

import { accessSync, constants, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { AirError } from "../../domain/errors.js";
import type { Counts } from "../../domain/job.js";
import { archivedIds, archivedPaths } from "../directory/archived-runs.js";
import { whyRefused } from "./job-glance.js";
import { jobPaths, jobsDir, type JobPaths } from "../layout.js";
import { readHolder, type LockHolder } from "../../system/lock-holder.js";
import { checkJobName } from "../names.js";
import { foreignPart } from "../directory/ownership.js";
import { locateData } from "../text/places.js";
import { readState, stateFaults, type StateEntries } from "../text/state-keys.js";
import { readTaskViews, type TaskView } from "./task-view.js";
import { readRegularFile } from "../../system/regular-file.js";

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
  /** The process that holds the job; null if none does, or it has ended; "unknown" if we may not look. */
  readonly engine: LockHolder | "unknown" | null;
}

/** Far more than a million tasks take; Node could not make a string of much more. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;

/** The names of all jobs of a directory, sorted; empty if there is none. */
export function listJobs(base: string): string[] {
  try {
    return readdirSync(jobsDir(base), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && checkJobName(entry.name, { dropped: true }) === null)
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Everything in `jobs/`, sorted by name, without the tasks: also what no engine takes, which is not looked into. */
export function viewJobs(base: string): JobView[] {
  const jobs = lstatSync(jobsDir(base), { throwIfNoEntry: false });
  if (jobs === undefined) return [];
  return readdirSync(jobsDir(base))
    .sort()
    .flatMap((name) => {
      const paths = viewPaths(base, name);
      try {
        const stats = lstatSync(paths.dir, { throwIfNoEntry: false });
        if (stats === undefined) return [];
        const refusal = whyRefused(name, stats, jobs.uid);
        if (refusal === null) return [viewJob(paths, name, { withTasks: false })];
        return [withoutView(name, paths, `it is not taken: ${refusal}`)];
      } catch (error) {
        return [withoutView(name, paths, `it can't be looked at: ${(error as Error).message}`)];
      }
    });
}

function withoutView(name: string, { dir }: JobPaths, problem: string): JobView {
  return { name, dir, state: null, isOver: false, tasks: null, counts: null, problem, engine: null };
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
export function viewJob(paths: JobPaths, name: string, options: { withTasks: boolean }): JobView {
  const file = readJson(paths.state);
  const state = readState(file.value);
  const isOver = ["completed", "failed", "cancelled"].includes(String(state?.state));
  const counts = state?.counts ?? null;
  const list = options.withTasks || counts === null ? readJson(paths.tasks) : { value: null, problem: null };
  const tasks = Array.isArray(list.value) ? readTaskViews(list.value) : null;
  return {
    name,
    dir: paths.dir,
    state,
    isOver,
    tasks,
    counts: counts ?? (tasks === null ? null : countTasks(tasks)),
    problem:
      foreignPart(paths) ??
      file.problem ??
      wrongState(paths, isOver ? null : state) ??
      list.problem ??
      oldTasks(paths, state, tasks),
    engine: isOver ? null : findEngine(paths.lock),
  };
}

/** The first thing that keeps a job from being taken in. */
function wrongState({ state: path }: JobPaths, state: StateEntries | null): string | null {
  const [fault] = state === null ? [] : stateFaults(state);
  return fault === undefined ? null : `${locateData(null, path)(fault.path)}: ${fault.message}`;
}

function findEngine(lock: string): LockHolder | "unknown" | null {
  if (lstatSync(lock, { throwIfNoEntry: false }) === undefined) return null;
  try {
    accessSync(lock, constants.R_OK);
    return readHolder(lock);
  } catch {
    return "unknown";
  }
}

/** A job was written again, but so far only its state: the engine's own key tells the tasks of the earlier run. */
function oldTasks({ tasks }: JobPaths, state: StateEntries | null, rows: readonly TaskView[] | null): string | null {
  const isOld = state !== null && (state.owner ?? null) === null && rows?.[0]?.attempts !== undefined;
  return isOld ? `${tasks} is still that of the earlier run` : null;
}

function countTasks(tasks: readonly TaskView[]): Counts {
  const counts: Counts = { total: tasks.length, pending: 0, running: 0, completed: 0, failed: 0, skipped: 0, cancelled: 0 };
  for (const { status = "pending" } of tasks) if (Object.hasOwn(counts, status)) counts[status] += 1;
  return counts;
}

function readJson(path: string): { value: unknown; problem: string | null } {
  try {
    return { value: JSON.parse(readRegularFile(path, { maxBytes: MAX_FILE_BYTES }).toString("utf8")), problem: null };
  } catch (error) {
    if (error instanceof AirError && error.code === "AIR_NOT_FOUND") return { value: null, problem: `${path} is not there yet` };
    return { value: null, problem: error instanceof SyntaxError ? `${path} is not whole JSON yet` : (error as Error).message };
  }
}
