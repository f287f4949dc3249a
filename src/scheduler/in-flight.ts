/**
 * The attempts in flight, of all jobs, by key, and when each of them times out.
 *
 * As many entries as attempts run: what runs is looked at one by one, what waits never is.
 */

import type { Outcome, StopReason } from "../domain/outcome.js";
import type { Report } from "../domain/ports.js";
import type { Holding } from "./admission/queue.js";
import { Deadlines } from "./deadlines.js";
import type { JobRun } from "./job-run.js";
import type { Line } from "./line.js";

/** Attempts that were handed together to one slot with a queue of its own, to run one after another. */
export interface Batch {
  readonly job: JobRun;
  /** When it was handed over, in monotonic milliseconds. */
  readonly handedAt: number;
  /** How many of them the slot has run, or will. */
  size: number;
  /** Those that have not been reported, in order. */
  readonly left: Attempt[];
  /** True if some were taken back before they began. */
  isBroken: boolean;
}

export interface Attempt {
  readonly key: number;
  readonly job: JobRun;
  /** The task's number in the job. */
  readonly task: number;
  /** Why it is being stopped; null if it is not. The first reason stays. */
  reason: StopReason | null;
  /** True if it is on record that its task was cancelled. */
  isCancelled: boolean;
  /** True if an earlier engine started it. */
  readonly isAdopted: boolean;
  /** When an earlier engine put on record that it stops it (milliseconds since the epoch): whether that reached it can't be known. */
  readonly stoppedBeforeAt: number | null;
  /** Of its timeout in `Deadlines`; null if it has none. */
  ticket: number | null;
  /** Null if it is adopted, or in the line. */
  readonly batch: Batch | null;
  /** Where it is if the runner has one queue. */
  readonly line: Line<Attempt> | null;
  /** When it was handed over, in monotonic milliseconds. */
  readonly handedAt: number;
  /** True if it was handed over ahead of a free slot, by whichever engine, and that it began is still to be recorded. */
  isAhead: boolean;
  /** True while it waits behind others, as far as is known. */
  isQueued: boolean;
  /** What it takes; null while it waits, and then it takes nothing. */
  holding: Holding | null;
  /** Numbers of the GPUs that it was given here; what an earlier engine gave is not ours to give back. */
  readonly gpus: readonly number[];
}

export class InFlight {
  readonly #attempts = new Map<number, Attempt>();
  readonly #timeouts = new Deadlines<Attempt>();
  #queued = 0;

  /** How many run: those that wait behind others in their slots don't count. */
  get running(): number {
    return this.#attempts.size - this.#queued;
  }

  /** Monotonic milliseconds of the next timeout; null if there is none. */
  get nextTimeout(): number | null {
    return this.#timeouts.next;
  }

  /** Adds an attempt that times out at that moment, in monotonic milliseconds; null for never. */
  add(attempt: Attempt, timeoutAt: number | null): void {
    this.#attempts.set(attempt.key, attempt);
    attempt.line?.enter(attempt);
    if (attempt.isQueued) {
      this.#queued += 1;
      attempt.job.queued += 1;
    }
    if (timeoutAt !== null) {
      attempt.ticket = this.#timeouts.add(timeoutAt, attempt);
    }
  }

  /** It waits no longer behind others. */
  begin(attempt: Attempt, timeoutAt: number | null): void {
    this.#leaveQueue(attempt);
    attempt.line?.begin(attempt);
    if (timeoutAt !== null) {
      attempt.ticket = this.#timeouts.add(timeoutAt, attempt);
    }
  }

  /** Undefined if it is over. */
  get(key: number): Attempt | undefined {
    return this.#attempts.get(key);
  }

  /** The attempt of a report. */
  find({ key }: Report): Attempt {
    const attempt = this.#attempts.get(key);
    if (attempt === undefined) {
      throw new Error(`Internal error: a report for attempt ${key}, which is not in flight`);
    }
    return attempt;
  }

  /** Takes out the attempt of a report. */
  take(report: Report): Attempt {
    const attempt = this.find(report);
    const { key, isHandedBack } = report;
    this.#attempts.delete(key);
    this.#leaveQueue(attempt);
    this.forgetTimeout(attempt);
    const { batch, line } = attempt;
    line?.leave(attempt);
    if (batch !== null) {
      batch.left.splice(batch.left.indexOf(attempt), 1);
      if (isHandedBack) {
        batch.isBroken = true;
        batch.size -= 1;
      }
    }
    return attempt;
  }

  forgetTimeout(attempt: Attempt): void {
    if (attempt.ticket !== null) {
      this.#timeouts.remove(attempt.ticket);
      attempt.ticket = null;
    }
  }

  /** The next attempt whose time is over; undefined if there is none. It stays in flight. */
  takeTimedOut(now: number): Attempt | undefined {
    const attempt = this.#timeouts.takeDue(now);
    if (attempt !== undefined) {
      attempt.ticket = null;
    }
    return attempt;
  }

  #leaveQueue(attempt: Attempt): void {
    if (attempt.isQueued) {
      attempt.isQueued = false;
      this.#queued -= 1;
      attempt.job.queued -= 1;
    }
  }

  /** All attempts, or those of one job. */
  *all(job?: JobRun): Iterable<Attempt> {
    for (const attempt of this.#attempts.values()) {
      if (job === undefined || attempt.job === job) {
        yield attempt;
      }
    }
  }
}

/** What a report means for its attempt, together with the stop if that is what ended it. */
export function outcomeOf(attempt: Attempt, report: Report): Outcome {
  const stopped = stopThatEnded(attempt, report);
  return stopped === null ? report.result : { ...report.result, stopped };
}

/**
 * The reason that explains how an attempt ended; null if its result does. A stop explains it if it reached it, or may have. What was to
 * be cancelled or interrupted and did not complete before is just that, however it ended: others may have signalled it, too.
 */
function stopThatEnded(attempt: Attempt, report: Report): StopReason | null {
  // The runner keeps the limit, and was faster than any stop.
  if (report.hasTimedOut === true) return "timeout";
  const hasCompleted = report.result.kind === "exited" && report.result.exitCode === 0;
  const wasInTime = attempt.stoppedBeforeAt !== null && report.at >= attempt.stoppedBeforeAt;
  const explains = report.wasStopped || wasInTime || (attempt.reason !== "timeout" && !hasCompleted);
  return explains ? attempt.reason : null;
}
