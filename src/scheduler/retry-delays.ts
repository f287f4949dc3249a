/**
 * The tasks, of all jobs, whose next attempt has to wait, and until when.
 *
 * In monotonic time; the record knows the same moments in wall time, which may jump.
 */

import type { Clock } from "../domain/ports.js";
import { Deadlines } from "./deadlines.js";
import type { JobRun } from "./job-run.js";
import { longestRetryDelayMs } from "./plan/retry.js";

export class RetryDelays {
  readonly #clock: Clock;
  readonly #ends = new Deadlines<{ readonly job: JobRun; readonly task: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Monotonic milliseconds of the next end of a delay; null if there is none. */
  get next(): number | null {
    return this.#ends.next;
  }

  add(job: JobRun, task: number, delayMs: number): void {
    // Of an attempt before the task was cancelled and reset.
    const earlier = job.delays.get(task);
    if (earlier !== undefined) {
      this.#ends.remove(earlier);
    }
    job.delays.set(task, this.#ends.add(this.#clock.monotonic() + delayMs, { job, task }));
  }

  /** Takes over the delays of a recovered job: wall time by task id. No delay gets longer than it was meant to be. */
  restore(job: JobRun, retryAt: ReadonlyMap<string, number>): void {
    const now = this.#clock.now();
    for (const [id, at] of retryAt) {
      const task = job.plan.indexOf(id);
      const longestMs = longestRetryDelayMs(job.plan.taskAt(task), job.plan.failuresOf(task));
      if (at <= now) {
        job.plan.endDelay(task);
      } else {
        this.add(job, task, Math.min(at - now, longestMs));
      }
    }
  }

  /** Tells the plan of the next task whose delay is over; gives its job, or undefined if no delay is over. */
  endNext(now: number): JobRun | undefined {
    const due = this.#ends.takeDue(now);
    if (due === undefined) {
      return undefined;
    }
    due.job.delays.delete(due.task);
    due.job.plan.endDelay(due.task);
    return due.job;
  }

  /** The job is over. */
  forget(job: JobRun): void {
    for (const ticket of job.delays.values()) {
      this.#ends.remove(ticket);
    }
    job.delays.clear();
  }
}
