/**
 * The run of a job that a caller wants: the unfinished one of that name is gone on with if it is that very run, else a new one begins and
 * what was there is kept. It starts nothing and knows no reason why a task runs.
 */

import { rmSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { AirError } from "../../domain/errors.js";
import type { JobEvent } from "../../domain/events.js";
import type { JobOwner, JobSettings } from "../../domain/job.js";
import { isFinal, type TaskSpec } from "../../domain/task.js";
import { archiveRun } from "./archive.js";
import { newRunId } from "../runs/archived-runs.js";
import { findRun, type FoundRun } from "./find-run.js";
import type { Journal } from "../journal/journal.js";
import type { JobPaths } from "../layout.js";
import { tasksAdded, writeNewJournal } from "../journal/new-journal.js";
import type { OpenedJob } from "./opened-job.js";
import { Picture } from "../picture/picture.js";
import { differenceOf } from "../same-tasks.js";
import { readStateFile } from "../runs/state-file.js";
import { cwdOfDropped, pathsOfJob, withLock, type OpenContext } from "./job-directory.js";

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

/**
 * Takes up the unfinished run of that name if it has the same tasks; begins a new run if there is none, keeping an ended one in `runs/`.
 *
 * @throws AirError `AIR_CONFLICT` if the unfinished run has other tasks, `AIR_LOCKED` if another engine holds the job.
 */
export async function openRun(base: string, wanted: WantedRun, context: OpenContext): Promise<OpenedJob> {
  const paths = pathsOfJob(base, wanted.name);
  const opened = await withLock(paths, wanted.name, context, true, async () => {
    const found = await findWanted(paths, wanted, context);
    let isTaken = false;
    try {
      if (found !== null && isToGoOn(paths, wanted, found)) {
        context.accept?.(found.picture);
        isTaken = true;
      }
      return isTaken ? found! : await beginRun(paths, wanted, context.nowMs, found?.picture ?? null);
    } finally {
      // Not before another is in its place: until then it keeps other engines away.
      if (!isTaken) await found?.journal.close();
    }
  });
  await opened.orGiveBack(() => goOnWith(wanted.settings, opened, context));
  return opened;
}

/**
 * Who goes on with a run says anew what holds for it as a whole, but for where its tasks run.
 *
 * @throws AirError `AIR_USAGE` if a task that was added to it could never run then.
 */
async function goOnWith(wanted: JobSettings, opened: OpenedJob, { nowMs: at, fit }: OpenContext): Promise<void> {
  const { name, isOver, settings: before, tasks, records } = opened.picture;
  const settings = { ...wanted, cwd: before.cwd };
  if (isOver || isDeepStrictEqual(settings, before)) return;
  const [fault] = await fit(
    tasks.filter((_, index) => !isFinal(records[index]!.status)),
    settings.pools,
  );
  if (fault !== undefined)
    throw new AirError("AIR_USAGE", `job "${name}" can't go on with this: of one of its tasks, ${fault.message}.`);
  opened.note([{ type: "settings-changed", at, settings }]);
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

function findWanted(paths: JobPaths, { name, owner }: WantedRun, context: OpenContext): Promise<FoundRun | null> {
  return findRun(paths, { ...context, name, owner, cwd: cwdOfDropped(paths.dir) });
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
