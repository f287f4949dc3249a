/** What a caller says with a single call of the executor or of a job, with the defaults and the checks. Pure. */

import { resolve } from "node:path";
import type { JobOwner, RetryWish } from "../domain/job.js";
import { demand, demandKnown, isDuration, isPath, type SubmitOptions } from "./executor-options.js";

/** @throws AirError `AIR_USAGE` for an option that makes no sense, or an owner that is no caller's to give. */
export function completeSubmitOptions(options: SubmitOptions): { owner: JobOwner; cwd: string; isFresh: boolean } {
  demandKnown(options, ["fresh", "cwd", "owner"]);
  const { owner = "run" } = options;
  demand(owner === "run" || owner === "manager", "owner", '"run" or "manager"', owner);
  return { owner, ...completePlace(options) };
}

/** Where tasks run, and whether anew: the same for jobs and maps. */
export function completePlace({ fresh = false, cwd = "." }: SubmitOptions): { cwd: string; isFresh: boolean } {
  demand(typeof fresh === "boolean", "fresh", "true or false", fresh);
  demand(isPath(cwd), "cwd", "the path of a directory", cwd);
  return { cwd: resolve(cwd), isFresh: fresh };
}

/** The directory of a job, as an absolute path. */
export function completeDir(dir: string): string {
  demand(isPath(dir), "dir", "the path of a directory", dir);
  return resolve(dir);
}

/** How long a stop may take in which `usual` milliseconds are given unless the caller says another time. */
export function graceOf(options: { readonly graceMs?: number }, usual: number): number {
  demandKnown(options, ["graceMs"]);
  const { graceMs = usual } = options;
  demand(isDuration(graceMs), "graceMs", "milliseconds of at least 0", graceMs);
  return graceMs;
}

export function demandWish(wish: RetryWish): void {
  demandKnown(wish, ["tasks", "from"]);
  const { tasks = [], from = "" } = wish;
  demandIds(tasks);
  demand(typeof from === "string", "from", "the id of a task", from);
}

export function demandIds(tasks: readonly string[]): void {
  const isList = Array.isArray(tasks) && tasks.every((id) => typeof id === "string");
  demand(isList, "tasks", "a list of ids", tasks);
}
