/** Whether a failed attempt is made again, and when. Pure: time and chance come in as values. */

import type { RetryCondition, TaskSpec } from "../../domain/task.js";

/** Delays grow no longer than this, whatever the backoff. */
const MAX_DELAY_MS = 30 * 24 * 3_600_000;

/**
 * True if a failure of this kind qualifies. Null stands for failures that have no condition's name (the attempt could not be
 * started): they qualify only where any failure does.
 */
export function qualifiesForRetry(task: TaskSpec, condition: RetryCondition | null): boolean {
  return task.retryOn === null || (condition !== null && task.retryOn.includes(condition));
}

/**
 * Milliseconds before the retry of that number (from 1). With a backoff the delays are spread, by a factor from 0.5 to 1, so that
 * tasks that failed together don't come back together.
 */
export function retryDelayMs(task: TaskSpec, retry: number, random: () => number): number {
  const longest = longestRetryDelayMs(task, retry);
  return Math.round(task.retryBackoff === 1 ? longest : longest * (0.5 + random() / 2));
}

/** The same before it is spread. */
export function longestRetryDelayMs(task: TaskSpec, retry: number): number {
  return task.retryDelayMs === 0 ? 0 : Math.min(task.retryDelayMs * task.retryBackoff ** (retry - 1), MAX_DELAY_MS);
}
