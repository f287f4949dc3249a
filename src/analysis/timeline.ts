/**
 * How many tasks ran, and how many could have run and did not, from one moment of a run to the next. Pure; knows nothing of why a task
 * had to wait.
 */

import type { AttemptHistory, TaskHistory } from "../domain/history.js";
import type { Resources } from "../domain/resources.js";

/** From `at` on, until the next of these. */
export interface Moment {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly running: number;
  /** Slots that are taken: those that run count as much as they take of `cpu`. */
  readonly taken: number;
  /** Ready: all that they depend on had ended, no delay was left, and they did not run. */
  readonly waiting: number;
}

/** What a task did between two moments. */
export interface Phase {
  readonly task: TaskHistory;
  /** Null for a task that is ready and has not begun this attempt. */
  readonly attempt: AttemptHistory | null;
  readonly kind: "waiting" | "running";
  readonly from: number;
  readonly to: number;
}

/** Every wait and every run of all tasks, in the order of the tasks. What has not ended lasts until `nowMs`. */
export function* phasesOf(tasks: readonly TaskHistory[], nowMs: number): Generator<Phase> {
  for (const task of tasks) {
    for (const attempt of task.attempts) {
      const { readyAt, startedAt, endedAt } = attempt;
      // A clock that was set back is no reason to run backwards.
      if (startedAt > readyAt) yield { task, attempt, kind: "waiting", from: readyAt, to: startedAt };
      const end = endedAt ?? nowMs;
      if (end > startedAt) yield { task, attempt, kind: "running", from: startedAt, to: end };
    }
    if (task.readyAt !== null && nowMs > task.readyAt) {
      yield { task, attempt: null, kind: "waiting", from: task.readyAt, to: nowMs };
    }
  }
}

/** In the order of time, one for each change. Before the first and from the last on nothing runs or waits. */
export function timelineOf(tasks: readonly TaskHistory[], nowMs: number): Moment[] {
  const changes: Moment[] = [];
  for (const { kind, attempt, from, to } of phasesOf(tasks, nowMs)) {
    const [running, waiting] = kind === "running" ? [1, 0] : [0, 1];
    const taken = running * coresOf(attempt);
    changes.push({ at: from, running, taken, waiting }, { at: to, running: -running, taken: -taken, waiting: -waiting });
  }
  changes.sort((a, b) => a.at - b.at);
  const moments: Moment[] = [];
  let [running, taken, waiting] = [0, 0, 0];
  for (const change of changes) {
    running += change.running;
    // Sums of fractions leave a little behind.
    taken = running === 0 ? 0 : Math.round((taken + change.taken) * 1e6) / 1e6;
    waiting += change.waiting;
    const moment = { at: change.at, running, taken, waiting };
    if (moments.at(-1)?.at === change.at) moments[moments.length - 1] = moment;
    else moments.push(moment);
  }
  return moments;
}

/** What an attempt takes of the slots. */
export function coresOf(attempt: AttemptHistory | null): number {
  return attempt === null ? 1 : (takesOf(attempt)["cpu"] ?? 1);
}

/** On a cluster a slot has as many CPUs as its task takes. */
export function takesOf({ takes, ranOn }: AttemptHistory): Resources {
  return ranOn === null ? takes : { ...takes, cpu: 1 };
}
