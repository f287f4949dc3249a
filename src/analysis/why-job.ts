/**
 * What a job waits for now, or what its time went to: its critical path, what held it back, what went wrong first. As data; the words are the
 * command line's. Pure.
 */

import type { Hold } from "../domain/held-back.js";
import type { RunHistory, TaskHistory } from "../domain/history.js";
import { criticalPath, latestAttempts, type PathTask } from "./critical-path.js";
import { explainAttempt, type TaskHold } from "./why-task.js";

export interface JobExplanation {
  /** From the first start to the end, or to now; null if nothing has started. */
  readonly tookMs: number | null;
  /** In which nobody ran it. */
  readonly pausedMs: number;
  readonly path: readonly PathTask[];
  /** By limit, the one that cost most first; overlapping times of one limit count once. */
  readonly holds: readonly (Pick<TaskHold, "pool" | "isOwn" | "size"> & { readonly ms: number })[];
  /** Ids, the longest-running first. */
  readonly running: readonly { readonly task: string; readonly since: number }[];
  /** Tasks that could start, the one that has waited longest first, and how many there are. */
  readonly ready: readonly { readonly task: string; readonly since: number }[];
  readonly readyCount: number;
  /** Tasks that wait for their next attempt, soonest first. */
  readonly delayed: readonly { readonly task: string; readonly until: number; readonly error: string | null }[];
  /** How many wait for others. */
  readonly waitingCount: number;
  readonly firstFailure: {
    readonly task: string;
    readonly error: string | null;
    readonly at: number | null;
    readonly attempts: number;
  } | null;
  /** Tasks that used more memory than they took. */
  readonly excesses: readonly { readonly task: string; readonly usedBytes: number; readonly takesBytes: number }[];
}

const MOST_NAMED = 5;

/** @param live what holds it back now. */
export function explainJob(history: RunHistory, live: readonly Hold[], nowMs: number): JobExplanation {
  const { job, tasks, pauses } = history;
  const end = job.completedAt ?? nowMs;
  const pending = tasks.filter(({ record }) => record.status === "pending");
  const ready = pending.filter(({ readyAt }) => readyAt !== null && readyAt <= nowMs).toSorted((a, b) => a.readyAt! - b.readyAt!);
  const delayed = pending
    .filter(({ readyAt }) => readyAt !== null && readyAt > nowMs)
    .toSorted((a, b) => a.readyAt! - b.readyAt!);
  const running = tasks.filter(({ record }) => record.status === "running");
  return {
    // The clock may have been set back in between.
    tookMs: job.startedAt === null ? null : Math.max(0, end - job.startedAt),
    pausedMs: pauses.reduce((sum, { from, to }) => sum + Math.max(0, (to ?? end) - from), 0),
    path: criticalPath(history, nowMs),
    holds: limitsOf(history, live, nowMs),
    running: running
      .map((task) => ({ task: task.spec.id, since: latestAttempts(task).at(-1)?.startedAt ?? nowMs }))
      .toSorted((a, b) => a.since - b.since),
    ready: ready.slice(0, MOST_NAMED).map(({ spec, readyAt }) => ({ task: spec.id, since: readyAt! })),
    readyCount: ready.length,
    delayed: delayed
      .slice(0, MOST_NAMED)
      .map(({ spec, readyAt, attempts }) => ({ task: spec.id, until: readyAt!, error: attempts.at(-1)?.error ?? null })),
    waitingCount: pending.length - ready.length - delayed.length,
    firstFailure: firstFailureOf(history),
    excesses: tasks.flatMap((task) => excessOf(task, nowMs)),
  };
}

function firstFailureOf({ job, tasks }: RunHistory): JobExplanation["firstFailure"] {
  const task = tasks.find(({ spec }) => spec.id === job.firstFailure);
  if (task === undefined) return null;
  return { task: task.spec.id, error: task.record.error, at: task.record.completedAt, attempts: latestAttempts(task).length };
}

function limitsOf({ holds }: RunHistory, live: readonly Hold[], nowMs: number): JobExplanation["holds"] {
  const all = [...holds, ...live.map((hold) => ({ ...hold, at: nowMs }))];
  const byLimit = new Map<string, (typeof all)[number][]>();
  for (const hold of all) {
    const name = `${hold.isOwn}:${hold.pool}`;
    const same = byLimit.get(name);
    if (same === undefined) byLimit.set(name, [hold]);
    else same.push(hold);
  }
  const limits = [...byLimit.values()].map((same) => {
    const { pool, isOwn, size } = same[0]!;
    let [ms, until] = [0, -Infinity];
    for (const { since, at } of same.toSorted((a, b) => a.since - b.since)) {
      ms += Math.max(0, at - Math.max(since, until));
      until = Math.max(until, at);
    }
    return { pool, isOwn, size, ms };
  });
  return limits.toSorted((a, b) => b.ms - a.ms);
}

function excessOf(task: TaskHistory, nowMs: number): JobExplanation["excesses"][number][] {
  const worst = task.attempts
    .map((attempt) => explainAttempt(attempt, nowMs))
    .reduce((most, { excessBytes }) => Math.max(most, excessBytes), 0);
  const takesBytes = task.spec.resources["memory"] ?? 0;
  return worst === 0 ? [] : [{ task: task.spec.id, usedBytes: takesBytes + worst, takesBytes }];
}
