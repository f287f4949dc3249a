/**
 * Since when which limit holds back ready tasks of a job, and of what took its time the event that says so once it is over. Told by the
 * dispatcher, after each pass, what hinders the jobs to which something happened: a job that merely waits is never looked at.
 */

import type { HeldBack, Holder } from "../../domain/held-back.js";

/** What hinders the first ready task of a demand. */
export interface Obstacle {
  /** Its name; of the job's own `concurrency` that word. */
  readonly pool: string;
  /** True if it is the job's own. */
  readonly isOwn: boolean;
  readonly size: number;
  /** What is free of it, which is not enough, or is kept for another task. */
  readonly free: number;
  /** The number of the task that is next. */
  readonly task: number;
  readonly amount: number;
}

/** A limit that holds tasks back now; wall time in milliseconds. */
export interface Hold extends Omit<Obstacle, "task"> {
  readonly since: number;
  readonly task: string;
  /** Who had what is lacking when it began: a few of them, the largest first. */
  readonly holders: readonly Holder[];
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
