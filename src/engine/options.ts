/**
 * What a caller of the library may choose, for an executor and with a single call, with the defaults and the checks: also for callers
 * whose compiler could not tell them. Pure.
 */

import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { inspect } from "node:util";
import { AirError } from "../domain/errors.js";
import type { JobOwner, RetryWish } from "../domain/job.js";
import type { TaskRunner } from "../domain/ports.js";
import { suggest } from "../store/text/suggest.js";
import type { Durability } from "../store/writer.js";

export interface ExecutorOptions {
  /** The directory of jobs. Default: `AIR_EXECUTOR_DIR`, else `./.air-executor`. Made if missing. */
  readonly dir?: string;
  /** How many tasks may run at once, over all jobs of this executor, at most 100,000. Default: the number of cores. */
  readonly concurrency?: number;
  /** `grouped` (default): the journal is synced at least once a second and when a job ends; `strict`: also before a dependent starts. */
  readonly durability?: Durability;
  /** From TERM to KILL when a task is stopped, in milliseconds. Default: 10,000. */
  readonly graceMs?: number;
  /** Told what a user should know and no error says: a directory that was tightened, a disk that is full. Default: nobody. */
  readonly onWarning?: (message: string) => void;
  /**
   * How long to wait, in milliseconds after the last running task has ended, for a disk that takes no records or a machine that starts
   * no process. Then jobs are given up, unfinished. Default: 60,000; `Infinity` waits as long as it takes.
   */
  readonly patienceMs?: number;
  /** Runs the attempts. Default: lanes on this machine. */
  readonly runner?: TaskRunner;
}

export interface SubmitOptions {
  /** Begin anew, even if an unfinished run of that name is there; what it did is kept in `runs/`. Default: false. */
  readonly fresh?: boolean;
  /** Working directory of tasks that name none. Default: the current one. */
  readonly cwd?: string;
  /** Default: `run`. */
  readonly owner?: Exclude<JobOwner, "map">;
}

/** With every default filled in. */
export type CompleteOptions = Required<Omit<ExecutorOptions, "dir" | "runner">>;

/** Far beyond what a machine can run, and far below what could not be held in memory. */
const MOST_AT_ONCE = 100_000;

const EXECUTOR_OPTIONS: readonly (keyof ExecutorOptions)[] = [
  "dir",
  "concurrency",
  "durability",
  "graceMs",
  "onWarning",
  "patienceMs",
  "runner",
];

/** @throws AirError `AIR_USAGE` for an option that makes no sense. */
export function completeOptions(options: ExecutorOptions): CompleteOptions {
  demandKnown(options, EXECUTOR_OPTIONS);
  const { dir, concurrency = availableParallelism(), graceMs = 10_000, patienceMs = 60_000 } = options;
  const { durability = "grouped", onWarning = () => {} } = options;
  demand(dir === undefined || isPath(dir), "dir", "the path of a directory", dir);
  const isCount = Number.isSafeInteger(concurrency) && concurrency >= 1 && concurrency <= MOST_AT_ONCE;
  demand(isCount, "concurrency", `a whole number from 1 to ${MOST_AT_ONCE}`, concurrency);
  demand(isDuration(graceMs), "graceMs", "milliseconds of at least 0", graceMs);
  demand(isDuration(patienceMs), "patienceMs", "milliseconds of at least 0", patienceMs);
  demand(durability === "grouped" || durability === "strict", "durability", '"grouped" or "strict"', durability);
  demand(typeof onWarning === "function", "onWarning", "a function", onWarning);
  return { concurrency, graceMs, patienceMs, durability, onWarning };
}

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

function isPath(value: unknown): boolean {
  return typeof value === "string" && value !== "" && !value.includes("\0");
}

export function isDuration(value: unknown): boolean {
  return typeof value === "number" && value >= 0;
}

/** @throws AirError `AIR_USAGE` for what holds no options, and for one that is not `known`: misspelt, it would be passed over in silence. */
export function demandKnown(options: unknown, known: readonly string[]): void {
  demand(typeof options === "object" && options !== null, "options", "an object", options);
  for (const key of Object.keys(options as object)) {
    if (known.includes(key)) continue;
    const nearest = suggest(key, known);
    const hint = nearest === null ? `expected ${known.join(", ")}` : `did you mean ${nearest}?`;
    throw new AirError("AIR_USAGE", `${key}: there is no such option: ${hint}`);
  }
}

export function demand(isMet: boolean, option: string, expected: string, value: unknown): void {
  if (!isMet) throw new AirError("AIR_USAGE", `${option}: expected ${expected}, got ${inspect(value)}`);
}
