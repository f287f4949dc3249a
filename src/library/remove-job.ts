/**
 * Removes jobs and earlier runs: nothing else in the project deletes what a user may want to keep. Only below the directory of jobs, by
 * names that passed the guard, and never through a link.
 */

import { lstatSync, renameSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { AirError } from "../domain/errors.js";
import { randomDigits } from "../domain/random-digits.js";
import { jobPaths, jobsDir, removedDir, type JobPaths } from "../store/layout.js";
import { viewJob, type JobView } from "../store/view/job-view.js";
import { readSocket } from "../system/lock-holder.js";
import { takeLock, type Lock } from "../system/lock.js";
import { ensurePrivateDirectory } from "../system/private-directory.js";
import { readPicture } from "../store/journal/recovery.js";
import { parseTimestamp } from "../store/text/timestamp.js";

const LOOK_EVERY_MS = 50;

/**
 * The job of that name, with its logs and its earlier runs.
 *
 * @param end brings whoever holds the job to end it, and ends what survived an engine that is gone.
 * @throws AirError `AIR_NOT_FOUND`, `AIR_UNSAFE_PATH`, `AIR_DAMAGED`, and what `end` throws.
 */
export async function removeJob(base: string, name: string, end: () => Promise<unknown>): Promise<void> {
  const paths = jobPaths(join(jobsDir(base), name));
  for (;;) {
    requireDirectory(paths.dir, name, base);
    // Whoever says that he holds it can be asked at once.
    const lock = readSocket(paths.lock) === null ? await tryLock(paths, name) : null;
    if (lock !== null && !hasSurvivors(paths)) {
      try {
        return await removeDirectory(base, paths.dir, name);
      } finally {
        lock.release();
      }
    }
    lock?.release();
    await end();
    await pause(LOOK_EVERY_MS);
  }
}

/** Null if somebody holds it. */
async function tryLock(paths: JobPaths, name: string): Promise<Lock | null> {
  try {
    return await takeLock(paths.lock, `job "${name}"`);
  } catch (error) {
    if (error instanceof AirError && error.code === "AIR_LOCKED") return null;
    throw error;
  }
}

/** An earlier run of a job, by the name of its directory in `runs/`. False if somebody holds the job. */
export async function removeRun(base: string, name: string, directory: string): Promise<boolean> {
  const paths = jobPaths(join(jobsDir(base), name));
  const lock = await tryLock(paths, name);
  if (lock === null) return false;
  try {
    await removeDirectory(base, join(paths.runs, directory), name);
    return true;
  } finally {
    lock.release();
  }
}

/** A job, if it has ended and nobody holds it. False if not: then nothing is touched. */
export async function removeEnded(base: string, name: string): Promise<boolean> {
  const paths = jobPaths(join(jobsDir(base), name));
  const lock = await tryLock(paths, name);
  if (lock === null) return false;
  try {
    if (!isEnded(paths)) return false;
    await removeDirectory(base, paths.dir, name);
    return true;
  } finally {
    lock.release();
  }
}

/** By its own word and by its record, if it has one. */
function isEnded(paths: JobPaths): boolean {
  const { state } = viewJob(paths, "", { withTasks: false });
  return endOf(state) !== null && (readPicture(paths)?.picture.isOver ?? true);
}

/** When a job ended, in milliseconds since the epoch, as its state.json says; null if it has not. */
export function endOf(state: JobView["state"]): number | null {
  const hasEnded = ["completed", "failed", "cancelled"].some((ending) => ending === state?.["state"]);
  const at = state?.["completed_at"] ?? state?.["updated_at"];
  return hasEnded && typeof at === "string" ? parseTimestamp(at) : null;
}

/** Attempts that outlived their engine must not lose the ground under their feet. */
function hasSurvivors(paths: JobPaths): boolean {
  return (readPicture(paths)?.picture.load().inFlight.length ?? 0) > 0;
}

function requireDirectory(dir: string, name: string, base: string): void {
  const stats = lstatSync(dir, { throwIfNoEntry: false });
  if (stats === undefined) throw new AirError("AIR_NOT_FOUND", `there is no job "${name}" in ${base}`);
  if (!stats.isDirectory())
    throw new AirError("AIR_UNSAFE_PATH", `${dir} is a link or a file, expected a directory: remove it by hand`);
}

/** Moves a directory out of sight at once, and then deletes it, with whatever an earlier call could not finish. */
async function removeDirectory(base: string, dir: string, name: string): Promise<void> {
  const removed = removedDir(base);
  ensurePrivateDirectory(removed);
  renameSync(dir, join(removed, `${name}-${randomDigits(12)}`));
  for (const entry of await readdir(removed)) await rm(join(removed, entry), { recursive: true, force: true });
}
