/** A job and a run of it. */

import type { StopReason } from "./outcome.js";
import type { Resources } from "./resources.js";
import type { SlurmOptions } from "./slurm-options.js";
import type { RanOn, TaskRecord, TaskSpec } from "./task.js";

export type JobState = "waiting" | "working" | "completed" | "failed" | "cancelled";

/** Which kind of engine a job belongs to: a manager takes up dropped jobs and its own, not those of a `run` or `map`. */
export type JobOwner = "run" | "map" | "manager";

/** One execution of a job. Kept byte for byte: another id or another `createdAt` is another run. */
export interface RunIdentity {
  readonly id: string;
  /** As written by whoever created the job; not necessarily in our own format. */
  readonly createdAt: string;
}

/** What holds for the job as a whole, as a job file may say it. */
export interface JobOptions {
  /** How many of the job's tasks may run at once; null for the engine's own limit. */
  readonly concurrency: number | null;
  /** After that many failed tasks nothing more is started and the rest is skipped; null for no limit. */
  readonly maxFailures: number | null;
  /** Pools of its own, of which only its tasks take. */
  readonly pools: Resources;
  /** `merge`: what a task writes to stderr goes into its log, in order; `apart`: into a file beside it. */
  readonly stderr: "merge" | "apart";
  /** Added to the environment of every task, below the task's own `env`. */
  readonly env: Readonly<Record<string, string>>;
  /** What it asks for where it is run on a Slurm cluster; who runs it may say otherwise. */
  readonly slurm: SlurmOptions;
}

/** The same of a job that is on record. */
export interface JobSettings extends JobOptions {
  /** Absolute working directory of tasks that name none. */
  readonly cwd: string;
}

/** A job as a caller describes it: what a job file says. */
export interface JobSpec extends JobOptions {
  /** Null if the file gives none. */
  readonly name: string | null;
  readonly tasks: readonly TaskSpec[];
}

export type Counts = Record<"total" | TaskRecord["status"], number>;

/** The whole of a job at one moment: what `status` shows. */
export interface JobStatus {
  readonly name: string;
  readonly id: string;
  readonly state: JobState;
  readonly createdAt: string;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
  readonly error: string | null;
  readonly counts: Counts;
  readonly firstFailure: string | null;
}

/** How a job ended: what `run` and `finished()` give. */
export interface JobSummary extends JobStatus {
  /** True if the engine was stopped before the job's end: it stays unfinished and can be taken up again. */
  readonly isInterrupted: boolean;
  /** From the start of this engine's part to its end. */
  readonly durationMs: number;
}

/** What a user wants to run again. Without either: everything that failed, was skipped or was cancelled. */
export interface RetryWish {
  /** Only these, which must not have completed, and the skipped ones behind them. */
  readonly tasks?: readonly string[];
  /** This one and everything behind it, also what completed. */
  readonly from?: string;
}

/** Why an attempt is being stopped: the first reason. */
export interface Stopping {
  readonly reason: StopReason;
  /** When it was recorded (milliseconds since the epoch). */
  readonly at: number;
  /** Set if its task was cancelled, for whatever reason it is being stopped: it is not to be made again. */
  readonly isCancelled?: true;
}

/** An attempt that was in flight when its engine died: started on record, no end on record. */
export interface RecordedAttempt {
  readonly task: string;
  /** What its job was called when it was started; absent if that is what it is called. */
  readonly job?: string;
  readonly attempt: number;
  readonly startedAt: number;
  /** As in `attempt-started`. */
  readonly claim: string;
  readonly key: number;
  readonly takes: Resources;
  /** As in `attempt-started`. */
  readonly ranOn?: RanOn | undefined;
  /** True if it waited behind others in its slot, as far as is known. */
  readonly isQueued: boolean;
  /** Set if we were stopping it when we died: it stays stopped, unless it had ended before that was on record. */
  readonly stopping: Stopping | null;
}

/** A job read back from its directory, as the scheduler takes it up. Index i of `records` belongs to `tasks[i]`. */
export interface LoadedJob {
  readonly name: string;
  readonly settings: JobSettings;
  readonly tasks: readonly TaskSpec[];
  readonly records: readonly TaskRecord[];
  readonly inFlight: readonly RecordedAttempt[];
  /** When a task that waits for its next attempt may start; by task id. */
  readonly retryAt: ReadonlyMap<string, number>;
  /** How often a task was lost so far, if at all; by task id. */
  readonly losses: ReadonlyMap<string, number>;
  /** Tasks whose last attempt was lost: the next one gets a runner of its own. */
  readonly apart: ReadonlySet<string>;
  /** Failed attempts that count against `retries`, where there were any; by task id. */
  readonly failures: ReadonlyMap<string, number>;
  /** Tasks skipped although nothing went wrong (an `any_failed` that was not met), and what depends on them. */
  readonly harmless: ReadonlySet<string>;
  /** True if the user cancelled the job and we did not come to the end of it. */
  readonly isCancelling: boolean;
  /** Only of a map: what it was in all. Its tasks come while it runs, and those that have ended are not among `tasks`. */
  readonly map?: { readonly counts: Counts; readonly firstFailure: string | null; readonly firstError: string | null };
}
