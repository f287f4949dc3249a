/**
 * What the time of a run went to: from the task that ended last back to the beginning, always to the dependency that was waited for
 * longest. Nothing could have ended sooner without a task on this path waiting or running for less. Pure.
 */

import type { AttemptHistory, RunHistory, TaskHistory } from "../domain/history.js";

/** A task on the path. Times are milliseconds since the epoch; what it took from `readyAt` to `endedAt` is `waitMs` and `runMs` together. */
export interface PathTask {
  readonly id: string;
  /** When all that it depends on had ended, or when it came to the job if that was later. */
  readonly readyAt: number;
  /** Start of its first attempt; null if it had none, that is if it was skipped or cancelled. */
  readonly startedAt: number | null;
  /** Null if it has not ended. */
  readonly endedAt: number | null;
  /** In which it could have run and did not: for want of room, between attempts, or since nobody ran the job. */
  readonly waitMs: number;
  /** The part of that in which a further attempt was not to begin yet. */
  readonly delayMs: number;
  /** All its attempts together. */
  readonly runMs: number;
  readonly attempts: number;
}

/**
 * In the order of time; empty if nothing has begun. Of an unfinished run the path leads to the task that began last of those that run.
 *
 * @param nowMs counts as the end of what runs or waits.
 */
export function criticalPath({ tasks }: Pick<RunHistory, "tasks">, nowMs: number): PathTask[] {
  const byId = new Map(tasks.map((task) => [task.spec.id, task]));
  const path: PathTask[] = [];
  for (let task = lastOf(tasks, nowMs); task !== null; task = awaitedLongest(task, byId)) path.push(toPathTask(task, nowMs));
  return path.toReversed();
}

/**
 * The dependency that ended last of those that it waited for; null if none ended after the task had come to the job. One that was skipped, or
 * cancelled, waited for none that ended later.
 */
export function awaitedLongest(task: TaskHistory, byId: ReadonlyMap<string, TaskHistory>): TaskHistory | null {
  const until = latestAttempts(task)[0]?.readyAt ?? task.record.completedAt ?? Infinity;
  let latest: TaskHistory | null = null;
  let latestEnd = task.pendingSince;
  for (const id of task.spec.dependencies) {
    const dependency = byId.get(id);
    const end = dependency?.record.completedAt ?? null;
    if (dependency === undefined || end === null || end < latestEnd || end > until) continue;
    latest = dependency;
    latestEnd = end;
  }
  return latest;
}

/** Attempts since it was last told to run: those before it belong to an earlier story. */
export function latestAttempts({ pendingSince, attempts }: TaskHistory): readonly AttemptHistory[] {
  return attempts.filter(({ readyAt }) => readyAt >= pendingSince);
}

function lastOf(tasks: readonly TaskHistory[], nowMs: number): TaskHistory | null {
  let last: TaskHistory | null = null;
  let lastEnd = -Infinity;
  for (const task of tasks) {
    const attempts = latestAttempts(task);
    if (attempts.length === 0) continue;
    const end = task.record.completedAt ?? nowMs;
    if (end < lastEnd || (end === lastEnd && last !== null && attempts[0]!.startedAt <= latestAttempts(last)[0]!.startedAt))
      continue;
    last = task;
    lastEnd = end;
  }
  return last;
}

function toPathTask(task: TaskHistory, nowMs: number): PathTask {
  const attempts = latestAttempts(task);
  const readyAt = attempts[0]?.readyAt ?? task.record.completedAt ?? task.pendingSince;
  const endedAt = task.record.completedAt;
  const runMs = attempts.reduce((sum, attempt) => sum + Math.max(0, (attempt.endedAt ?? nowMs) - attempt.startedAt), 0);
  const waitMs = Math.max(0, (endedAt ?? nowMs) - readyAt - runMs);
  const delays = attempts.slice(1).map((attempt, index) => attempt.readyAt - (attempts[index]!.endedAt ?? attempt.readyAt));
  const delayMs = delays.reduce((sum, delay) => sum + Math.max(0, delay), 0);
  return {
    id: task.spec.id,
    readyAt,
    startedAt: attempts[0]?.startedAt ?? null,
    endedAt,
    waitMs,
    delayMs: Math.min(delayMs, waitMs),
    runMs,
    attempts: attempts.length,
  };
}
