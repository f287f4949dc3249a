/** What a verb is told to work on: the name of a job file's job, a job to look up. Complains with the names that would do. */

import { isGivenPipe } from "../system/read/given-pipe.js";
import { AirError, checkJobName, listJobs, listRuns, viewJob, viewPaths, type JobSpec, type JobView } from "../index.js";
import { glanceAt } from "../internal.js";
import { suggestion } from "./command-line/suggest-word.js";
import { UsageError } from "./command-line/usage-error.js";
import { accessSync, constants, existsSync } from "node:fs";
import { basename, extname } from "node:path";

/** As long as the name of a job may be. */
const maxNameLength = 100;
/** What may stand in a directory. */
const isEntry = /^(?!\.{0,2}$)[^/]+$/;
/** Of the runs that a job has, so many of the latest are listed for somebody who named none of them. */
const maxRuns = 5;

/**
 * The name of a job: as given, else `ownNameOf`.
 *
 * @throws UsageError if what was given can't be a name, or if there is none.
 */
export function jobNameOf(job: JobSpec, file: string, given: string | null): string {
  const problem = given === null ? null : checkJobName(given);
  if (problem !== null) throw new UsageError(`--name: ${problem}`);
  if (given !== null) return given;
  const name = ownNameOf(job, file);
  if (name !== null) return name;
  throw new UsageError(`no job can be named after ${file}: give it a name of A-Z, a-z, digits, "_", "-" and "." with --name`);
}

/**
 * As the file says, else after the file, with `-` for what no name may hold. Null if letters or digits would be lost, or nothing is left:
 * files in another alphabet would all be one job.
 */
export function ownNameOf(job: JobSpec, file: string): string | null {
  if (job.name !== null) return job.name;
  if (file === "-" || file === "/dev/stdin") return "stdin";
  // `<(generate)` is called by a number.
  if (isGivenPipe(file)) return null;
  const own = basename(file, extname(file));
  const plain = own.replaceAll(/[^\w.-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return plain === "" || /(?![A-Za-z0-9])[\p{L}\p{M}\p{N}]/u.test(own) ? null : plain.slice(0, maxNameLength);
}

/** @throws AirError `AIR_NOT_FOUND` if there is no such job, or if what is there can't be one. */
export function requireJob(base: string, name: string): void {
  const names = listJobs(base);
  if (names.includes(name)) return;
  const glance = isEntry.test(name) ? glanceAt(base, name) : null;
  if (glance?.kind === "refused") throw new AirError("AIR_NOT_FOUND", `"${name}" in ${base} is not taken: ${glance.reason}`);
  const others = names.length === 0 ? `, nor any other` : suggestion(name, names);
  throw new AirError("AIR_NOT_FOUND", `there is no job "${name}" in ${base}${others}`);
}

/**
 * @param options.run the id of a run, which may also be the current one; null for that.
 * @throws AirError as `requireJob`, likewise if there is no such run, and the system's error for a file that we may not read.
 */
export function findJob(base: string, name: string, options: { run: string | null } & Parameters<typeof viewJob>[2]): JobView {
  requireJob(base, name);
  const paths = pathsOfRun(base, name, options.run);
  const job = viewJob(paths, name, options);
  if (job.problem !== null) [paths.state, paths.tasks].forEach(requireReadable);
  return job;
}

/** @throws AirError if the tasks could not be read: `AIR_SYSTEM` if that is not their author's doing, else `AIR_INVALID_JOB`. */
export function tasksOf({ name, tasks, problem, isRefused }: JobView): NonNullable<JobView["tasks"]> {
  if (tasks === null)
    throw new AirError(isRefused ? "AIR_SYSTEM" : "AIR_INVALID_JOB", `the tasks of "${name}" can't be read: ${problem}`);
  return tasks;
}

/** A kept run goes first: one that was dropped within the same second has its id too, and can be looked at without. */
function pathsOfRun(base: string, name: string, run: string | null): ReturnType<typeof viewPaths> {
  const current = viewPaths(base, name);
  if (run === null) return current;
  const earlier = viewPaths(base, name, { run });
  if (run !== "" && existsSync(earlier.dir)) return earlier;
  const id = viewJob(current, name, { withTasks: false }).state?.["id"];
  if (id === run) return current;
  const runs = [...listRuns(base, name), ...(typeof id === "string" ? [id] : [])];
  const list = `${runs.length > maxRuns ? "… " : ""}${runs.slice(-maxRuns).join(", ")}`;
  throw new AirError(
    "AIR_NOT_FOUND",
    `job "${name}" has no run "${run}"; ${runs.length === 0 ? "it has none yet" : `its runs: ${list}`}`,
  );
}

/** One that is not there may come. */
function requireReadable(path: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EACCES") throw error;
  }
}
