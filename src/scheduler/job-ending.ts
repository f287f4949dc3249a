/**
 * How a job will end: the failures so far, the limit on them, and whether the user cancelled it.
 *
 * Told by the plan; knows tasks only by id and never counts what the task table counts.
 */

import type { JobEnded } from "../domain/events.js";
import type { Counts, LoadedJob } from "../domain/job.js";
import { CANCELLED_BY_USER } from "./verdict.js";

export class JobEnding {
  isCancelling: boolean;
  readonly #maxFailures: number;
  #failures = 0;
  #first: { readonly task: string; readonly error: string } | null = null;
  #limitReason: string | null = null;

  constructor(job: LoadedJob) {
    this.isCancelling = job.isCancelling;
    this.#maxFailures = job.settings.maxFailures ?? Infinity;
    const failed: number[] = [];
    for (const [index, { status }] of job.records.entries()) {
      if (status === "failed") {
        failed.push(index);
      }
    }
    const endOf = (index: number): number => job.records[index]!.completedAt ?? 0;
    for (const index of failed.toSorted((a, b) => endOf(a) - endOf(b))) {
      this.noteFailure(job.tasks[index]!.id, job.records[index]!.error ?? "");
    }
  }

  /** The id of the task that failed first; null if none has. */
  get firstFailure(): string | null {
    return this.#first?.task ?? null;
  }

  /** Why nothing more is started; null while the failures are below the limit. */
  get limitReason(): string | null {
    return this.#limitReason;
  }

  noteFailure(task: string, error: string): void {
    this.#failures += 1;
    this.#first ??= { task, error };
    if (this.#failures >= this.#maxFailures) {
      this.#limitReason ??= `the job's failure limit of ${this.#maxFailures} was reached: ${JSON.stringify(task)} failed`;
    }
  }

  /** The last event of the job, once all tasks have ended. */
  event(counts: Counts, at: number): JobEnded {
    if (this.isCancelling) {
      return { type: "job-ended", at, state: "cancelled", error: CANCELLED_BY_USER };
    }
    if (this.#first !== null) {
      const error = `task ${JSON.stringify(this.#first.task)} failed: ${this.#first.error}`;
      return { type: "job-ended", at, state: "failed", error };
    }
    if (counts.cancelled > 0) {
      const error = counts.cancelled === 1 ? "1 task was cancelled" : `${counts.cancelled} tasks were cancelled`;
      return { type: "job-ended", at, state: "failed", error };
    }
    return { type: "job-ended", at, state: "completed", error: null };
  }
}
