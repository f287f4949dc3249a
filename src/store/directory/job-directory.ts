/** Opens a job's directory, and what lies in it, under its lock. It starts nothing and knows no reason why a task runs. */

import { basename, dirname, join, resolve } from "node:path";
import { AirError } from "../../domain/errors.js";
import type { JobOwner } from "../../domain/job.js";
import { findRun, nothingThere } from "./find-run.js";
import { jobPaths, jobsDir, type JobPaths } from "../layout.js";
import { codeOf } from "../../system/look/error-code.js";
import { lockedBy } from "../../system/lock/file-lock.js";
import { lookAtHolder } from "../../system/lock/lock-holder.js";
import { takeLock, type Lock } from "../../system/lock/lock.js";
import { isPossible } from "../../system/look/look.js";
import { holderWithin } from "../../system/lock/open-holder.js";
import { lookAt } from "../../system/look/path-look.js";
import { checkJobName } from "../names.js";
import { closeJobDirectory } from "./ownership.js";
import { OpenedJob, type Opening } from "./opened-job.js";
import type { Picture } from "../picture/picture.js";
import { ensurePrivateDirectory } from "../../system/write/private-directory.js";
import { explainRefusal } from "../../system/look/refusal.js";
import type { FitCheck } from "../text/demand-faults.js";

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

/** What an engine brings along to open jobs. */
export interface OpenContext {
  readonly nowMs: number;
  /** Name of its control socket; null if it has none. */
  readonly socket: string | null;
  /** Other processes that may have engines of the same directory. Default: none are known. */
  readonly others?: () => readonly number[];
  /** Whether tasks can run there. */
  readonly fit: FitCheck;
  /** Throws what speaks against going on with a run, before anything of it is changed. Default: nothing does. */
  readonly accept?: (run: Picture) => void;
}

/** Where tasks of a dropped job run that name no directory: the directory that holds `.air-executor`. */
export const cwdOfDropped = (dir: string): string => resolve(dir, "../../..");

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

export type Found = Omit<Opening, "paths" | "lock" | "warning">;

/** @param isNew if its directory may have to be made */
export async function withLock(
  paths: JobPaths,
  name: string,
  { socket, others }: OpenContext,
  isNew: boolean,
  open: () => Promise<Found>,
): Promise<OpenedJob> {
  try {
    requireHeldByNone(paths, name, others?.() ?? []);
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

/**
 * Somebody may have replaced lock and journal of a job that runs (a backup that was unpacked): its engine puts that right soon, and has the job.
 * Or its directory was removed: its engine ends what runs, and has the job until then.
 *
 * @throws AirError `AIR_LOCKED`
 */
function requireHeldByNone({ dir, lock }: JobPaths, name: string, others: readonly number[]): void {
  const holder = holderWithin(dir, others);
  if (holder === null) return;
  const claim = lookAtHolder(lock);
  // He says himself since when, if it is his lock that lies there.
  throw lockedBy(`job "${name}"`, claim.answer === "yes" && claim.found.pid === holder.pid ? claim.found : holder);
}

async function openUnder(lock: Lock, paths: JobPaths, open: () => Promise<Omit<Opening, "paths" | "lock">>): Promise<OpenedJob> {
  try {
    return new OpenedJob({ ...(await open()), paths, lock });
  } catch (error) {
    lock.release();
    throw error;
  }
}
