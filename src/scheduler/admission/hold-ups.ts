/**
 * Since when which limit holds back ready tasks of a job, and of what took its time the event that says so once it is over. Told by the
 * dispatcher, after each pass, what hinders the jobs to which something happened: a job that merely waits is never looked at.
 */

import type { HeldBack, Hold } from "../../domain/held-back.js";
import { amountOf } from "../../domain/resources.js";
import type { Pools, Shares } from "./pools.js";

/** What hinders the first ready task of a demand. */
export interface Obstacle extends Omit<Hold, "task" | "since" | "holders"> {
  /** Its number. */
  readonly task: number;
}

/** What takes less is no news. */
const SHORTEST_MS = 1000;

export class HoldUps {
  readonly #open = new Map<string, Hold>();

  get open(): readonly Hold[] {
    return [...this.#open.values()];
  }

  /** What is over now. @param complete is only asked for what begins. */
  look(obstacles: readonly Obstacle[], at: number, complete: (obstacle: Obstacle) => Pick<Hold, "task" | "holders">): HeldBack[] {
    const still = new Set(obstacles.map(nameOf));
    const over: HeldBack[] = [];
    for (const [name, { pool, isOwn, size, since, task, holders }] of this.#open) {
      if (still.has(name)) continue;
      this.#open.delete(name);
      if (at - since >= SHORTEST_MS) over.push({ type: "held-back", at, since, pool, isOwn, size, task, holders });
    }
    for (const obstacle of obstacles) {
      const name = nameOf(obstacle);
      if (!this.#open.has(name)) this.#open.set(name, { ...obstacle, since: at, ...complete(obstacle) });
    }
    return over;
  }
}

function nameOf({ pool, isOwn }: Obstacle): string {
  return `${isOwn ? "own" : ""}:${pool}`;
}

/** What is missing of a pool for a task that would take these shares. */
export function obstacleOf(pools: Pools, pool: number, shares: Shares, rest: Pick<Obstacle, "task" | "isOwn">): Obstacle {
  const name = pools.nameOf(pool);
  const { units } = shares.find((share) => share.pool === pool)!;
  const [size, free] = [pools.sizeOf(pool), Math.max(0, pools.freeOf(pool))];
  return { pool: name === "" ? "concurrency" : name, size, free, amount: amountOf(name, units), ...rest };
}
