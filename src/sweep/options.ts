/** What a caller of `bench` may choose, with the defaults and the checks. Pure. */

import { availableParallelism } from "node:os";
import { inspect } from "node:util";
import { AirError } from "../domain/errors.js";
import { countPoints, type ParamValue, type Sweep } from "./points.js";
import type { BenchResult, BenchRun } from "./result.js";
import { isObject } from "../store/text/describe.js";
import { suggest } from "../store/text/suggest.js";

export interface BenchOptions {
  /** Default: the job's name, else `bench`. */
  readonly name?: string;
  /** How many tasks at once, each value in turn. Default: the number of cores; if no param is swept either, 1, 2, 4 … up to that. */
  readonly concurrency?: readonly number[];
  /** Values of params of the job, each combination in turn. Default: none. */
  readonly params?: Readonly<Record<string, readonly ParamValue[]>>;
  /** Runs of each point that count. Default: 5; under a budget 100, as the most of each. */
  readonly repeat?: number;
  /** Runs of each point ahead of those, which don't count. Default: 1. */
  readonly warmup?: number;
  /** Bounds the whole, in milliseconds, and spends it where the answer is least certain. Default: none. */
  readonly budgetMs?: number;
  /** A shell command before each run, untimed. It finds the point in `BENCH_concurrency` and `BENCH_<param>`. Default: none. */
  readonly prepare?: string;
  /** Likewise after each run, also a failed one. */
  readonly cleanup?: string;
  /** Of the order of runs and of the intervals. Default: 1. */
  readonly seed?: number;
  /** Where tasks run that name no directory. Default: the current one. */
  readonly cwd?: string;
  /** True to make more than 1,000 runs. Default: false. */
  readonly many?: boolean;
  /** Told of each run before it begins and when it is over. What it throws ends the bench. */
  readonly onProgress?: (progress: BenchProgress) => void;
}

export interface BenchProgress {
  /** The run that begins; null if one has ended. */
  readonly begins: string | null;
  /** The run that has ended, and its point in words. */
  readonly ended: { readonly run: BenchRun; readonly label: string } | null;
  /** Runs made so far, warm-ups among them, and how many are left; null under a budget. */
  readonly made: number;
  readonly left: number | null;
  readonly elapsedMs: number;
}

export type Plan = BenchResult["plan"];

const KNOWN: readonly (keyof BenchOptions)[] = [
  "name",
  "concurrency",
  "params",
  "repeat",
  "warmup",
  "budgetMs",
  "prepare",
  "cleanup",
  "seed",
  "cwd",
  "many",
  "onProgress",
];

const MOST_AT_ONCE = 100_000;
const MOST_RUNS = 1_000;
const [REPEAT, REPEAT_IN_BUDGET] = [5, 100];

/** @throws AirError `AIR_USAGE` for an option that makes no sense, and for a sweep of no runs, or of very many that nobody asked for. */
export function completePlan(options: BenchOptions): Plan {
  demand(isObject(options), "options", "an object", options);
  for (const key of Object.keys(options)) {
    if ((KNOWN as readonly string[]).includes(key)) continue;
    const nearest = suggest(key, KNOWN);
    throw usage(
      `${key}: there is no such option: ${nearest === null ? `expected ${KNOWN.join(", ")}` : `did you mean ${nearest}?`}`,
    );
  }
  const { params = {}, budgetMs = null, prepare = null, cleanup = null, warmup = 1, seed = 1, many = false } = options;
  const { concurrency = defaultConcurrency(params), repeat = budgetMs === null ? REPEAT : REPEAT_IN_BUDGET } = options;
  demandList("concurrency", concurrency, (value) => isCount(value, 1, MOST_AT_ONCE), `whole numbers from 1 to ${MOST_AT_ONCE}`);
  for (const [name, values] of Object.entries(params)) {
    demandList(`params.${name}`, values, isParam, "texts, numbers or truth values");
  }
  demand(isCount(repeat, 1, 100_000), "repeat", "a whole number of at least 1", repeat);
  demand(isCount(warmup, 0, 1_000), "warmup", "a whole number from 0 to 1000", warmup);
  demand(budgetMs === null || (Number.isFinite(budgetMs) && budgetMs > 0), "budgetMs", "milliseconds above 0", budgetMs);
  demand(isCount(seed, 0, 2 ** 32 - 1), "seed", "a whole number from 0 to 4294967295", seed);
  demandFew({ concurrency, params }, repeat + warmup, budgetMs !== null || many);
  return { concurrency, params, repeat, warmup, budget_s: budgetMs === null ? null : budgetMs / 1000, prepare, cleanup, seed };
}

/** 1, 2, 4 … and the number of cores. */
function defaultConcurrency(params: Sweep["params"]): number[] {
  const cores = availableParallelism();
  if (Object.keys(params).length > 0) return [cores];
  const powers = Array.from({ length: 17 }, (_, power) => 2 ** power).filter((value) => value < cores);
  return [...powers, cores];
}

function demandFew(sweep: Sweep, runsOfEach: number, isAskedFor: boolean): void {
  const points = countPoints(sweep);
  const runs = points * runsOfEach;
  if (runs <= MOST_RUNS || isAskedFor) return;
  throw usage(
    `${points} points × ${runsOfEach} runs are ${runs} runs, more than ${MOST_RUNS}: ` +
      "bound the time with a budget (--budget SECONDS), or say that you want them all (--yes)",
  );
}

function demandList(option: string, values: unknown, isRight: (value: unknown) => boolean, expected: string): void {
  if (!Array.isArray(values) || values.length === 0)
    throw usage(`${option}: expected a list of ${expected}, got ${inspect(values)}`);
  const wrong = values.find((value) => !isRight(value));
  if (wrong !== undefined) throw usage(`${option}: expected ${expected}, got ${inspect(wrong)}`);
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  if (twice !== undefined) throw usage(`${option}: ${inspect(twice)} is there twice`);
}

function isParam(value: unknown): value is ParamValue {
  return typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));
}

function isCount(value: unknown, low: number, high: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= low && (value as number) <= high;
}

function demand(isMet: boolean, option: string, expected: string, value: unknown): void {
  if (!isMet) throw usage(`${option}: expected ${expected}, got ${inspect(value)}`);
}

function usage(message: string): AirError {
  return new AirError("AIR_USAGE", message);
}
