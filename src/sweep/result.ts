/**
 * What a bench gives, and what its file holds: every run raw, and what was made of them. One shape for the library, for `--json` and for
 * the file, in the words of the file. docs/bench.md describes it. Any change that an older reader would misread raises `version`.
 */

import type { ParamValue } from "./points.js";

export const RESULT_FORMAT = "air-executor-bench";
export const RESULT_VERSION = 1;

/** A median, and where the true one is 19 times out of 20; null where that can't be told. Milliseconds, unless it says otherwise. */
export interface Figure {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** What a run comes to. Milliseconds; memory in KiB; null where it is not known. */
export interface RunFigures {
  readonly tasks: number;
  /** From handing the job in until all of it was on record. */
  readonly wall_ms: number;
  /** The same without our own part: what the tasks and their dependencies need on so many slots. */
  readonly pipeline_ms: number;
  /** Our own part: on the critical path a task could have run, a slot was free, and it did not; before the first and after the last. */
  readonly own_ms: number;
  /** All tasks together. */
  readonly work_ms: number;
  /** What no number of slots could beat. */
  readonly longest_chain_ms: number;
  /** So many tasks were ready or running at once. */
  readonly widest: number;
  /** Of the tasks, with all that they started. */
  readonly cpu_ms: number | null;
  /** What all that ran at once took at its peaks: the most that can have been. */
  readonly memory_kb: number | null;
  /** Along the critical path; with `own_ms` it adds up to `wall_ms`. */
  readonly path: {
    /** Before the first of it had come to the job: a task may add others. Missing in results of before 2026-12. */
    readonly before_ms?: number;
    readonly run_ms: number;
    readonly slot_wait_ms: number;
    readonly limit_ms: number;
    readonly delay_ms: number;
    readonly own_ms: number;
    /** How many tasks are on it; `tasks` holds the 50 that took longest, in order. */
    readonly length: number;
    readonly tasks: readonly { readonly id: string; readonly wait_ms: number; readonly run_ms: number }[];
  };
  /** Of all slots together; the others add up to `total_ms`. */
  readonly slots: {
    readonly total_ms: number;
    readonly work_ms: number;
    readonly serial_ms: number;
    readonly narrow_ms: number;
    readonly stragglers_ms: number;
    readonly delays_ms: number;
    readonly limits_ms: number;
    readonly own_ms: number;
  };
}

export interface BenchRun {
  /** Index of its point. */
  readonly point: number;
  /** From 1; those of warm-ups are 0 and less. */
  readonly round: number;
  readonly warmup: boolean;
  readonly started_at: string;
  /** Its directory of jobs, from the directory of the bench. */
  readonly dir: string;
  readonly outcome: "completed" | "failed";
  /** Why it failed. */
  readonly error: string | null;
  /** CPU time of this process meanwhile. */
  readonly own_cpu_ms: number;
  /** Null if it failed: what a failing run takes says nothing of a good one. */
  readonly figures: RunFigures | null;
}

export interface PointResult {
  readonly concurrency: number;
  readonly params: Readonly<Record<string, ParamValue>>;
  /** In a few words: `4 shards, 2 at a time`. */
  readonly label: string;
  /** Runs that count, and those that failed. */
  readonly runs: number;
  readonly failed: number;
  /** Null without a good run; so are those below. */
  readonly wall: Figure | null;
  readonly pipeline: Figure | null;
  readonly own: Figure | null;
  /** How many times as fast as the baseline. No unit. */
  readonly speed_up: Figure | null;
  readonly verdict: Verdict | null;
  /** The speed-up by how many times as many slots it took, 1 is ideal. */
  readonly efficiency: number | null;
  readonly cpu: Figure | null;
  readonly own_cpu: Figure | null;
  /** KiB. */
  readonly memory: Figure | null;
  /** Indices into `runs` of those that stand apart. */
  readonly outliers: readonly number[];
  /** Index into `runs` of the run in the middle: the one to look at. */
  readonly typical: number | null;
}

/** Against the baseline, or an earlier result. `same`: no difference was found. */
export type Verdict = "faster" | "slower" | "same" | "too-few";

export interface ScalingResult {
  /** What varies: `concurrency` or the name of a param. */
  readonly axis: string;
  /** The points, and tasks side by side at each. */
  readonly points: readonly number[];
  readonly parallelism: readonly number[];
  readonly amdahl: { readonly serial_share: Figure; readonly max_speed_up: number | null; readonly misfit: number } | null;
  readonly usl: {
    readonly contention: Figure;
    readonly coherence: Figure;
    readonly peak: number | null;
    readonly misfit: number;
  } | null;
}

export interface Knee {
  /** Index of the point. */
  readonly point: number;
  readonly speed_up: Figure | null;
  /** How many times the CPU of the baseline; null if it is not known. */
  readonly cpu_factor: number | null;
  readonly text: string;
}

export interface BenchResult {
  readonly format: typeof RESULT_FORMAT;
  readonly version: typeof RESULT_VERSION;
  readonly id: string;
  readonly name: string;
  readonly created_at: string;
  /** Where its runs are. */
  readonly dir: string;
  readonly machine: {
    readonly cores: number;
    readonly cpu: string;
    readonly memory_mb: number;
    readonly system: string;
    readonly node: string;
    /** Processes that wanted to run in the minute before, ours not among them. */
    readonly load: number;
  };
  readonly plan: {
    readonly concurrency: readonly number[];
    readonly params: Readonly<Record<string, readonly ParamValue[]>>;
    readonly repeat: number;
    readonly warmup: number;
    readonly budget_s: number | null;
    readonly prepare: string | null;
    readonly cleanup: string | null;
    readonly seed: number;
  };
  /** `stopped`: by a signal or a call, before its plan was through. */
  readonly ended: "complete" | "budget" | "stopped";
  readonly runs: readonly BenchRun[];
  readonly points: readonly PointResult[];
  /** Index of the point to which speed-ups refer; null without a good run. */
  readonly baseline: number | null;
  readonly fastest: number | null;
  readonly knee: Knee | null;
  readonly scaling: readonly ScalingResult[];
  /** What a reader should know before relying on it, a sentence each. */
  readonly warnings: readonly string[];
}
