/**
 * What of the slots and of other limits is taken from one moment of a run to the next, to tell of a task that was ready whether there was room for
 * it. Knows no engine: a limit whose size is not on record counts as none. Pure.
 */

import type { RunHistory } from "../domain/history.js";
import type { JobSettings, JobStatus } from "../domain/job.js";
import type { Resources } from "../domain/resources.js";
import type { Stretch } from "./display-slots.js";
import { SLOTS } from "./held-time.js";

/** What of the history of a run tells where its time went. */
export interface TimedRun extends Pick<RunHistory, "tasks" | "holds" | "pauses"> {
  readonly job: Pick<JobStatus, "name">;
  readonly settings: Pick<JobSettings, "pools">;
}

/** How much there is of each pool that is known, beside the slots. */
export type Sizes = ReadonlyMap<string, number>;

/** What the job declares, and what its engine had as far as it was short of it. */
export function sizesOf({ settings, holds }: Pick<TimedRun, "settings" | "holds">): Sizes {
  const sizes = new Map(Object.entries(settings.pools));
  for (const { pool, isOwn, size } of holds)
    if (!isOwn && pool !== SLOTS) sizes.set(pool, Math.min(size, sizes.get(pool) ?? Infinity));
  return sizes;
}

/** Something ran. */
export interface Taken extends Stretch {
  readonly takes: Resources;
}

/** Sums of fractions leave a little behind. */
const LITTLE = 1e-6;

export class Room {
  readonly #slots: number;
  readonly #sizes: Sizes;
  readonly #pools: readonly string[];
  readonly #taken = new Map<string, number>();
  #running = 0;

  constructor(slots: number, sizes: Sizes) {
    this.#slots = slots;
    this.#sizes = sizes;
    this.#pools = [SLOTS, ...sizes.keys()];
  }

  take(takes: Resources, by: 1 | -1): void {
    this.#running += by;
    if (this.#running === 0) this.#taken.clear();
    else for (const pool of this.#pools) this.#taken.set(pool, this.#of(pool) + by * amount(takes, pool));
  }

  /** May be more than there are. */
  get takenSlots(): number {
    return this.#of(SLOTS);
  }

  /** What there was too little of; null if a task that takes so much could have begun. */
  lackFor(takes: Resources): "slots" | "limit" | null {
    if (this.#of(SLOTS) + amount(takes, SLOTS) > this.#slots + LITTLE) return "slots";
    for (const [pool, size] of this.#sizes) if (this.#of(pool) + amount(takes, pool) > size + LITTLE) return "limit";
    return null;
  }

  #of(pool: string): number {
    return this.#taken.get(pool) ?? 0;
  }
}

/** From each moment to the next, in order; the room is as it was in between. */
export function* roomOver(taken: readonly Taken[], room: Room): Generator<Stretch> {
  const changes = taken.flatMap(({ from, to, takes }) => [
    { at: from, takes, by: 1 as const },
    { at: to, takes, by: -1 as const },
  ]);
  changes.sort((a, b) => a.at - b.at);
  for (const [index, { at, takes, by }] of changes.entries()) {
    room.take(takes, by);
    const next = changes[index + 1]?.at ?? at;
    if (next > at) yield { from: at, to: next };
  }
}

function amount(takes: Resources, pool: string): number {
  return takes[pool] ?? (pool === SLOTS ? 1 : 0);
}
