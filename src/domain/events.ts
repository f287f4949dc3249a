/**
 * The closed list of what can happen to a job. Journal lines, progress, the library's events and the tests all speak these.
 *
 * An event is a fact in the past tense. `at` is milliseconds since the epoch. Tasks are named by id. What an event does to the picture
 * of a job is defined in one place, store/picture/picture.ts, for the running engine and for recovery alike.
 */

import type { HeldBack } from "./held-back.js";
import type { AttemptHistory, Pause } from "./history.js";
import type { JobOwner, JobSettings, JobState, RunIdentity } from "./job.js";
import type { Resources } from "./resources.js";
import type { Outcome, StopReason, Usage } from "./outcome.js";
import type { RanOn, TaskRecord, TaskSpec, TaskStatus } from "./task.js";

/** The job was read, checked and accepted. The first event of every journal. */
export interface JobTaken {
  readonly type: "job-taken";
  readonly at: number;
  readonly name: string;
  readonly run: RunIdentity;
  readonly owner: JobOwner;
  readonly settings: JobSettings;
  /** Keys of state.json that we don't know: kept as they are. */
  readonly extra: Readonly<Record<string, unknown>>;
  /** Tells the tasks.json from which it was taken in; null if from none. Absent in journals that an older version began. */
  readonly tasksFile?: string | null;
}

/**
 * Tasks entered the job: at its beginning (in several events if there are many) and whenever it grows. A job that had ended goes on.
 */
export interface TasksAdded {
  readonly type: "tasks-added";
  readonly at: number;
  readonly tasks: readonly TaskSpec[];
}

/** What became of tasks before this journal begins: taken over from the files of another program, or from a journal that was compacted. */
export interface RecordsRestored {
  readonly type: "records-restored";
  readonly at: number;
  readonly records: readonly (readonly [task: string, record: TaskRecord])[];
}

/** What became of the job before this journal begins, likewise. */
export interface JobRestored {
  readonly type: "job-restored";
  readonly at: number;
  readonly state: JobState;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
  readonly error: string | null;
  readonly firstFailure: string | null;
  readonly initialTasks: number;
}

/** What is only looked back at, of a run whose journal was compacted: attempts that the records of their tasks don't tell of, and times. */
export interface HistoryRestored {
  readonly type: "history-restored";
  readonly at: number;
  /** Since when tasks were pending, in the order of the job: from one moment on so many of them. */
  readonly pendingSince: readonly (readonly [at: number, tasks: number])[];
  readonly pauses: readonly Pause[];
  readonly attempts: readonly (readonly [task: string, attempts: readonly AttemptHistory[]])[];
}

/** An unfinished run goes on with another job file: what holds for the job as a whole from now on. */
export interface SettingsChanged {
  readonly type: "settings-changed";
  readonly at: number;
  readonly settings: JobSettings;
}

/** An engine runs the job from now on, as far as it was not over: the first one, or whoever goes on with it. */
export interface JobTakenUp {
  readonly type: "job-taken-up";
  readonly at: number;
  /** How many tasks of one cpu it runs at once, those of other jobs included. */
  readonly slots: number;
  /** What its directory is called, if the journal has another name so far: it was renamed or copied. What is in flight is that job's. */
  readonly name?: string;
}

/** An attempt is about to start. On disk before the runner hears of it. */
export interface AttemptStarted {
  readonly type: "attempt-started";
  readonly at: number;
  readonly task: string;
  /** From 1. */
  readonly attempt: number;
  /** Names, for the runner that runs it, where it records what becomes of it; and the number under which it does. */
  readonly claim: string;
  readonly key: number;
  /** What it takes while it runs; absent if that is one cpu. */
  readonly takes?: Resources;
  /** Numbers of the GPUs that it has; absent for none. */
  readonly gpus?: readonly number[];
  /** Where it runs; absent for the machine of its engine. */
  readonly ranOn?: RanOn;
  /** Set if it was handed to its slot together with others and waits behind them: the task stays pending until it begins or ends. */
  readonly queued?: true;
}

/** An attempt that waited behind others in its slot runs now. Not told of the many that end before anybody could be told. */
export interface AttemptBegun {
  readonly type: "attempt-begun";
  readonly at: number;
  readonly task: string;
  readonly attempt: number;
}

/** We are about to end an attempt. On disk before the first signal, so that a crash in between completes the stop. */
export interface AttemptStopping {
  readonly type: "attempt-stopping";
  readonly at: number;
  readonly task: string;
  readonly attempt: number;
  readonly reason: StopReason;
}

/** An attempt ended, and with it, unless `status` is `pending`, its task. */
export interface AttemptEnded {
  readonly type: "attempt-ended";
  readonly at: number;
  readonly task: string;
  readonly attempt: number;
  readonly outcome: Outcome;
  /** When it began, as its runner saw it; absent if that is not known. */
  readonly begunAt?: number;
  /** Absent if it is not known. */
  readonly usage?: Usage;
  /** The task's status from now on. `pending`: another attempt will be made. */
  readonly status: Exclude<TaskStatus, "running" | "skipped">;
  /** Why it failed or was cancelled, or why it is tried again; null when it completed. */
  readonly error: string | null;
  /** When the next attempt may start, if it has to wait. */
  readonly retryAt: number | null;
}

/**
 * Processes of an attempt are still there: it has ended by itself, perhaps a moment ago, and they are left alone; or, `isStuck`, it is to end
 * and they can't be ended. So many there were when that was seen: when they end nobody hears of it.
 */
export interface AttemptOutlived {
  readonly type: "attempt-outlived";
  readonly at: number;
  readonly task: string;
  readonly attempt: number;
  readonly processes: number;
  readonly isStuck?: true;
}

/** A task ended without an attempt: its trigger rule can't be met, the job's failure limit was reached, or the user cancelled it. */
export interface TaskEnded {
  readonly type: "task-ended";
  readonly at: number;
  readonly task: string;
  readonly status: "skipped" | "cancelled";
  readonly error: string;
  /** True if it was skipped although nothing went wrong (an `any_failed` that was not met, and what depends on it). */
  readonly isHarmless: boolean;
}

/** The user has ended tasks run again: they are pending, with fresh budgets. A job that had ended goes on. */
export interface TasksReset {
  readonly type: "tasks-reset";
  readonly at: number;
  readonly tasks: readonly string[];
  /** Those of them that the user has changed meanwhile, as they are from now on. */
  readonly edited: readonly TaskSpec[];
}

/** Somebody wrote into tasks.json what an unfinished job doesn't follow: changes of tasks that it has, or new ones that are faulty. */
export interface EditsIgnored {
  readonly type: "edits-ignored";
  readonly at: number;
  /** Changed tasks as they would be: a retry of theirs takes that up. */
  readonly edited: readonly TaskSpec[];
  /** One sentence each. */
  readonly notes: readonly string[];
}

/** The user cancelled the job: on disk before anything is stopped. */
export interface JobCancelling {
  readonly type: "job-cancelling";
  readonly at: number;
}

/** The engine stops before the job's end: unfinished, to be taken up again. */
export interface JobInterrupted {
  readonly type: "job-interrupted";
  readonly at: number;
}

/** Every task has ended. The last event of a run, unless tasks are added or reset later. */
export interface JobEnded {
  readonly type: "job-ended";
  readonly at: number;
  readonly state: Exclude<JobState, "waiting" | "working">;
  readonly error: string | null;
}

export type JobEvent =
  | JobTaken
  | TasksAdded
  | RecordsRestored
  | JobRestored
  | HistoryRestored
  | SettingsChanged
  | JobTakenUp
  | AttemptStarted
  | AttemptBegun
  | AttemptStopping
  | AttemptEnded
  | AttemptOutlived
  | HeldBack
  | TaskEnded
  | TasksReset
  | EditsIgnored
  | JobCancelling
  | JobInterrupted
  | JobEnded;
