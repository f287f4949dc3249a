/**
 * How many slots a pool should have: pure. More while work waits, at most the limit, doubling, so that a short job does not ask for a thousand;
 * fewer when nothing waits. What is asked for but not up counts: the queue of a cluster may be long.
 */

import type { SlotRange } from "../domain/slurm-options.js";

export interface Load {
  /** Slots that are asked for, queued, or up. */
  readonly present: number;
  /** Of them those that are up and have nothing to do. */
  readonly idle: number;
  /** Attempts handed over and not ended, and tasks that are ready behind them. */
  readonly wanted: number;
}

/** Slots in one submission: a record of Slurm's costs the same for one and for a thousand, and an array has 1,001 elements by default. */
export const MOST_AT_ONCE = 1000;

/** How many more to ask for. */
export function slotsToAdd({ min, max }: SlotRange, { present, wanted }: Load): number {
  const target = Math.min(max, Math.max(min, wanted));
  return Math.max(0, Math.min(target - present, MOST_AT_ONCE));
}

/** How many of the idle ones to give back, once nothing has waited for a while. */
export function slotsToClose({ min }: SlotRange, { present, idle, wanted }: Load): number {
  return Math.max(0, Math.min(idle, present - Math.max(min, wanted)));
}
