/**
 * What happened in a run, told afterwards from its record: each attempt with its wait, and when nobody ran the job. Plain data, for those
 * who explain a run or draw it; nothing that runs tasks reads it. Times are milliseconds since the epoch.
 */

import type { HeldBack } from "./held-back.js";
import type { JobOwner, JobSettings, JobStatus } from "./job.js";
import type { Outcome, Usage } from "./outcome.js";
import type { Resources } from "./resources.js";
import type { RanOn, TaskRecord, TaskSpec, TaskStatus } from "./task.js";

/** An attempt that began. What was handed over and never began is none. */
export interface AttemptHistory {
  /** From 1. */
  readonly attempt: number;
  /** When it could have started if there had been room: what it depends on had ended, its delay was over. */
  readonly readyAt: number;
  readonly startedAt: number;
  /** Null while its end is not on record: it runs, or nobody has looked yet what became of it. */
  readonly endedAt: number | null;
  readonly outcome: Outcome | null;
  /** What the task was when it had ended; `running` until then. */
  readonly status: TaskStatus;
  /** Why it failed, was cancelled or is tried again. */
  readonly error: string | null;
  /** What it was given while it ran. */
  readonly takes: Resources;
  /** Null where it can't be known, and until it has ended. */
  readonly usage: Usage | null;
  /** Where it ran; null for the machine of its engine. */
  readonly ranOn: RanOn | null;
}

export interface TaskHistory {
  readonly spec: TaskSpec;
  readonly record: TaskRecord;
  /** When it came to the job, or was last told to run again. */
  readonly pendingSince: number;
  /** Of a task that is pending: since when, or from when on, it could start if there were room. Null if it waits for dependencies, or is not pending. */
  readonly readyAt: number | null;
  /** All of them, also those before it was told to run again. */
  readonly attempts: readonly AttemptHistory[];
}

/** A time in which nobody ran the job, since an engine had stopped before its end. */
export interface Pause {
  readonly from: number;
  /** Null if it still lasts. */
  readonly to: number | null;
}

export interface RunHistory {
  readonly job: JobStatus;
  readonly owner: JobOwner;
  readonly settings: JobSettings;
  readonly takenAt: number;
  /** How many tasks of one cpu its engine ran at once, of several engines the most; null if that is not on record. */
  readonly slots: number | null;
  /** In the order of the job. */
  readonly tasks: readonly TaskHistory[];
  readonly pauses: readonly Pause[];
  /** What held ready tasks back for a second or more, as it came to an end. */
  readonly holds: readonly HeldBack[];
  /** Why the record ends before what happened does: it is damaged. Null if all of it could be read. */
  readonly damage: string | null;
}
