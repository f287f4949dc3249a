/**
 * Why a task is in the state that it is in, found in the history of its run: what it waited for and how long, what held it back, what each
 * attempt did. As data; the words are the command line's. Pure.
 */

import type { HeldBack, Hold } from "../domain/held-back.js";
import type { AttemptHistory, RunHistory, TaskHistory } from "../domain/history.js";
import type { LeftBehind, TaskStatus } from "../domain/task.js";
import { awaitedLongest, latestAttempts } from "./critical-path.js";

/** A task that another one waits or waited for. */
export interface Awaited {
  readonly task: string;
  readonly status: TaskStatus;
  /** Its end; null if it has not ended. */
  readonly until: number | null;
  readonly error: string | null;
}

/** A limit that held it back. */
export interface TaskHold extends Pick<HeldBack, "pool" | "isOwn" | "size" | "holders"> {
  readonly since: number;
  /** Null while it does. */
  readonly until: number | null;
  /** As it stands while it does; null afterwards. */
  readonly now: Hold | null;
}

export interface ExplainedAttempt extends AttemptHistory {
  readonly waitMs: number;
  readonly runMs: number;
  /** Bytes by which it went beyond the memory that it took; 0 if it did not, or nobody knows. */
  readonly excessBytes: number;
}

export interface TaskExplanation {
  readonly task: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly status: TaskStatus;
  readonly error: string | null;
  /** When it came to the job, or was last told to run again. */
  readonly pendingSince: number;
  readonly endedAt: number | null;
  /** The dependency that it waited for longest; null if there was none to wait for. */
  readonly waitedFor: Awaited | null;
  /** Of a task that is pending: what it still waits for, and, at the end of the chain, what that hangs on. */
  readonly waitsFor: readonly Awaited[];
  readonly hangsOn: Awaited | null;
  /** Of a task that is pending and waits for nothing else: from when on it may start. */
  readonly readyAt: number | null;
  /** Of one that was skipped: where that began. */
  readonly culprit: Awaited | null;
  /** Limits that held it back while it was ready. */
  readonly holds: readonly TaskHold[];
  readonly attempts: readonly ExplainedAttempt[];
  /** What of one of them was still there when that was last looked at; null for nothing. */
  readonly left: LeftBehind | null;
  /** True if attempts of before it was told to run again are among them. */
  readonly hasEarlier: boolean;
}

/** Undefined if the run has no such task. @param live what holds its job back now. */
export function explainTask(history: RunHistory, id: string, live: readonly Hold[], nowMs: number): TaskExplanation | undefined {
  const byId = new Map(history.tasks.map((task) => [task.spec.id, task]));
  const task = byId.get(id);
  if (task === undefined) return undefined;
  const { record, spec, attempts } = task;
  const waitsFor = record.status === "pending" ? openDependencies(task, byId) : [];
  const latest = awaitedLongest(task, byId);
  return {
    task: id,
    command: spec.command,
    args: spec.args,
    status: record.status,
    error: record.error,
    pendingSince: task.pendingSince,
    endedAt: record.completedAt,
    waitedFor: latest === null ? null : awaited(latest),
    waitsFor: waitsFor.map(awaited),
    hangsOn: waitsFor.length === 0 ? null : awaited(endOfChain(waitsFor[0]!, byId)),
    readyAt: task.readyAt,
    culprit: record.status === "skipped" ? culpritOf(task, byId) : null,
    holds: holdsOf(task, history.holds, live, nowMs),
    attempts: attempts.map((attempt) => explainAttempt(attempt, nowMs)),
    left: record.left,
    hasEarlier: attempts.length > latestAttempts(task).length && spec.id === id,
  };
}

export function explainAttempt(attempt: AttemptHistory, nowMs: number): ExplainedAttempt {
  const { readyAt, startedAt, endedAt, takes, usage } = attempt;
  const used = (usage?.maxRssKb ?? 0) * 1024;
  return {
    ...attempt,
    waitMs: Math.max(0, startedAt - readyAt),
    runMs: Math.max(0, (endedAt ?? nowMs) - startedAt),
    excessBytes: Math.max(0, used - (takes["memory"] ?? Infinity)),
  };
}

function awaited({ spec, record }: TaskHistory): Awaited {
  return { task: spec.id, status: record.status, until: record.completedAt, error: record.error };
}

function openDependencies(task: TaskHistory, byId: ReadonlyMap<string, TaskHistory>): TaskHistory[] {
  const dependencies = task.spec.dependencies.map((id) => byId.get(id)!);
  return dependencies.filter(({ record }) => record.status === "pending" || record.status === "running");
}

/** From a dependency that has not ended down to one that waits for no other. */
function endOfChain(task: TaskHistory, byId: ReadonlyMap<string, TaskHistory>): TaskHistory {
  let end = task;
  for (let next: TaskHistory | undefined = task; next !== undefined; next = openDependencies(end, byId)[0]) end = next;
  return end;
}

/** The first in the chain of skips that was not skipped itself; null if it was the job's failure limit. */
function culpritOf(task: TaskHistory, byId: ReadonlyMap<string, TaskHistory>): Awaited | null {
  let culprit = task;
  while (culprit.record.status === "skipped") {
    const failed = culprit.spec.dependencies
      .map((id) => byId.get(id)!)
      .filter(({ record }) => record.status !== "completed" && record.completedAt !== null)
      .toSorted((a, b) => a.record.completedAt! - b.record.completedAt!);
    // A task that was skipped for the failure limit, or since nothing failed, blames none.
    const blamed = failed.find(({ spec }) => culprit.record.error?.includes(JSON.stringify(spec.id)) === true);
    if (blamed === undefined) return null;
    culprit = blamed;
  }
  return awaited(culprit);
}

/** What held the job back while the task was ready to start and would have taken of just that. */
function holdsOf(task: TaskHistory, past: readonly HeldBack[], live: readonly Hold[], nowMs: number): TaskHold[] {
  const waits = latestAttempts(task).map(({ readyAt, startedAt }) => [readyAt, startedAt] as const);
  if (task.readyAt !== null && task.readyAt <= nowMs) waits.push([task.readyAt, nowMs]);
  const { resources } = task.spec;
  const concerns = (pool: string): boolean => pool === "concurrency" || resources[pool] !== undefined;
  const holds: TaskHold[] = [];
  for (const [from, to] of waits) {
    for (const { pool, isOwn, size, holders, since, at } of past) {
      const [start, end] = [Math.max(since, from), Math.min(at, to)];
      if (concerns(pool) && end > start) holds.push({ pool, isOwn, size, holders, since: start, until: end, now: null });
    }
  }
  if (task.readyAt === null) return holds;
  for (const now of live) {
    if (concerns(now.pool)) holds.push({ ...now, since: Math.max(now.since, task.readyAt), until: null, now });
  }
  return holds;
}
