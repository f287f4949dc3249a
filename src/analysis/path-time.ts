/**
 * What a run's time from beginning to end went to, along its critical path: running, waiting for a slot, delays, and what was our own
 * doing. Pure.
 */

import type { RunHistory, TaskHistory } from "../domain/history.js";
import { criticalPath, latestAttempts, type PathTask } from "./critical-path.js";
import { timelineOf, type Moment } from "./timeline.js";

/** Milliseconds; the accounts add up to `totalMs`. */
export interface PathTime {
  readonly path: readonly PathTask[];
  readonly totalMs: number;
  readonly runMs: number;
  /** All slots were taken by others. */
  readonly slotWaitMs: number;
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
}

export function pathTimeOf({ tasks }: Pick<RunHistory, "tasks">, { slots, from, to }: PathTimeOptions): PathTime {
  const path = criticalPath({ tasks }, to);
  const full = new FullTime(timelineOf(tasks, to), slots);
  const byId = new Map(tasks.map((task) => [task.spec.id, task]));
  const totalMs = Math.max(0, to - from);
  let [runMs, slotWaitMs, delayMs] = [0, 0, 0];
  for (const { id, runMs: own } of path) {
    const task = byId.get(id)!;
    runMs += own;
    delayMs += delaysOf(task);
    for (const { readyAt, startedAt } of latestAttempts(task)) slotWaitMs += full.within(readyAt, startedAt);
  }
  return { path, totalMs, runMs, slotWaitMs, delayMs, ownMs: Math.max(0, totalMs - runMs - slotWaitMs - delayMs) };
}

function delaysOf(task: TaskHistory): number {
  const attempts = latestAttempts(task);
  return attempts
    .slice(1)
    .reduce((sum, { readyAt }, index) => sum + Math.max(0, readyAt - (attempts[index]!.endedAt ?? readyAt)), 0);
}

/** In how much of a time all slots were taken. */
class FullTime {
  readonly #moments: readonly Moment[];
  readonly #slots: number;
  /** Of each moment: milliseconds before it in which all were taken. */
  readonly #before: number[] = [];

  constructor(moments: readonly Moment[], slots: number) {
    this.#moments = moments;
    this.#slots = slots;
    let sum = 0;
    for (const [index, { at, running }] of moments.entries()) {
      this.#before.push(sum);
      if (running >= slots) sum += (moments[index + 1]?.at ?? at) - at;
    }
  }

  within(from: number, to: number): number {
    return to <= from ? 0 : this.#until(to) - this.#until(from);
  }

  #until(at: number): number {
    let [low, high] = [0, this.#moments.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#moments[middle]!.at <= at) low = middle + 1;
      else high = middle;
    }
    const moment = this.#moments[low - 1];
    if (moment === undefined) return 0;
    const isFull = moment.running >= this.#slots && low < this.#moments.length;
    return this.#before[low - 1]! + (isFull ? at - moment.at : 0);
  }
}
