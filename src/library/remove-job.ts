/**
 * Removes jobs and earlier runs: nothing else in the project deletes what a user may want to keep. Only below the directory of jobs, by
 * names that passed the guard, and never through a link.
 */

import { unlinkSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { AirError } from "../domain/errors.js";
import { randomDigits } from "../domain/random-digits.js";
import { jobPaths, jobsDir, removedDir, type JobPaths } from "../store/layout.js";
import { holdJob, type HeldJob } from "../store/directory/hold-job.js";
import { viewJob, type JobView } from "../store/view/job-view.js";
import { socketOfHolder } from "../system/lock/lock-holder.js";
import { codeOf, isFullDisk, systemWords } from "../system/look/error-code.js";
import { certain } from "../system/look/look.js";
import { listDirectory, lookAt } from "../system/look/path-look.js";
import { renameDirectory } from "../system/write/move-directory.js";
import { ensurePrivateDirectory } from "../system/write/private-directory.js";
import { readPicture } from "../store/journal/recovery.js";
import { parseTimestamp } from "../store/text/timestamp.js";

const LOOK_EVERY_MS = 50;
/** A network file system may take a moment to let go of what was closed. */
const DEEP = { recursive: true, force: true, maxRetries: 3 };

type OnWarning = Removal["onWarning"];

/**
 * The job of that name, with its logs and its earlier runs.
 *
 * @param end brings whoever holds the job to end it, and ends what survived an engine that is gone.
 * @throws AirError `AIR_NOT_FOUND`, `AIR_UNSAFE_PATH`, `AIR_DAMAGED`, and what `end` throws.
 */
export async function removeJob(base: string, name: string, { end, onWarning }: Removal): Promise<void> {
  const paths = jobPaths(join(jobsDir(base), name));
  // Whoever says that he holds it can be asked at once, before anything else.
  for (let mayAsk = true; ; mayAsk = false) {
    requireDirectory(paths.dir, name, base);
    const lock = mayAsk && socketOfHolder(paths.lock) !== null ? null : await tryHold(paths);
    try {
      if (lock !== null && !hasSurvivors(paths))
        return await removeDirectory(base, paths.dir, { what: `job "${name}"`, name, onWarning, lock });
    } finally {
      lock?.release();
    }
    await end();
    await pause(LOOK_EVERY_MS);
  }
}

export interface Removal {
  readonly end: () => Promise<unknown>;
  /** Told what is gone from the jobs, but could not be deleted. */
  readonly onWarning: (message: string) => void;
}

/** Null if somebody holds it. */
async function tryHold(paths: JobPaths): Promise<HeldJob | null> {
  try {
    return await holdJob(paths);
  } catch (error) {
    if (error instanceof AirError && error.code === "AIR_LOCKED") return null;
    // It went with its directory, which somebody else has just removed.
    if (codeOf(error) === "ENOENT" && lookAt(paths.dir).answer === "no") return null;
    throw error;
  }
}

/** An earlier run of a job, by the name of its directory in `runs/`. False if somebody holds the job. */
export async function removeRun(base: string, name: string, directory: string, onWarning: OnWarning): Promise<boolean> {
  const paths = jobPaths(join(jobsDir(base), name));
  const lock = await tryHold(paths);
  if (lock === null) return false;
  try {
    await removeDirectory(base, join(paths.runs, directory), { what: `job "${name}"`, name, onWarning });
    return true;
  } finally {
    lock.release();
  }
}

/**
 * A job that was seen to have ended then, if nobody holds it. False if it has run again since: then nothing is touched.
 *
 * @param completedAt as of `endOf`
 */
export async function removeEnded(base: string, name: string, completedAt: number, onWarning: OnWarning): Promise<boolean> {
  const paths = jobPaths(join(jobsDir(base), name));
  const lock = await tryHold(paths);
  if (lock === null) return false;
  try {
    if (!hasEndedAt(paths, completedAt)) return false;
    await removeDirectory(base, paths.dir, { what: `job "${name}"`, name, onWarning, lock });
    return true;
  } finally {
    lock.release();
  }
}

/** By its own word and by its record, if it has one. */
function hasEndedAt(paths: JobPaths, completedAt: number): boolean {
  return endOf(viewJob(paths, "", { withTasks: false })) === completedAt && (readPicture(paths)?.picture.isOver ?? true);
}

/**
 * When a job ended, in milliseconds since the epoch, as its state.json says; null if it has not.
 *
 * @throws AirError `AIR_SYSTEM` if that can't be told now.
 */
export function endOf({ state, problem, isRefused }: JobView): number | null {
  if (state === null && isRefused) throw new AirError("AIR_SYSTEM", problem ?? "");
  const hasEnded = ["completed", "failed", "cancelled"].some((ending) => ending === state?.["state"]);
  const at = state?.["completed_at"] ?? state?.["updated_at"];
  return hasEnded && typeof at === "string" ? parseTimestamp(at) : null;
}

/** Attempts that outlived their engine must not lose the ground under their feet. */
function hasSurvivors(paths: JobPaths): boolean {
  return (readPicture(paths)?.picture.load().inFlight.length ?? 0) > 0;
}

function requireDirectory(dir: string, name: string, base: string): void {
  const stats = certain(lookAt(dir));
  if (stats === null) throw new AirError("AIR_NOT_FOUND", `there is no job "${name}" in ${base}`);
  if (!stats.isDirectory())
    throw new AirError("AIR_UNSAFE_PATH", `${dir} is a link or a file, expected a directory: remove it by hand`);
}

export interface DirectoryRemoval {
  /** Names it in a warning. */
  readonly what: string;
  readonly name: string;
  readonly onWarning: OnWarning;
  /** On files in it. Given back as soon as it is out of sight: a network file system keeps what is open. */
  readonly lock?: HeldJob;
}

/** Moves a directory out of sight at once, and then deletes it, with whatever an earlier call could not finish and that can be now. */
export async function removeDirectory(base: string, dir: string, removal: DirectoryRemoval): Promise<void> {
  const { what, name, onWarning, lock } = removal;
  const removed = removedDir(base);
  const own = `${name}-${randomDigits(12)}`;
  // On a full disk it is deleted where it is: that makes the room. So it is where it can't be moved.
  if (!hasRoomFor(removed) || !renameDirectory(dir, join(removed, own))) return rm(dir, DEEP);
  lock?.release();
  const entries = listDirectory(removed);
  for (const entry of entries.answer === "yes" ? entries.found : [own]) {
    await rm(join(removed, entry), DEEP).catch((error: NodeJS.ErrnoException) => {
      if (entry !== own) return;
      const why = systemWords(whyNotDeleted(error));
      onWarning(`${what}: what is left in ${join(removed, own)} can't be deleted (${why}): remove it by hand`);
    });
  }
}

/** False if the disk is too full to make it. */
function hasRoomFor(removed: string): boolean {
  try {
    ensurePrivateDirectory(removed);
    return true;
  } catch (error) {
    if (error instanceof AirError && isFullDisk(error.cause)) return false;
    throw error;
  }
}

/** Node takes a file that may not be deleted for a directory, and tells what comes of that. */
function whyNotDeleted(error: NodeJS.ErrnoException): Error {
  if (error.code !== "ENOTDIR" || error.path === undefined) return error;
  try {
    unlinkSync(error.path);
    return error;
  } catch (cause) {
    return cause as Error;
  }
}
