/**
 * What a caller of the library may choose, for an executor and with a single call, with the defaults and the checks: also for callers
 * whose compiler could not tell them. Pure.
 */

import { availableParallelism } from "node:os";
import { inspect } from "node:util";
import { AirError } from "../domain/errors.js";
import type { JobOwner, RetryWish } from "../domain/job.js";
import type { TaskRunner } from "../domain/ports.js";
import type { Resources } from "../domain/resources.js";
import { isObject } from "../store/text/describe.js";
import type { GivenParams } from "../store/text/template/params.js";
import { checkPool, readAmounts } from "../store/text/pool-amounts.js";
import { checkSize, parseSize } from "../store/text/sizes.js";
import { suggest } from "../store/text/suggest.js";
import type { Durability } from "../store/writer.js";
import { directoryFromHere, fromHere } from "../system/look/current-directory.js";
import { callOut } from "./caller-code.js";

/** How much there is of pools: a number, of `memory` a size such as "8GiB". */
export type WrittenPools = Readonly<Record<string, number | string>>;

export interface ExecutorOptions {
  /** The directory of jobs. Default: `AIR_EXECUTOR_DIR`, else `./.air-executor`. Made if missing. */
  readonly dir?: string;
  /** How many tasks may run at once, over all jobs of this executor, at most 100,000. Default: the number of cores. */
  readonly concurrency?: number;
  /** How many CPUs they may take together. Default: as many as may run at once. */
  readonly cpus?: number;
  /** No attempt can run for longer, in milliseconds: tasks with a longer `timeout` are refused. Default: no limit. */
  readonly longestMs?: number;
  /** True for a pool that somebody else keeps: of such there is always enough here. Default: for none. */
  readonly isPoolElsewhere?: (pool: string) => boolean;
  /** How much memory tasks may plan with, a size such as "12GiB". Default: what the machine has free when the executor is opened. */
  readonly memory?: string;
  /** How many GPUs tasks may have. Default: those that `nvidia-smi` or `rocm-smi` finds. */
  readonly gpus?: number;
  /** Further pools, of which tasks of all its jobs take, such as `{"licence": 3}`. Default: none. */
  readonly pools?: WrittenPools;
  /** `grouped` (default): the journal is synced at least once a second and when a job ends; `strict`: also before a dependent starts. */
  readonly durability?: Durability;
  /** From TERM to KILL when a task is stopped, in milliseconds. Default: 10,000. */
  readonly graceMs?: number;
  /** Told what a user should know and no error says, such as a full disk. What it throws harms no job, and is uncaught. Default: nobody. */
  readonly onWarning?: (message: string) => void;
  /**
   * How long to wait, in milliseconds after the last running task has ended, for a disk that takes no records or a machine that starts
   * no process. Then jobs are given up, unfinished. Default: 60,000; `Infinity` waits as long as it takes.
   */
  readonly patienceMs?: number;
  /** Runs the attempts. Default: a process of this machine that starts the tasks. */
  readonly runner?: TaskRunner;
}

export interface SubmitOptions {
  /** Begin anew, even if an unfinished run of that name is there; what it did is kept in `runs/`. Default: false. */
  readonly fresh?: boolean;
  /** If the last run of that name was of just these tasks, in the same directory, and completed, that will do: nothing is run. Default: false. */
  readonly once?: boolean;
  /** Working directory of tasks that name none. Default: the current one. */
  readonly cwd?: string;
  /** Default: `run`. */
  readonly owner?: Exclude<JobOwner, "map">;
  /** Values for the params of the job, by name. Default: those that it says itself. */
  readonly params?: GivenParams;
}

/** With every default filled in. */
export interface CompleteOptions extends Required<Omit<ExecutorOptions, "dir" | "runner" | "memory" | "gpus" | "pools">> {
  /** In bytes; null for what is free. */
  readonly memory: number | null;
  /** Null for all that there are. */
  readonly gpus: number | null;
  readonly pools: Resources;
}

/** Far beyond what a machine can run, and far below what could not be held in memory. */
const MOST_AT_ONCE = 100_000;

/** Of Node, about 25 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Far beyond what fits into a machine. */
const MOST_GPUS = 1024;
/** Which option says how much there is of a pool that every executor has. */
const OWN_OPTIONS: Readonly<Record<string, string>> = { cpu: "concurrency", memory: "memory", gpu: "gpus" };

const EXECUTOR_OPTIONS: readonly (keyof ExecutorOptions)[] = [
  "dir",
  "concurrency",
  "cpus",
  "longestMs",
  "isPoolElsewhere",
  "memory",
  "gpus",
  "pools",
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
  const { memory = null, gpus = null, cpus = concurrency, longestMs = Infinity } = options;
  const { isPoolElsewhere = () => false } = options;
  const { durability = "grouped", onWarning = () => {} } = options;
  demand(dir === undefined || isPath(dir), "dir", "the path of a directory", dir);
  const isCount = Number.isSafeInteger(concurrency) && concurrency >= 1 && concurrency <= MOST_AT_ONCE;
  demand(isCount, "concurrency", `a whole number from 1 to ${MOST_AT_ONCE}`, concurrency);
  demand(typeof cpus === "number" && cpus > 0, "cpus", "a number above 0", cpus);
  demand(typeof longestMs === "number" && longestMs > 0, "longestMs", "milliseconds above 0", longestMs);
  demand(typeof isPoolElsewhere === "function", "isPoolElsewhere", "a function", isPoolElsewhere);
  demand(memory === null || checkSize(memory) === null, "memory", 'a size such as "12GiB"', memory);
  demand(
    gpus === null || (Number.isSafeInteger(gpus) && gpus >= 0 && gpus <= MOST_GPUS),
    "gpus",
    `a whole number from 0 to ${MOST_GPUS}`,
    gpus,
  );
  demandTimer("graceMs", graceMs);
  demand(isDuration(patienceMs), "patienceMs", "milliseconds of at least 0", patienceMs);
  demand(durability === "grouped" || durability === "strict", "durability", '"grouped" or "strict"', durability);
  demand(typeof onWarning === "function", "onWarning", "a function", onWarning);
  const amounts = { memory: memory === null ? null : parseSize(memory), gpus, pools: completePools(options.pools, OWN_OPTIONS) };
  return {
    concurrency,
    cpus,
    longestMs,
    isPoolElsewhere,
    ...amounts,
    graceMs: Math.ceil(graceMs),
    patienceMs,
    durability,
    onWarning: (message) => callOut(() => onWarning(message)),
  };
}

/**
 * @param elsewhere the options that say how much there is of pools that can't be among these.
 * @throws AirError `AIR_USAGE`
 */
export function completePools(pools: WrittenPools = {}, elsewhere: Readonly<Record<string, string>> = {}): Resources {
  demandAmounts("pools", pools, checkPool);
  const pool = Object.keys(pools).find((name) => elsewhere[name] !== undefined);
  if (pool !== undefined)
    throw new AirError("AIR_USAGE", `pools: how much ${pool} there is, \`${elsewhere[pool]}\` says: leave it out`);
  return readAmounts(pools);
}

/**
 * @param check what speaks against an amount of a pool; null if nothing.
 * @throws AirError `AIR_USAGE`
 */
export function demandAmounts(
  option: string,
  amounts: WrittenPools,
  check: (pool: string, amount: unknown) => string | null,
): void {
  demand(typeof amounts === "object" && amounts !== null, option, 'an object such as {"licence": 3}', amounts);
  for (const [pool, amount] of Object.entries(amounts)) {
    const fault = check(pool, amount);
    if (fault !== null) throw new AirError("AIR_USAGE", `${option}.${pool}: ${fault}`);
  }
}

/** @throws AirError `AIR_USAGE` for an option that makes no sense, or an owner that is no caller's to give. */
export function completeSubmitOptions(options: SubmitOptions): {
  owner: JobOwner;
  cwd: string;
  isFresh: boolean;
  isOnce: boolean;
} {
  demandKnown(options, ["fresh", "once", "cwd", "owner", "params"]);
  const { owner = "run", once = false, params = {} } = options;
  demand(typeof once === "boolean", "once", "true or false", once);
  demand(!once || options.fresh !== true, "once", "nothing beside fresh", once);
  demand(isParams(params), "params", "an object of texts, numbers or truth values", params);
  demand(owner === "run" || owner === "manager", "owner", '"run" or "manager"', owner);
  return { owner, isOnce: once, ...completePlace(options) };
}

function isParams(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((each) => ["string", "number", "boolean"].includes(typeof each));
}

/** Where tasks run, and whether anew: the same for jobs and maps. */
export function completePlace({ fresh = false, cwd = "." }: SubmitOptions): { cwd: string; isFresh: boolean } {
  demand(typeof fresh === "boolean", "fresh", "true or false", fresh);
  demand(isPath(cwd), "cwd", "the path of a directory", cwd);
  return { cwd: fromHere(cwd), isFresh: fresh };
}

/** The directory of a job, as an absolute path. */
export function completeDir(dir: string): string {
  demand(isPath(dir), "dir", "the path of a directory", dir);
  return directoryFromHere(dir);
}

/** How long a stop may take in which `usual` milliseconds are given unless the caller says another time. */
export function graceOf(options: { readonly graceMs?: number }, usual: number): number {
  demandKnown(options, ["graceMs"]);
  const { graceMs = usual } = options;
  demandTimer("graceMs", graceMs);
  return Math.ceil(graceMs);
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

export function isDuration(value: unknown): value is number {
  return typeof value === "number" && value >= 0;
}

/** What a timer can wait for: for longer Node's doesn't wait at all. */
export function demandTimer(option: string, ms: unknown): void {
  demand(isDuration(ms) && ms <= LONGEST_TIMER_MS, option, `milliseconds from 0 to ${LONGEST_TIMER_MS}`, ms);
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
