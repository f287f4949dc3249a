/**
 * Removes ended jobs, earlier runs and benches that are old or many. A job that is not ended is never touched, nor are its
 * earlier runs while it isn't.
 */

import { join } from "node:path";
import { demand, demandKnown } from "../engine/options.js";
import { listBenches, removeBench } from "./prune-benches.js";
import { endOf, removeEnded, removeRun } from "./remove-job.js";
import { AirError } from "../domain/errors.js";
import { isSystemError, systemWords } from "../system/look/error-code.js";
import { archivedRuns, findArchived } from "../store/runs/archived-runs.js";
import { identityIn } from "../store/runs/same-run.js";
import { listJobs, viewJob } from "../store/view/job-view.js";
import { jobPaths, jobsDir, type JobPaths } from "../store/layout.js";
import { isPossible } from "../system/look/look.js";
import { lookAt } from "../system/look/path-look.js";

/** Those who take locks together share the helper that takes them. */
const JOBS_AT_ONCE = 32;

/** One of `olderThanMs` and `keep` has to be given, or both: without either everything that has ended would go. */
export interface PrunePolicy {
  /** Only what ended longer ago, in milliseconds. Default: however long ago. */
  readonly olderThanMs?: number;
  /** Of each job that many of its last runs stay, and as many of its last benches. Default: 0. */
  readonly keep?: number;
  /** Only finds out what would be removed. Default: false. */
  readonly dryRun?: boolean;
}

/** A run that was removed, or would be. */
export interface PrunedRun {
  readonly job: string;
  /** Id of the run. */
  readonly run: string;
  /** True if it was the job's last one: then the job is gone. */
  readonly isJob: boolean;
  /** True for a bench of the job, with all that it ran. */
  readonly isBench: boolean;
  /** Milliseconds since the epoch. */
  readonly completedAt: number;
}

interface Candidate extends PrunedRun {
  /** In `runs/`; null for the job itself. */
  readonly directory: string | null;
}

/** @param onWarning told what can't be removed: the others are. */
export async function prune(
  base: string,
  policy: PrunePolicy,
  nowMs: number,
  onWarning: (message: string) => void,
): Promise<PrunedRun[]> {
  demandPolicy(policy);
  const benches = await pruneBenches(base, policy, nowMs, onWarning);
  const names = listJobs(base);
  const pruned: PrunedRun[][] = names.map(() => []);
  const pruneJob = async (at: number): Promise<void> => {
    for await (const run of removedOf(base, names[at]!, policy, nowMs, onWarning)) pruned[at]!.push(run);
  };
  const refused: number[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < names.length; at = next++) {
      try {
        await pruneJob(at);
      } catch {
        refused.push(at);
      }
    }
  };
  await Promise.all(Array.from({ length: JOBS_AT_ONCE }, lane));
  // There may be handles for one where there are too few for so many; what can't be says so then.
  for (const at of refused) await pruneJob(at).catch((error: unknown) => tellRefusal(names[at]!, error, onWarning));
  return [...benches, ...pruned.flat()];
}

async function* removedOf(
  base: string,
  name: string,
  policy: PrunePolicy,
  nowMs: number,
  onWarning: (message: string) => void,
): AsyncGenerator<PrunedRun> {
  for (const { directory, ...run } of candidates(base, name, policy, nowMs)) {
    const remove = () =>
      directory === null ? removeEnded(base, name, run.completedAt, onWarning) : removeRun(base, name, directory, onWarning);
    if (policy.dryRun === true || (await remove())) yield run;
  }
}

function tellRefusal(name: string, error: unknown, onWarning: (message: string) => void): void {
  if (!(error instanceof AirError) && !isSystemError(error)) throw error;
  onWarning(`job "${name}" can't be removed: ${systemWords(error)}`);
}

async function pruneBenches(
  base: string,
  { olderThanMs = -Infinity, keep = 0, dryRun }: PrunePolicy,
  nowMs: number,
  onWarning: (message: string) => void,
): Promise<PrunedRun[]> {
  const pruned: PrunedRun[] = [];
  const counts = new Map<string, number>();
  const chosen = listBenches(base).filter(({ name, completedAt, hasResult }) => {
    const count = counts.get(name) ?? 0;
    // One that has nothing to show stands for no other.
    if (hasResult) counts.set(name, count + 1);
    return count >= keep && nowMs - completedAt > olderThanMs;
  });
  for (const { name, id, completedAt } of chosen.toReversed()) {
    try {
      if (dryRun === true || (await removeBench(base, id, onWarning)))
        pruned.push({ job: name, run: id, isJob: false, isBench: true, completedAt });
    } catch (error) {
      if (!(error instanceof AirError) && !isSystemError(error)) throw error;
      onWarning(`bench "${id}" can't be removed: ${systemWords(error)}`);
    }
  }
  return pruned;
}

function demandPolicy(policy: PrunePolicy): void {
  demandKnown(policy, ["olderThanMs", "keep", "dryRun"]);
  const { olderThanMs, keep, dryRun = false } = policy;
  demand(olderThanMs !== undefined || keep !== undefined, "options", "olderThanMs, keep, or both", policy);
  demand(
    olderThanMs === undefined || (Number.isFinite(olderThanMs) && olderThanMs >= 0),
    "olderThanMs",
    "milliseconds of at least 0",
    olderThanMs,
  );
  demand(keep === undefined || (Number.isSafeInteger(keep) && keep >= 0), "keep", "a whole number of at least 0", keep);
  demand(typeof dryRun === "boolean", "dryRun", "true or false", dryRun);
}

/** The oldest first, the job itself last. */
function candidates(base: string, name: string, { olderThanMs = -Infinity, keep = 0 }: PrunePolicy, nowMs: number): Candidate[] {
  const paths = jobPaths(join(jobsDir(base), name));
  const last = toCandidate(name, paths.dir, null);
  if (last === null) return [];
  // What others have put there (`.DS_Store`) is no run; nor is the job's own, which somebody was killed keeping there.
  const own = keptOfOwn(paths);
  const archived = archivedRuns(paths).filter((directory) => {
    const run = jobPaths(join(paths.runs, directory));
    return run.dir !== own && isRun(run);
  });
  const earlier = archived
    .flatMap((directory) => toCandidate(name, join(paths.runs, directory), directory) ?? [])
    .toSorted((one, other) => other.completedAt - one.completedAt);
  const chosen = [last, ...earlier].filter(({ completedAt }, index) => index >= keep && nowMs - completedAt > olderThanMs);
  // The job takes its earlier runs with it, also those that have not ended.
  return chosen.filter(({ directory }) => directory !== null || chosen.length > archived.length).toReversed();
}

function keptOfOwn(paths: JobPaths): string | null {
  const own = identityIn(viewJob(paths, "", { withTasks: false }).state ?? {});
  return own === null ? null : (findArchived(paths, own).found?.dir ?? null);
}

function isRun({ dir, state, journal }: JobPaths): boolean {
  const look = lookAt(dir);
  if (look.answer === "yes" && !look.found.isDirectory()) return false;
  return [state, journal].some((path) => isPossible(lookAt(path)));
}

/**
 * Null for what has not ended, or doesn't say when.
 *
 * @throws AirError `AIR_SYSTEM` if that can't be told now.
 */
function toCandidate(job: string, dir: string, directory: string | null): Candidate | null {
  const view = viewJob(jobPaths(dir), job, { withTasks: false });
  const completedAt = endOf(view);
  if (completedAt === null) return null;
  const id = view.state?.["id"];
  const run = typeof id === "string" ? id : (directory ?? job);
  return { job, run, isJob: directory === null, isBench: false, completedAt, directory };
}
