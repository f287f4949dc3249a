/**
 * What a run's time from beginning to end went to, along its critical path: running, waiting for a slot, delays, and what was our own
 * doing. Pure.
 */

import type { RunHistory, TaskHistory } from "../domain/history.js";
import { criticalPath, latestAttempts, type PathTask } from "./critical-path.js";
import { FullTime } from "./full-time.js";
import { HeldTime } from "./held-time.js";
import { timelineOf } from "./timeline.js";

/** Milliseconds; the accounts add up to `totalMs`. */
export interface PathTime {
  readonly path: readonly PathTask[];
  readonly totalMs: number;
  readonly runMs: number;
  /** All slots were taken by others. */
  readonly slotWaitMs: number;
  /** Another limit held the job back. */
  readonly limitMs: number;
  /** Delays before another attempt. */
  readonly delayMs: number;
  /** A task could have run and a slot was idle; and from the beginning to the first task, from the last one to the end. */
  readonly ownMs: number;
}

export interface PathTimeOptions {
  readonly slots: number;
  /** What counts as the beginning and the end of the run. */
  readonly from: number;
  readonly to: number;
  /** The name of the job, to tell its own tasks from others that had taken slots. */
  readonly job?: string;
}

export function pathTimeOf(
  { tasks, holds }: Pick<RunHistory, "tasks" | "holds">,
  { slots, from, to, job = "" }: PathTimeOptions,
): PathTime {
  const path = criticalPath({ tasks }, to);
  const full = new FullTime(timelineOf(tasks, to), slots);
  const held = new HeldTime(holds, job);
  const byId = new Map(tasks.map((task) => [task.spec.id, task]));
  const totalMs = Math.max(0, to - from);
  let [runMs, slotWaitMs, limitMs, delayMs] = [0, 0, 0, 0];
  for (const { id, runMs: own } of path) {
    const task = byId.get(id)!;
    runMs += own;
    delayMs += delaysOf(task);
    for (const { readyAt, startedAt } of latestAttempts(task)) {
      const forSlot = full.within(readyAt, startedAt);
      slotWaitMs += forSlot;
      limitMs += Math.min(Math.max(0, startedAt - readyAt - forSlot), held.within(readyAt, startedAt));
    }
  }
  const ownMs = Math.max(0, totalMs - runMs - slotWaitMs - limitMs - delayMs);
  return { path, totalMs, runMs, slotWaitMs, limitMs, delayMs, ownMs };
}

function delaysOf(task: TaskHistory): number {
  const attempts = latestAttempts(task);
  return attempts
    .slice(1)
    .reduce((sum, { readyAt }, index) => sum + Math.max(0, readyAt - (attempts[index]!.endedAt ?? readyAt)), 0);
}
