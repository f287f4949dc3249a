/**
 * What a run's time from beginning to end went to, along its critical path: running, waiting for a slot, delays, and what was our own
 * doing. Pure.
 */

import type { TaskHistory } from "../domain/history.js";
import type { Resources } from "../domain/resources.js";
import { criticalPath, latestAttempts, type PathTask } from "./critical-path.js";
import type { Stretch } from "./display-slots.js";
import { heldTime } from "./held-time.js";
import { Room, roomOver, sizesOf, type Taken, type TimedRun } from "./room.js";
import { pausesUntil } from "./stretches.js";
import { phasesOf, takesOf } from "./timeline.js";

/** Milliseconds; the accounts add up to `totalMs`. */
export interface PathTime {
  readonly path: readonly PathTask[];
  readonly totalMs: number;
  /** Before the first of the path had come to the job, or was told to run again. */
  readonly beforeMs: number;
  readonly runMs: number;
  /** There was no room in the slots: others of the job were there. */
  readonly slotWaitMs: number;
  /** Another limit held the job back. */
  readonly limitMs: number;
  /** Delays before another attempt. */
  readonly delayMs: number;
  /** Nobody ran the job. */
  readonly pausedMs: number;
  /** A task could have run and a slot was idle; and from the beginning to the first task, from the last one to the end. */
  readonly ownMs: number;
}

export interface PathTimeOptions {
  readonly slots: number;
  /** What counts as the beginning and the end of the run. */
  readonly from: number;
  readonly to: number;
}

interface Wait extends Stretch {
  readonly takes: Resources;
  forSlot: number;
  forLimit: number;
}

export function pathTimeOf(history: TimedRun, { slots, from, to }: PathTimeOptions): PathTime {
  const { tasks, pauses } = history;
  const path = criticalPath({ tasks }, to);
  const held = heldTime(history);
  const paused = pausesUntil(pauses, to);
  const byId = new Map(tasks.map((task) => [task.spec.id, task]));
  const ofPath = path.map(({ id }) => byId.get(id)!);
  const totalMs = Math.max(0, to - from);
  const runMs = path.reduce((sum, task) => sum + task.runMs, 0);
  const delayMs = ofPath.reduce((sum, task) => sum + delaysOf(task), 0);
  const beforeMs = ofPath.length === 0 ? 0 : Math.max(0, ofPath[0]!.pendingSince - firstOf(tasks));
  let [slotWaitMs, limitMs, pausedMs] = [0, 0, 0];
  for (const wait of waitsOf(ofPath, history, slots, to)) {
    slotWaitMs += wait.forSlot;
    const left = Math.max(0, wait.to - wait.from - wait.forSlot);
    const inPause = Math.min(left, paused.within(wait.from, wait.to));
    pausedMs += inPause;
    limitMs += Math.min(left - inPause, Math.max(wait.forLimit, held.within(wait.from, wait.to)));
  }
  const ownMs = Math.max(0, totalMs - beforeMs - runMs - slotWaitMs - limitMs - delayMs - pausedMs);
  return { path, totalMs, beforeMs, runMs, slotWaitMs, limitMs, delayMs, pausedMs, ownMs };
}

/** Those of the tasks, and what each waited for. */
function waitsOf(ofPath: readonly TaskHistory[], history: TimedRun, slots: number, to: number): Wait[] {
  const waits = ofPath.flatMap((task): Wait[] => {
    const own = latestAttempts(task).map((attempt) => ({
      from: attempt.readyAt,
      to: attempt.startedAt,
      takes: takesOf(attempt),
    }));
    if (task.readyAt !== null) own.push({ from: task.readyAt, to, takes: task.spec.resources });
    return own.flatMap((wait) => (wait.to > wait.from ? [{ ...wait, forSlot: 0, forLimit: 0 }] : []));
  });
  waits.sort((a, b) => a.from - b.from);
  const running: Taken[] = [];
  for (const phase of phasesOf(history.tasks, to))
    if (phase.kind === "running") running.push({ from: phase.from, to: phase.to, takes: takesOf(phase.attempt!) });
  const room = new Room(slots, sizesOf(history));
  let first = 0;
  for (const stretch of roomOver(running, room)) {
    while (first < waits.length && waits[first]!.to <= stretch.from) first += 1;
    for (let place = first; place < waits.length && waits[place]!.from < stretch.to; place++) {
      const wait = waits[place]!;
      const ms = Math.max(0, Math.min(wait.to, stretch.to) - Math.max(wait.from, stretch.from));
      const lack = room.lackFor(wait.takes);
      if (lack === "slots") wait.forSlot += ms;
      else if (lack === "limit") wait.forLimit += ms;
    }
  }
  return waits;
}

/** When the first of the tasks came to the job. */
function firstOf(tasks: readonly TaskHistory[]): number {
  return tasks.reduce((least, { pendingSince }) => Math.min(least, pendingSince), Infinity);
}

function delaysOf(task: TaskHistory): number {
  const attempts = latestAttempts(task);
  return attempts
    .slice(1)
    .reduce((sum, { readyAt }, index) => sum + Math.max(0, readyAt - (attempts[index]!.endedAt ?? readyAt)), 0);
}
