/** Runs that were never run: tasks of known length on a known number of slots, with a known cost of each start. */

import type { AttemptHistory, TaskHistory } from "../../src/domain/history.js";
import type { Resources } from "../../src/domain/resources.js";
import type { TimedRun } from "../../src/analysis/room.js";
import { record, task as spec } from "../scheduler/support/jobs.js";

export interface Work {
  readonly id: string;
  readonly after?: readonly string[];
  readonly ms: number;
}

export interface Simulation {
  readonly slots: number;
  /** From a slot's being free and a task's being ready to its start. */
  readonly startMs?: number;
}

/** First come, first served, in the order of the tasks. Times begin at 0. */
export function simulate(works: readonly Work[], { slots, startMs = 0 }: Simulation): TaskHistory[] {
  const ends = new Map<string, number>();
  const free = Array.from({ length: slots }, () => 0);
  return works.map(({ id, after = [], ms }) => {
    const readyAt = Math.max(0, ...after.map((dependency) => ends.get(dependency)!));
    const slot = free.indexOf(Math.min(...free));
    const startedAt = Math.max(readyAt, free[slot]!) + startMs;
    const endedAt = startedAt + ms;
    free[slot] = endedAt;
    ends.set(id, endedAt);
    return ran(id, after, [[readyAt, startedAt, endedAt]]);
  });
}

export type Times = readonly [readyAt: number, startedAt: number, endedAt: number | null];

export function ran(
  id: string,
  after: readonly string[],
  times: readonly Times[],
  changes: Partial<TaskHistory> = {},
): TaskHistory {
  const attempts = times.map(([readyAt, startedAt, endedAt], index): AttemptHistory => {
    const isLast = index === times.length - 1;
    const status = endedAt === null ? "running" : isLast ? "completed" : "pending";
    return {
      attempt: index + 1,
      readyAt,
      startedAt,
      endedAt,
      outcome: null,
      status,
      error: null,
      takes: { cpu: 1 },
      usage: null,
      ranOn: null,
    };
  });
  const end = times.at(-1)?.[2] ?? null;
  const status = end === null ? "running" : "completed";
  const rec = record({ status, completedAt: end, attempts: times.length });
  return { spec: spec(id, after), record: rec, pendingSince: 0, readyAt: null, attempts, ...changes };
}

/** Three tasks that take the same, all ready from the beginning, one after the other. */
export function oneByOne(takes: Resources): TaskHistory[] {
  return [0, 10, 20].map((at) => {
    const task = ran(`t${at}`, [], [[0, at, at + 10]]);
    return Object.assign(task, { attempts: task.attempts.map((attempt) => Object.assign(attempt, { takes })) });
  });
}

/** What is told of a run, of which nothing else is on record. */
export function timed(tasks: readonly TaskHistory[], more: Partial<TimedRun> = {}): TimedRun {
  return { tasks, holds: [], pauses: [], job: { name: "job" }, settings: { pools: {} }, ...more };
}

/** prepare → process-1 … process-N → merge, the shards of one length each. */
export function pipeline(lengths: { prepare: number; shards: readonly number[]; merge: number }): Work[] {
  const shards = lengths.shards.map((ms, index) => ({ id: `process-${index + 1}`, after: ["prepare"], ms }));
  const merge = { id: "merge", after: shards.map(({ id }) => id), ms: lengths.merge };
  return [{ id: "prepare", ms: lengths.prepare }, ...shards, merge];
}
