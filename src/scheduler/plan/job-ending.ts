/**
 * How a job will end: the failures so far, the limit on them, and whether the user cancelled it.
 *
 * Told by the plan; knows tasks only by id and never counts what the task table counts. Of a map it remembers only the first failure.
 */

import type { JobEnded } from "../../domain/events.js";
import type { Counts, LoadedJob } from "../../domain/job.js";
import { CANCELLED_BY_USER } from "./judge.js";

export class JobEnding {
  isCancelling: boolean;
  readonly #maxFailures: number;
  /** Why each of the tasks that failed did, by id, the first to fail in front; null if nothing is on record. */
  readonly #failures = new Map<string, string | null>();
  readonly #isMap: boolean;
  /** How many have failed. */
  #failed = 0;
  #limitReason: string | null = null;

  constructor(job: LoadedJob) {
    this.isCancelling = job.isCancelling;
    this.#maxFailures = job.settings.maxFailures ?? Infinity;
    this.#isMap = job.map !== undefined;
    if (job.map !== undefined && job.map.firstFailure !== null) {
      this.#failures.set(job.map.firstFailure, job.map.firstError);
      this.#failed = job.map.counts.failed;
      this.#limitAt(job.map.firstFailure);
    }
    const failed: number[] = [];
    for (const [index, { status }] of job.records.entries()) {
      if (status === "failed") {
        failed.push(index);
      }
    }
    const endOf = (index: number): number => job.records[index]!.completedAt ?? 0;
    for (const index of failed.toSorted((a, b) => endOf(a) - endOf(b))) {
      this.noteFailure(job.tasks[index]!.id, job.records[index]!.error);
    }
  }

  /** The id of the task that failed first; null if none has. */
  get firstFailure(): string | null {
    const [first = null] = this.#failures.keys();
    return first;
  }

  /** Why nothing more is started; null while the failures are below the limit. */
  get limitReason(): string | null {
    return this.#limitReason;
  }

  noteFailure(task: string, error: string | null): void {
    if (!this.#isMap || this.#failures.size === 0) {
      this.#failures.set(task, error);
    }
    this.#failed += 1;
    this.#limitAt(task);
  }

  /** Tasks run again: what they did before doesn't count any more. */
  forget(tasks: readonly string[]): void {
    this.#failed -= tasks.filter((task) => this.#failures.delete(task)).length;
    if (this.#failed < this.#maxFailures) {
      this.#limitReason = null;
    }
  }

  /** The last event of the job, once all tasks have ended. */
  event(counts: Counts, at: number): JobEnded {
    if (this.isCancelling) {
      return { type: "job-ended", at, state: "cancelled", error: CANCELLED_BY_USER };
    }
    const [first] = this.#failures;
    if (first !== undefined) {
      const [task, reason] = first;
      const error = `task ${JSON.stringify(task)} failed${reason === null ? "" : `: ${reason}`}`;
      return { type: "job-ended", at, state: "failed", error };
    }
    if (counts.cancelled > 0) {
      const error = counts.cancelled === 1 ? "1 task was cancelled" : `${counts.cancelled} tasks were cancelled`;
      return { type: "job-ended", at, state: "failed", error };
    }
    return { type: "job-ended", at, state: "completed", error: null };
  }

  #limitAt(task: string): void {
    if (this.#failed >= this.#maxFailures) {
      this.#limitReason ??= `the job's failure limit of ${this.#maxFailures} was reached: ${JSON.stringify(task)} failed`;
    }
  }
}
