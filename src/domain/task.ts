/** A task: what the user asked for (`TaskSpec`) and what became of it (`TaskRecord`). */

import type { Resources } from "./resources.js";

import type { Usage } from "./outcome.js";

export type TaskStatus = "pending" | "running" | "completed" | "failed" | "skipped" | "cancelled";

/** A machine that is not its engine's. */
export interface RanOn {
  readonly node: string;
  /** The job of Slurm that had given the slot, as an array and its element, `17_3`; null if not known. */
  readonly slurmJob: string | null;
}

/** Processes of an attempt that are still there. */
export interface LeftBehind {
  readonly attempt: number;
  readonly processes: number;
  /** True while it is to end and they outlive every KILL; false if it has ended by itself and they were left alone. */
  readonly isStuck: boolean;
}

/** The statuses that a task never leaves by itself. */
export type FinalStatus = Exclude<TaskStatus, "pending" | "running">;

export type TriggerRule = "all_success" | "all_done" | "any_failed";

/** What qualifies a failed attempt for a retry: an exit code, a signal's name (`SIGKILL`), or `timeout`. */
export type RetryCondition = number | string;

/** Stands in an argument for the number of the slot in which the attempt runs, from 1: no two attempts at one time have the same. */
export const SLOT_MARK = "\u0001slot\u0001";

/** True if the task has to have a slot of its own, whose number it is told. */
export function isWithSlot({ args }: Pick<TaskSpec, "args">): boolean {
  return args.some((arg) => arg.includes(SLOT_MARK));
}

/** A task as declared, with every default filled in. Immutable: the scheduler and the store share these objects. */
export interface TaskSpec {
  readonly id: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Ids of the tasks that must end first; without duplicates. */
  readonly dependencies: readonly string[];
  /** Added to the environment of the engine. */
  readonly env: Readonly<Record<string, string>>;
  /** Working directory, relative to the job's; null for the job's. */
  readonly cwd: string | null;
  /** File to read, relative to `cwd`; null for /dev/null. */
  readonly stdin: string | null;
  /** For one attempt; null for none. */
  readonly timeoutMs: number | null;
  /** Further attempts after the first. */
  readonly retries: number;
  readonly retryDelayMs: number;
  /** Factor from one delay to the next; with a factor other than 1 the delays are jittered. */
  readonly retryBackoff: number;
  /** Which failures qualify; null for any. */
  readonly retryOn: readonly RetryCondition[] | null;
  readonly triggerRule: TriggerRule;
  /** Larger first among ready tasks. */
  readonly priority: number;
  /** What it takes of which pools while it runs. */
  readonly resources: Resources;
  /** What happens when an attempt left no result and no process. */
  readonly onLost: "rerun" | "fail";
  /** The id, with its placeholders, of the task of the job file whose matrix it came of; null if of none. */
  readonly matrixOf: string | null;
  /** ISO 8601, as it stands on disk. */
  readonly createdAt: string;
  /** Keys of the task in tasks.json that we don't know: kept as they are. */
  readonly extra: Readonly<Record<string, unknown>>;
}

/** What became of a task so far. Times are milliseconds since the epoch. */
export interface TaskRecord {
  status: TaskStatus;
  /** Attempts started so far; those that never began are not counted. */
  attempts: number;
  /** Start of the last attempt. */
  startedAt: number | null;
  /** End of the task. */
  completedAt: number | null;
  /** Why it failed, was skipped or was cancelled: one sentence. */
  error: string | null;
  exitCode: number | null;
  signal: string | null;
  /** Of the last attempt; null where it can't be known. */
  usage: Usage | null;
  /** Where the last attempt ran; null for the machine of its engine. */
  ranOn: RanOn | null;
  /** What of an attempt was still there when that was last looked at; null for nothing. */
  left: LeftBehind | null;
}

export function isFinal(status: TaskStatus): status is FinalStatus {
  return status !== "pending" && status !== "running";
}
