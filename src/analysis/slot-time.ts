/**
 * What became of the slots of a run: how much of their time was work, and why the rest was not. Pure.
 *
 * At each moment every slot is put to one account. Those that run a task are work: as many as its share of `cpu` says. In a time in which nobody
 * ran the job the others are its doing. Of the idle ones, as many as ready tasks would take for which there was room are ours: we could have
 * started them and had not yet; unless a limit was on record as holding the job back just then, whose doing it was, as it is where there was no
 * room for those that were ready. Of those that are left, the ones for which the graph has no task side by side with what
 * runs are the job's own doing, and the others are idle since the tasks beside have ended already: stragglers hold the rest back.
 * So the accounts add up to the whole, and nothing is left over to be called "other".
 */

import type { Resources } from "../domain/resources.js";
import { heldTime } from "./held-time.js";
import { levelsOfTasks } from "./longest-chain.js";
import { Room, sizesOf, type TimedRun } from "./room.js";
import { pausesUntil } from "./stretches.js";
import { phasesOf, takesOf } from "./timeline.js";

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
  /** Nothing was ready: delays before another attempt. */
  readonly delaysMs: number;
  /**
   * A task was ready and a slot idle, and a limit held the job back: another pool than that of slots, its own concurrency, other jobs, or that the
   * task takes more slots than were idle.
   */
  readonly limitsMs: number;
  /** Nobody ran the job. */
  readonly pausedMs: number;
  /** A task was ready and a slot idle, or the job had not begun or was over: our own overhead. */
  readonly ownMs: number;
}

export interface SlotTimeOptions {
  readonly slots: number;
  /** What counts as the beginning and the end of the run, from its being handed in to its being on record. */
  readonly from: number;
  readonly to: number;
}

/** Ready tasks that take the same. */
interface Waiting {
  readonly takes: Resources;
  readonly cores: number;
  count: number;
}

/** What a task does for a while. */
interface Doing {
  readonly level: number;
  /** Null of one that runs. */
  readonly waiting: Waiting | null;
  readonly takes: Resources;
}

interface Change {
  readonly at: number;
  readonly doing: Doing;
  readonly by: 1 | -1;
}

export function slotTimeOf(run: TimedRun, { slots, from, to }: SlotTimeOptions): SlotTime {
  const accounts = { workMs: 0, serialMs: 0, narrowMs: 0, stragglersMs: 0, delaysMs: 0, limitsMs: 0, pausedMs: 0, ownMs: 0 };
  const held = heldTime(run);
  const paused = pausesUntil(run.pauses, to);
  const { changes, sizes, waits } = readChanges(run, to);
  const room = new Room(slots, sizesOf(run));
  const [first, last] = [changes[0]?.at ?? to, changes.at(-1)?.at ?? from];
  const active = new Map<number, number>();
  let [open, width, at] = [0, 0, from];
  const account = (now: number): void => {
    const busy = Math.min(slots, room.takenSlots);
    const idle = slots - busy;
    const inPause = Math.min(now - at, paused.within(at, now));
    const ms = now - at - inPause;
    const ready = at < first || at >= last ? { fitting: idle, lacking: 0 } : readyIn(room, waits);
    const own = Math.min(idle, ready.fitting);
    const limited = Math.min(idle - own, ready.lacking);
    const rest = idle - own - limited;
    const narrow = Math.min(rest, Math.max(0, slots - width));
    accounts.workMs += busy * (now - at);
    accounts.pausedMs += idle * inPause;
    const heldMs = own > 0 ? Math.min(ms, held.within(at, now)) : 0;
    accounts.limitsMs += limited * ms + own * heldMs;
    accounts.ownMs += own * (ms - heldMs);
    if (open === 0) accounts.delaysMs += rest * ms;
    else {
      accounts[width <= 1 ? "serialMs" : "narrowMs"] += narrow * ms;
      accounts.stragglersMs += (rest - narrow) * ms;
    }
  };
  for (const { at: changedAt, doing, by } of changes) {
    const now = Math.min(to, Math.max(at, changedAt));
    if (now > at) account(now);
    at = now;
    if (doing.waiting === null) room.take(doing.takes, by);
    else doing.waiting.count += by;
    open += by;
    const before = active.get(doing.level) ?? 0;
    const after = before + by;
    if (before === 0) width += sizes.get(doing.level) ?? 0;
    if (after === 0) width -= sizes.get(doing.level) ?? 0;
    if (after === 0) active.delete(doing.level);
    else active.set(doing.level, after);
  }
  if (to > at) account(to);
  return { totalMs: slots * Math.max(0, to - from), ...accounts };
}

/** What ready tasks would take of the slots: those for which there is room, and the others. */
function readyIn(room: Room, waits: readonly Waiting[]): { fitting: number; lacking: number } {
  let [fitting, lacking] = [0, 0];
  for (const { takes, cores, count } of waits) {
    if (count === 0) continue;
    if (room.lackFor(takes) === null) fitting += count * cores;
    else lacking += count * cores;
  }
  return { fitting, lacking };
}

function readChanges(
  run: TimedRun,
  nowMs: number,
): { changes: Change[]; sizes: ReadonlyMap<number, number>; waits: readonly Waiting[] } {
  const { tasks } = run;
  const levels = levelsOfTasks(tasks);
  const sizes = new Map<number, number>();
  for (const level of levels) sizes.set(level, (sizes.get(level) ?? 0) + 1);
  const levelOf = new Map(tasks.map((task, index) => [task, levels[index]!]));
  const pools = [...sizesOf(run).keys()];
  const waits = new Map<string, Waiting>();
  const waitingFor = (takes: Resources): Waiting => {
    const cores = takes["cpu"] ?? 1;
    const key = JSON.stringify([cores, ...pools.map((pool) => takes[pool] ?? 0)]);
    const waiting = waits.get(key) ?? { takes, cores, count: 0 };
    waits.set(key, waiting);
    return waiting;
  };
  // Most tasks take the very same.
  const known = new Map<Resources, Waiting>();
  const changes: Change[] = [];
  for (const { task, attempt, kind, from, to } of phasesOf(tasks, nowMs)) {
    const takes = attempt === null ? task.spec.resources : takesOf(attempt);
    const waiting = kind === "waiting" ? (known.get(takes) ?? waitingFor(takes)) : null;
    if (waiting !== null) known.set(takes, waiting);
    const doing = { level: levelOf.get(task)!, waiting, takes };
    changes.push({ at: from, doing, by: 1 }, { at: to, doing, by: -1 });
  }
  return { changes: changes.sort((a, b) => a.at - b.at), sizes, waits: [...waits.values()] };
}
