/** When a limit held a job back: a pool that is no slot, the job's own concurrency, other jobs in the slots, or slots that a cluster had not given. Pure. */

import type { HeldBack } from "../domain/held-back.js";
import type { TaskHistory } from "../domain/history.js";
import type { Stretch } from "./display-slots.js";
import { Stretches } from "./stretches.js";

/** That all of them are taken by the job itself is told by its own timeline, and better. */
export const SLOTS = "cpu";

interface HeldRun {
  readonly tasks: readonly TaskHistory[];
  /** As they are on record, from `since` to `at`. */
  readonly holds: readonly HeldBack[];
  /** Slots that other jobs had taken are a limit to it, its own are none. */
  readonly job: { readonly name: string };
}

export function heldTime({ tasks, holds, job }: HeldRun): Stretches {
  const isOther = ({ pool, holders }: HeldBack): boolean => pool !== SLOTS || holders.some((holder) => holder.job !== job.name);
  const onRecord = holds.filter(isOther).map(({ since, at }) => ({ from: since, to: at }));
  return new Stretches([...onRecord, ...withoutSlots(tasks)]);
}

/**
 * When all slots were busy that were there on a cluster, also if there was none: what was ready waited for the cluster. A slot is there for certain
 * from the first of its attempts to the last.
 */
function withoutSlots(tasks: readonly TaskHistory[]): Stretch[] {
  const there = new Map<string, { from: number; to: number }>();
  const changes: { readonly at: number; readonly idle: number }[] = [];
  for (const { attempts } of tasks) {
    for (const { ranOn, startedAt, endedAt } of attempts) {
      if (ranOn === null || endedAt === null) continue;
      const slot = ranOn.slurmJob ?? "";
      const known = there.get(slot);
      there.set(slot, { from: Math.min(startedAt, known?.from ?? startedAt), to: Math.max(endedAt, known?.to ?? endedAt) });
      changes.push({ at: startedAt, idle: -1 }, { at: endedAt, idle: 1 });
    }
  }
  for (const { from, to } of there.values()) changes.push({ at: from, idle: 1 }, { at: to, idle: -1 });
  changes.sort((a, b) => a.at - b.at);
  const without: Stretch[] = [];
  let [idle, since] = [0, -Infinity];
  for (const change of changes) {
    if (idle === 0 && change.at > since) without.push({ from: since, to: change.at });
    idle += change.idle;
    since = change.at;
  }
  return without;
}
