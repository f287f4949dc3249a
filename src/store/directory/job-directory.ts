/**
 * Opens a job's directory: takes its lock, makes the picture and the journal, or begins a new run. It starts nothing and knows no reason
 * why a task runs.
 */

import { rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { AirError } from "../../domain/errors.js";
import type { JobEvent } from "../../domain/events.js";
import type { JobOwner, JobSettings } from "../../domain/job.js";
import type { TaskSpec } from "../../domain/task.js";
import { archiveRun } from "./archive.js";
import { newRunId } from "../runs/archived-runs.js";
import { findRun, nothingThere, type FoundRun } from "./find-run.js";
import type { Journal } from "../journal/journal.js";
import { jobPaths, jobsDir, type JobPaths } from "../layout.js";
import { codeOf } from "../../system/look/error-code.js";
import { takeLock, type Lock } from "../../system/lock/lock.js";
import { isPossible } from "../../system/look/look.js";
import { lookAt } from "../../system/look/path-look.js";
import { checkJobName } from "../names.js";
import { tasksAdded, writeNewJournal } from "../journal/new-journal.js";
import { closeJobDirectory } from "./ownership.js";
import { OpenedJob, type Opening } from "./opened-job.js";
import { Picture } from "../picture/picture.js";
import { ensurePrivateDirectory } from "../../system/write/private-directory.js";
import { explainRefusal } from "../../system/look/refusal.js";
import { differenceOf } from "../same-tasks.js";
import type { FitCheck } from "../text/demand-faults.js";
import { readStateFile } from "../runs/state-file.js";

/**
 * The directory of jobs to which a job's directory belongs, after a look that it is one; nothing is touched.
 *
 * @throws AirError `AIR_USAGE` if it lies in no `jobs/`, `AIR_NOT_FOUND` if it has neither its files nor a journal.
 */
export function baseOfDropped(dir: string): string {
  const paths = jobPaths(resolve(dir));
  const jobs = dirname(paths.dir);
  const mayBe = (path: string): boolean => isPossible(lookAt(path));
  if (![paths.state, paths.tasks].every(mayBe) && !mayBe(paths.journal)) throw nothingThere(paths);
  if (basename(jobs) !== "jobs") {
    throw new AirError(
      "AIR_USAGE",
      `${paths.dir} is a job, but not in a directory named jobs: move it to .air-executor/jobs/ and run it there.`,
    );
  }
  return dirname(jobs);
}

/** The run that a caller wants. */
export interface WantedRun {
  readonly name: string;
  readonly owner: JobOwner;
  readonly tasks: readonly TaskSpec[];
  readonly settings: JobSettings;
  /** What is mapped, in the caller's words: an unfinished map of other words is another one. */
  readonly mapOf?: string | null;
  /** True if the last run will do if it was of just this and completed. Default: false. */
  readonly isOnce?: boolean;
}

/** What an engine brings along to open jobs. */
export interface OpenContext {
  readonly nowMs: number;
  /** Name of its control socket; null if it has none. */
  readonly socket: string | null;
  /** Whether tasks can run there. */
  readonly fit: FitCheck;
}

/** Where tasks of a dropped job run that name no directory: the directory that holds `.air-executor`. */
const cwdOfDropped = (dir: string): string => resolve(dir, "../../..");

/**
 * Takes up the unfinished run of that name if it has the same tasks; begins a new run if there is none, keeping an ended one in `runs/`.
 *
 * @throws AirError `AIR_CONFLICT` if the unfinished run has other tasks, `AIR_LOCKED` if another engine holds the job.
 */
export async function openRun(base: string, wanted: WantedRun, context: OpenContext): Promise<OpenedJob> {
  const paths = pathsOfJob(base, wanted.name);
  return withLock(paths, wanted.name, context, true, async () => {
    const found = await findWanted(paths, wanted, context);
    let isTaken = false;
    try {
      isTaken = found !== null && isToGoOn(paths, wanted, found);
      const run = isTaken ? found! : await beginRun(paths, wanted, context.nowMs, found?.picture ?? null);
      return run;
    } finally {
      // Not before another is in its place: until then it keeps other engines away.
      if (!isTaken) await found?.journal.close();
    }
  });
}

/** False if a new run is to begin. */
function isToGoOn(paths: JobPaths, wanted: WantedRun, { picture, isSuperseded }: FoundRun): boolean {
  if (isSuperseded) {
    const message = `another job was written into ${paths.dir} while its earlier run was running: run that directory first.`;
    throw new AirError("AIR_CONFLICT", message);
  }
  // Tasks do another thing in another directory.
  if (wanted.isOnce === true && picture.state === "completed" && wanted.settings.cwd === picture.settings.cwd) {
    return differenceOf(wanted, picture) === null;
  }
  if (picture.isOver && !isUnannounced(paths)) return false;
  const difference = differenceOf(wanted, picture);
  if (difference !== null && !picture.isOver) {
    throw wanted.owner === "map" ? otherMap(paths, picture, difference) : otherTasks(paths, wanted.name, difference);
  }
  return difference === null;
}

function otherMap({ dir, runs }: JobPaths, { name, owner, isRunningMap }: Picture, difference: string): AirError {
  const goOn =
    owner === "map" && !isRunningMap ? `Run those to their end (air-executor run ${dir})` : "Go on with that as it was";
  return new AirError(
    "AIR_CONFLICT",
    `job "${name}" is unfinished, and ${difference}. ${goOn}, or begin anew with --fresh; what it did is then kept in ${runs}.`,
  );
}

function otherTasks({ dir, runs }: JobPaths, name: string, difference: string): AirError {
  return new AirError(
    "AIR_CONFLICT",
    `job "${name}" has an unfinished run with other tasks (${difference}): run it again with its old tasks to finish it ` +
      `(air-executor run ${dir}), or with --fresh to begin anew; what it did is then kept in ${runs}.`,
  );
}

/**
 * True if the engine died after the end of the run was on record and before its files said so: then nobody has been told, and whoever asks
 * for the job again wants its end, not another run.
 */
function isUnannounced({ state }: JobPaths): boolean {
  const file = readStateFile(state);
  // Of a short run there is none yet; one that was stopped before, and then goes on, is still said to wait.
  return file === null || ["waiting", "working"].includes(String(file.state?.["state"]));
}

/** Begins a new run whatever was there before, which is kept in `runs/`. The earlier run must have no attempt in flight. */
export async function openFreshRun(base: string, wanted: WantedRun, context: OpenContext): Promise<OpenedJob> {
  const paths = pathsOfJob(base, wanted.name);
  return withLock(paths, wanted.name, context, true, async () => {
    const found = await findWanted(paths, wanted, context);
    try {
      return await beginRun(paths, wanted, context.nowMs, found?.picture ?? null);
    } finally {
      await found?.journal.close();
    }
  });
}

/**
 * Where the job of that name is, or would be. A caller's name becomes a path here and nowhere else.
 *
 * @throws AirError `AIR_USAGE` for what can't be a name.
 */
export function pathsOfJob(base: string, name: string): JobPaths {
  const problem = checkJobName(name);
  if (problem !== null) throw new AirError("AIR_USAGE", problem);
  return jobPaths(join(jobsDir(base), name));
}

function findWanted(paths: JobPaths, { name, owner }: WantedRun, context: OpenContext): Promise<FoundRun | null> {
  return findRun(paths, { ...context, name, owner, cwd: cwdOfDropped(paths.dir) });
}

/** Takes up what lies in the directory: an unfinished run, or a dropped job that nobody has read yet. */
export async function openDropped(dir: string, owner: JobOwner, context: OpenContext): Promise<OpenedJob> {
  const paths = jobPaths(dir);
  const name = basename(dir);
  const problem = checkJobName(name, { dropped: true });
  if (problem !== null) throw new AirError("AIR_USAGE", `${dir}: ${problem}`);
  return withLock(paths, name, context, false, async () => {
    const found = await findRun(paths, { ...context, name, owner, cwd: cwdOfDropped(dir) });
    if (found === null) throw nothingThere(paths);
    return found;
  });
}

type Found = Omit<Opening, "paths" | "lock" | "warning">;

/** @param isNew if its directory may have to be made */
async function withLock(
  paths: JobPaths,
  name: string,
  { socket }: OpenContext,
  isNew: boolean,
  open: () => Promise<Found>,
): Promise<OpenedJob> {
  try {
    const warning = closeJobDirectory(paths, isNew);
    const lock = await takeLock(paths.lock, `job "${name}"`, socket);
    const opened = await openUnder(lock, paths, async () => ({ ...(await open()), warning }));
    await opened.orGiveBack(() => ensurePrivateDirectory(paths.logs));
    return opened;
  } catch (error) {
    // Somebody else has just removed it, or moved it away.
    const isGone = codeOf(error) === "ENOENT" && lookAt(paths.dir).answer === "no";
    throw isGone
      ? new AirError("AIR_NOT_FOUND", `${paths.dir} is gone`, { cause: error })
      : explainRefusal(error, `job "${name}"`);
  }
}

async function openUnder(lock: Lock, paths: JobPaths, open: () => Promise<Omit<Opening, "paths" | "lock">>): Promise<OpenedJob> {
  try {
    return new OpenedJob({ ...(await open()), paths, lock });
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function beginRun(
  paths: JobPaths,
  wanted: WantedRun,
  nowMs: number,
  earlier: Picture | null,
): Promise<{ picture: Picture; journal: Journal }> {
  if (earlier !== null) await archiveRun(paths, earlier);
  const run = {
    id: newRunId(paths, wanted.name, nowMs, earlier?.run.id ?? null),
    createdAt: new Date(nowMs).toISOString(),
  };
  const { name, owner, settings, mapOf = null } = wanted;
  const picture = new Picture();
  const taken: JobEvent = {
    type: "job-taken",
    at: nowMs,
    name,
    run,
    owner,
    settings,
    extra: mapOf === null ? {} : { map_of: mapOf },
    tasksFile: null,
  };
  // What lies there is the earlier run's, or was dropped and is overridden now: nobody must take it for this run's.
  for (const path of [paths.state, paths.tasks]) rmSync(path, { force: true });
  const journal = await writeNewJournal(paths, [taken, ...tasksAdded(wanted.tasks, nowMs)], picture);
  return { picture, journal };
}
