/**
 * Finds the benches that are old or many, and removes one. A bench that is being made is held by its engine; one that was killed may have left
 * tasks that still run: both are left alone.
 */

import { join } from "node:path";
import { AirError } from "../domain/errors.js";
import { readPicture } from "../store/journal/recovery.js";
import { benchDir, benchLock, jobPaths, jobsDir } from "../store/layout.js";
import { listJobs } from "../store/view/job-view.js";
import { takeLockToRemove } from "../system/lock/lock.js";
import { certain } from "../system/look/look.js";
import { listSubdirectories, lookAt } from "../system/look/path-look.js";
import { refuseLink } from "../system/write/private-directory.js";
import { removeDirectory } from "./remove-job.js";

export interface BenchCandidate {
  /** Of its job. */
  readonly name: string;
  readonly id: string;
  readonly completedAt: number;
  /** False if nothing was measured yet: it is being made, or somebody was killed making it. */
  readonly hasResult: boolean;
}

/** As makeBenchDir names them: whatever else lies there is none of ours. */
const BENCH_ID = /^(?<name>.+?)-\d{9,}(?:-\d+)?$/;

/** All that there are, the newest first. Throws the system's error if that can't be told now. */
export function listBenches(base: string): BenchCandidate[] {
  refuseLink(base);
  refuseLink(benchDir(base));
  return subdirectoriesOf(benchDir(base))
    .flatMap((id) => {
      const name = BENCH_ID.exec(id)?.groups?.["name"];
      const end = name === undefined ? null : endOf(join(benchDir(base), id));
      return name === undefined || end === null ? [] : [{ name, id, ...end }];
    })
    .toSorted((one, other) => other.completedAt - one.completedAt);
}

/** The result is written after each run; of a bench without one there is only the directory. */
function endOf(dir: string): Pick<BenchCandidate, "completedAt" | "hasResult"> | null {
  const result = certain(lookAt(join(dir, "result.json")));
  const stats = result ?? certain(lookAt(dir));
  return stats === null ? null : { completedAt: Math.floor(stats.mtimeMs), hasResult: result !== null };
}

/**
 * False if it is being made: then nothing is touched.
 *
 * @throws AirError `AIR_CONFLICT` if a task of it may still run.
 */
export async function removeBench(base: string, id: string, onWarning: (message: string) => void): Promise<boolean> {
  const dir = join(benchDir(base), id);
  const lock = await takeLockToRemove(benchLock(dir), `bench "${id}"`).catch((error: unknown) => {
    if (error instanceof AirError && error.code === "AIR_LOCKED") return null;
    throw error;
  });
  if (lock === null) return false;
  try {
    requireNoSurvivors(dir, id);
    await removeDirectory(base, dir, { what: `bench "${id}"`, name: id, onWarning, lock });
    return true;
  } finally {
    lock.release();
  }
}

/** Whoever was killed in the middle has left them to whoever takes their job up, and nobody does. */
function requireNoSurvivors(dir: string, id: string): void {
  for (const run of subdirectoriesOf(dir)) {
    for (const job of listJobs(join(dir, run))) {
      const picture = readPicture(jobPaths(join(jobsDir(join(dir, run)), job)))?.picture;
      if (picture === undefined || picture.isOver || picture.load().inFlight.length === 0) continue;
      const way = `air-executor cancel ${job} --dir ${join(dir, run)}`;
      throw new AirError("AIR_CONFLICT", `a task of bench "${id}" may still run, as its engine was killed: ${way}`);
    }
  }
}

function subdirectoriesOf(dir: string): readonly string[] {
  const found = listSubdirectories(dir);
  return found.answer === "other" ? [] : (certain(found) ?? []);
}
