/**
 * What lets a queue of ready tasks through, or holds it back: the room in some pools, and a reservation for whoever was passed over too
 * often. A large task would wait for ever if small ones took every bit of room that comes free: so from some point on nothing takes of the
 * pools that it lacks until it has started.
 *
 * One gate for the pools of the engine, one for those of each job that has any.
 */

import { NO_POOL, type Pools, type Shares } from "./pools.js";

/** Whoever may be passed over: a queue. */
export interface Applicant {
  /** How often others went first although it was its turn. */
  passes: number;
  /** When that happened first, in monotonic milliseconds. */
  passedSince: number;
}

/** Enough that what fits fills the gaps meanwhile, few enough that nobody notices. */
const MOST_PASSES = 100;
const LONGEST_MS = 10_000;

export class Gate<Queue extends Applicant> {
  readonly pools: Pools;
  #reservedFor: Queue | null = null;
  /** By number of the pool. */
  readonly #reserved = new Set<number>();

  constructor(pools: Pools) {
    this.pools = pools;
  }

  /** For whom room is kept; null for nobody. */
  get reservedFor(): Queue | null {
    return this.#reservedFor;
  }

  /** The pool that holds somebody back which would take this; `NO_POOL` if it may go. */
  obstacleOf(queue: Queue, shares: Shares): number {
    const scarcest = this.pools.shortOf(shares);
    if (queue === this.#reservedFor) {
      // What it lacks may change as long as it takes of several pools.
      if (scarcest !== NO_POOL) this.#reserved.add(scarcest);
      return scarcest;
    }
    if (scarcest !== NO_POOL || this.#reservedFor === null) return scarcest;
    return shares.find(({ pool }) => this.#reserved.has(pool))?.pool ?? NO_POOL;
  }

  /** Something else starts although it is the turn of this one, which lacks room. */
  passOver(queue: Queue, shares: Shares, now: number): void {
    if (queue.passes === 0) queue.passedSince = now;
    queue.passes += 1;
    if (this.#reservedFor !== null || (queue.passes < MOST_PASSES && now - queue.passedSince < LONGEST_MS)) return;
    this.#reservedFor = queue;
    this.obstacleOf(queue, shares);
  }

  /** It has started something, has nothing to start any more, or may not. */
  withdraw(queue: Queue): void {
    if (this.#reservedFor !== queue) return;
    this.#reservedFor = null;
    this.#reserved.clear();
  }
}
