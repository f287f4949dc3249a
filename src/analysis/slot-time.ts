/**
 * What became of the slots of a run: how much of their time was work, and why the rest was not. Pure.
 *
 * At each moment every slot is put to one account. Those that run a task are work: as many as its share of `cpu` says. Of the idle ones, as
 * many as there are ready tasks are ours: we could have started one and had not yet; unless a limit was on record as holding the job back just
 * then, whose doing it was. Of those that are left, the ones for which the graph has no task side by side with what
 * runs are the job's own doing, and the others are idle since the tasks beside have ended already: stragglers hold the rest back.
 * So the accounts add up to the whole, and nothing is left over to be called "other".
 */

import type { TaskHistory } from "../domain/history.js";
import { HeldTime, type Hold } from "./held-time.js";
import { levelsOfTasks } from "./longest-chain.js";
import { coresOf, phasesOf } from "./timeline.js";

/** Milliseconds of all slots together; the accounts add up to `totalMs`. */
export interface SlotTime {
  /** Slots × the time from `from` to `to`. */
  readonly totalMs: number;
  readonly workMs: number;
  /** One task ran and the graph had no other beside it. */
  readonly serialMs: number;
  /** The graph had some tasks side by side, but fewer than slots. */
  readonly narrowMs: number;
  /** The last ones of many: there had been enough tasks, and they had ended. */
  readonly stragglersMs: number;
  /** Nothing was ready: delays before another attempt, and times in which nobody ran the job. */
  readonly delaysMs: number;
  /** A task was ready and a slot idle, and a limit held the job back: another pool than that of slots, its own concurrency, other jobs. */
  readonly limitsMs: number;
  /** A task was ready and a slot idle, or the job had not begun or was over: our own overhead. */
  readonly ownMs: number;
}

export interface SlotTimeOptions {
  readonly slots: number;
  /** What counts as the beginning and the end of the run, from its being handed in to its being on record. */
  readonly from: number;
  readonly to: number;
  /** When limits held the job of that name back. Default: never. */
  readonly holds?: readonly Hold[];
  readonly job?: string;
}

interface Change {
  readonly at: number;
  readonly level: number;
  readonly running: number;
  readonly waiting: number;
  readonly cores: number;
}

export function slotTimeOf(tasks: readonly TaskHistory[], { slots, from, to, holds = [], job = "" }: SlotTimeOptions): SlotTime {
  const accounts = { workMs: 0, serialMs: 0, narrowMs: 0, stragglersMs: 0, delaysMs: 0, limitsMs: 0, ownMs: 0 };
  const held = new HeldTime(holds, job);
  const { changes, sizes } = readChanges(tasks, to);
  const [first, last] = [changes[0]?.at ?? to, changes.at(-1)?.at ?? from];
  const active = new Map<number, number>();
  let [running, waiting, cores, width, at] = [0, 0, 0, 0, from];
  for (const change of [...changes, { at: to, level: 0, running: 0, waiting: 0, cores: 0 }]) {
    const now = Math.min(to, Math.max(at, change.at));
    const ms = now - at;
    if (ms > 0) {
      const busy = Math.min(slots, cores);
      const idle = slots - busy;
      const own = at < first || at >= last ? idle : Math.min(idle, waiting);
      const rest = idle - own;
      const narrow = Math.min(rest, Math.max(0, slots - width));
      accounts.workMs += busy * ms;
      const heldMs = own > 0 ? Math.min(ms, held.within(at, now)) : 0;
      accounts.limitsMs += own * heldMs;
      accounts.ownMs += own * (ms - heldMs);
      if (running + waiting === 0) accounts.delaysMs += rest * ms;
      else {
        accounts[width <= 1 ? "serialMs" : "narrowMs"] += narrow * ms;
        accounts.stragglersMs += (rest - narrow) * ms;
      }
    }
    at = now;
    running += change.running;
    waiting += change.waiting;
    // Sums of fractions leave a little behind.
    cores = running === 0 ? 0 : cores + change.cores;
    const before = active.get(change.level) ?? 0;
    const after = before + change.running + change.waiting;
    if (before === 0 && after > 0) width += sizes.get(change.level) ?? 0;
    if (before > 0 && after === 0) width -= sizes.get(change.level) ?? 0;
    if (after === 0) active.delete(change.level);
    else active.set(change.level, after);
  }
  return { totalMs: slots * Math.max(0, to - from), ...accounts };
}

function readChanges(tasks: readonly TaskHistory[], nowMs: number): { changes: Change[]; sizes: ReadonlyMap<number, number> } {
  const levels = levelsOfTasks(tasks);
  const sizes = new Map<number, number>();
  for (const level of levels) sizes.set(level, (sizes.get(level) ?? 0) + 1);
  const levelOf = new Map(tasks.map((task, index) => [task, levels[index]!]));
  const changes: Change[] = [];
  for (const { task, attempt, kind, from, to } of phasesOf(tasks, nowMs)) {
    const level = levelOf.get(task)!;
    const [running, waiting] = kind === "running" ? [1, 0] : [0, 1];
    const cores = running * coresOf(attempt);
    changes.push(
      { at: from, level, running, waiting, cores },
      { at: to, level, running: -running, waiting: -waiting, cores: -cores },
    );
  }
  return { changes: changes.sort((a, b) => a.at - b.at), sizes };
}
