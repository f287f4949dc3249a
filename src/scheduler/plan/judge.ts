/**
 * What the outcome of an attempt means for its task: done, failed for good, or another attempt, and the sentence that says why.
 *
 * Pure. It knows one task at a time: no graph, no job.
 */

import { impossible } from "../../domain/errors.js";
import type { Outcome } from "../../domain/outcome.js";
import type { RetryCondition, TaskSpec } from "../../domain/task.js";
import { qualifiesForRetry, retryDelayMs } from "./retry.js";

/** How often a task is started again after it was lost, apart from its retries. */
const MAX_LOSSES = 3;

export interface Ruling {
  /** The task's status from now on; `pending`: another attempt. */
  readonly status: "pending" | "completed" | "failed" | "cancelled";
  /** Why; null when it completed. */
  readonly error: string | null;
  /** For `pending`: how long it has to wait first. */
  readonly delayMs: number;
  /** True if the attempt counts against `retries`. */
  readonly isFailure: boolean;
  /** True if the attempt counts as lost. */
  readonly isLoss: boolean;
}

/** What happened to the task before this attempt. */
export interface TaskHistory {
  /** Attempts that failed and count against `retries`. */
  readonly failures: number;
  /** Attempts that were lost. */
  readonly losses: number;
  /** False if failures are final, whatever `retries` says. */
  readonly mayRetry: boolean;
}

export const CANCELLED_BY_USER = "cancelled by the user";

const COMPLETED: Ruling = { status: "completed", error: null, delayMs: 0, isFailure: false, isLoss: false };
export const CANCELLED: Ruling = { status: "cancelled", error: CANCELLED_BY_USER, delayMs: 0, isFailure: false, isLoss: false };

export function judge(task: TaskSpec, outcome: Outcome, history: TaskHistory, random: () => number): Ruling {
  if (outcome.stopped === "cancel") {
    return CANCELLED;
  }
  if (outcome.kind === "not-begun") {
    return again(outcome.message);
  }
  if (outcome.stopped === "interrupt") {
    return again("interrupted");
  }
  if (outcome.stopped === "timeout") {
    return failure("timeout", `timed out after ${(task.timeoutMs ?? 0) / 1000} s`);
  }
  switch (outcome.kind) {
    case "exited":
      return outcome.exitCode === 0 ? COMPLETED : failure(outcome.exitCode, `exit code ${outcome.exitCode}${causeOf(outcome)}`);
    case "signaled":
      return failure(outcome.signal, `killed by ${outcome.signal}${causeOf(outcome)}`);
    case "spawn-failed":
      return failure(null, outcome.message);
    case "lost": {
      // Of several that were lost together one may have ended their runner: it shows when each is made again in a runner of its own.
      const isLoss = outcome.others === undefined;
      const isFinal = task.onLost === "fail" || (isLoss && history.losses >= MAX_LOSSES);
      const status = isFinal ? "failed" : "pending";
      return { status, error: `lost: ${outcome.message}`, delayMs: 0, isFailure: false, isLoss };
    }
    default:
      return impossible(outcome);
  }

  function failure(condition: RetryCondition | null, error: string): Ruling {
    const retry = history.failures + 1;
    if (!history.mayRetry || retry > task.retries || !qualifiesForRetry(task, condition)) {
      return { status: "failed", error, delayMs: 0, isFailure: true, isLoss: false };
    }
    return { status: "pending", error, delayMs: retryDelayMs(task, retry, random), isFailure: true, isLoss: false };
  }
}

function causeOf({ isOutOfMemory }: { readonly isOutOfMemory?: true }): string {
  return isOutOfMemory === true ? " (out of memory)" : "";
}

function again(error: string): Ruling {
  return { status: "pending", error, delayMs: 0, isFailure: false, isLoss: false };
}
