/**
 * Finds the run that a job's directory holds: the one of its journal, or a job that was dropped there and is taken in now, also over the
 * files of an earlier run, which are kept. Called under the job's lock; starts nothing.
 */

import { renameSync, type BigIntStats } from "node:fs";
import { basename, dirname, join } from "node:path";
import { AirError } from "../../domain/errors.js";
import { archiveRun, takeBack } from "./archive.js";
import { readDropped, stampOfTasks, takeIn, type DroppedContext, type DroppedJob } from "./dropped-job.js";
import type { JobEvent } from "../../domain/events.js";
import { jobPaths, type JobPaths } from "../layout.js";
import type { Picture } from "../picture/picture.js";
import { readPicture, recover, type Recovered } from "../journal/recovery.js";
import { lookAtHolder } from "../../system/lock/lock-holder.js";
import { isThere, listSubdirectories, lookAt } from "../../system/look/path-look.js";
import { readRegularFile } from "../../system/read/regular-file.js";
import { hasLateState } from "./rejection.js";
import { isAnotherRun, isSnapshotOf } from "../runs/run-identity.js";
import { readStateFile } from "../runs/state-file.js";

export interface FoundRun extends Recovered {
  /** True if another run was written into the directory while this one has attempts in flight: they are to be ended, nothing else. */
  readonly isSuperseded: boolean;
  /** tasks.json as it was when the job was taken in from it just now; null if it was not. */
  readonly tasksFile: BigIntStats | null;
}

const MAX_TASKS_BYTES = 512 * 1024 * 1024;

/**
 * Null if there is nothing yet.
 *
 * @throws AirError `AIR_NOT_FOUND` if a new run's files are not all there yet, `AIR_INVALID_JOB`, `AIR_UNSAFE_PATH`, `AIR_DAMAGED`.
 */
export async function findRun(paths: JobPaths, context: DroppedContext): Promise<FoundRun | null> {
  if (hasLateState(paths)) renameSync(paths.stateRejected, paths.state);
  const known = await recover(paths);
  if (known === null) {
    const dropped = await readDropped(paths, context);
    return dropped === null ? null : takeInNow(paths, dropped, context);
  }
  let isTaken = false;
  try {
    disownIfCopy(paths, known);
    known.picture.name = context.name;
    const isOther = isReplaced(paths, known.picture);
    const isSuperseded = isOther && known.picture.load().inFlight.length > 0;
    if (isOther && !isSuperseded) return await takeInOver(paths, known.picture, context);
    await takeBack(paths, known.picture);
    isTaken = true;
    return { ...known, isSuperseded, tasksFile: null };
  } finally {
    // Not before another is in its place: until then it keeps other engines away.
    if (!isTaken) await known.journal.close();
  }
}

/**
 * Of a directory that somebody has copied: what the journal calls in flight runs for the job that it was copied from, if that is there.
 * Here it has never begun. Who ran it last says so by its name: what a copy has started itself is its own.
 */
function disownIfCopy(paths: JobPaths, { picture, journal }: Recovered): void {
  const { name, inFlight } = picture.load();
  if (name === basename(paths.dir) || inFlight.length === 0) return;
  if (!isOriginal(jobPaths(join(dirname(paths.dir), name)), picture) && !isHeldElsewhere(paths, picture)) return;
  const message = `it runs for job "${name}", of which this is a copy`;
  const outcome = { kind: "not-begun", message } as const;
  const events = inFlight.map(({ task, attempt }): JobEvent => {
    return { type: "attempt-ended", at: Date.now(), task, attempt, outcome, status: "pending", error: null, retryAt: null };
  });
  journal.append(events);
  for (const event of events) picture.apply(event);
}

function isOriginal(paths: JobPaths, { run }: Picture): boolean {
  const original = readPicture(paths)?.picture.run;
  return original?.id === run.id && original.createdAt === run.createdAt;
}

/** What it was copied from may have been renamed since: then an engine has it, for it runs. */
function isHeldElsewhere({ dir }: JobPaths, picture: Picture): boolean {
  const names = listSubdirectories(dirname(dir));
  if (names.answer === "unknown") throw names.why;
  const others = names.answer === "yes" ? names.found.filter((name) => name !== basename(dir)) : [];
  return others.some((name) => {
    const paths = jobPaths(join(dirname(dir), name));
    const holder = lookAtHolder(paths.lock).answer;
    return (holder === "yes" || holder === "unknown") && isOriginal(paths, picture);
  });
}

/** Takes in what was written over the files of an earlier run, which is kept. */
async function takeInOver(paths: JobPaths, picture: Picture, context: DroppedContext): Promise<FoundRun> {
  const stillOld = `${paths.dir} is not a job yet: tasks.json is still that of the earlier run ${picture.run.id}.`;
  if (hasOurTasks(paths, picture)) throw new AirError("AIR_NOT_FOUND", stillOld);
  const dropped = await readDropped(paths, context);
  if (dropped === null) throw nothingThere(paths);
  if (hasLainThere(dropped, picture)) throw new AirError("AIR_NOT_FOUND", stillOld);
  await archiveRun(paths, picture);
  return takeInNow(paths, dropped, context);
}

async function takeInNow(paths: JobPaths, dropped: DroppedJob, context: DroppedContext): Promise<FoundRun> {
  return { ...(await takeIn(paths, dropped, context)), isSuperseded: false, tasksFile: dropped.tasksFile };
}

export function nothingThere({ dir, state, tasks }: JobPaths): AirError {
  const missing = [state, tasks].filter((path) => lookAt(path).answer === "no").map((path) => basename(path));
  if (missing.length === 0) return new AirError("AIR_SYSTEM", `${dir} can't be looked into just now: try again.`);
  const words = `${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} missing`;
  return new AirError(
    "AIR_NOT_FOUND",
    `${dir} is a directory but no job yet: expected state.json and tasks.json in it, but ${words}.`,
  );
}

function isReplaced(paths: JobPaths, { run, isOver, completedAt }: Picture): boolean {
  const file = readStateFile(paths.state);
  return file !== null && isAnotherRun(file, { run, completedAt: isOver ? completedAt : null }, paths);
}

function hasOurTasks(paths: JobPaths, picture: Picture): boolean {
  if (!isThere(paths.tasks)) return false;
  return isSnapshotOf(readRegularFile(paths.tasks, { maxBytes: MAX_TASKS_BYTES }).toString("utf8"), picture);
}

/** True if the file is the one from which the earlier run was taken in: its first snapshot had not come yet when it was replaced. */
function hasLainThere({ tasks, tasksFile }: DroppedJob, picture: Picture): boolean {
  if (tasksFile !== null && picture.tasksFile !== undefined) return stampOfTasks(tasksFile) === picture.tasksFile;
  if (tasksFile === null || tasksFile.ctimeMs > picture.takenAt || tasks.length !== picture.initialTasks) return false;
  return tasks.every(({ id }, index) => picture.tasks[index]!.id === id);
}
