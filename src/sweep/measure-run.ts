/** What one run of a bench comes to: its record in figures. Pure. */

import { longestChainMs } from "../analysis/longest-chain.js";
import { pathTimeOf } from "../analysis/path-time.js";
import { mostMemoryKb, usageOf } from "../analysis/resource-use.js";
import { slotTimeOf } from "../analysis/slot-time.js";
import { timelineOf } from "../analysis/timeline.js";
import type { RunHistory } from "../domain/history.js";
import type { RunFigures } from "./result.js";

export interface RunSpan {
  readonly slots: number;
  /** When the job was handed in, and when all of it was on record; milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
}

/** Of a path so many tasks are told; of longer ones those that took longest. */
const MOST_PATH_TASKS = 50;

export function measureRun(history: RunHistory, { slots, from, to }: RunSpan): RunFigures {
  const { tasks } = history;
  const path = pathTimeOf(history, { slots, from, to });
  const time = slotTimeOf(history, { slots, from, to });
  const usage = usageOf(tasks);
  const told = path.path.toSorted((a, b) => b.waitMs + b.runMs - a.waitMs - a.runMs).slice(0, MOST_PATH_TASKS);
  return {
    tasks: tasks.length,
    wall_ms: to - from,
    pipeline_ms: to - from - path.ownMs,
    own_ms: path.ownMs,
    work_ms: time.workMs,
    longest_chain_ms: longestChainMs(tasks, to),
    widest: timelineOf(tasks, to).reduce((most, { running, waiting }) => Math.max(most, running + waiting), 0),
    cpu_ms: usage === null ? null : usage.cpuMs,
    memory_kb: usage === null ? null : mostMemoryKb(tasks, to),
    path: {
      before_ms: path.beforeMs,
      run_ms: path.runMs,
      slot_wait_ms: path.slotWaitMs,
      limit_ms: path.limitMs,
      delay_ms: path.delayMs,
      own_ms: path.ownMs,
      length: path.path.length,
      tasks: path.path
        .filter((task) => told.includes(task))
        .map(({ id, waitMs, runMs }) => ({ id, wait_ms: waitMs, run_ms: runMs })),
    },
    slots: {
      total_ms: time.totalMs,
      work_ms: time.workMs,
      serial_ms: time.serialMs,
      narrow_ms: time.narrowMs,
      stragglers_ms: time.stragglersMs,
      delays_ms: time.delaysMs,
      limits_ms: time.limitsMs,
      own_ms: time.ownMs,
    },
  };
}
