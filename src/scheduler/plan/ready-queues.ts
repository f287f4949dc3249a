/**
 * The ready tasks of one job, in a queue for each demand, each in the order in which its tasks start: by priority, then by the longest chain
 * behind them, then as declared.
 *
 * Filled by the plan as tasks become ready, emptied by the dispatcher. It knows nothing of limits and of other jobs.
 */

import { DemandIndex } from "./demand-index.js";
import { grown } from "./growable.js";
import type { Heights } from "./heights.js";
import type { Resources } from "../../domain/resources.js";
import type { TaskSpec } from "../../domain/task.js";
import { newPlaces } from "./indexed-heap.js";
import { ReadyQueue } from "./ready-queue.js";

/** The ready tasks of a plan, by what they take, for whoever chooses what starts. */
export interface ReadyTasks {
  readonly size: number;
  /** What tasks take, each demand once; a demand is named by its place here. */
  readonly demands: readonly Resources[];
  /** How many ready tasks have that demand. */
  sizeOf(demand: number): number;
  /** The first ready task with that demand, which stays; undefined if there is none. */
  headOf(demand: number): number | undefined;
  /** True if a ready task goes before another one. */
  goesBefore(task: number, other: number): boolean;
  /** Demands of which the first ready task may be another one since the last call. */
  takeChanged(): readonly number[];
  /** Takes the first ready task with that demand out, to be started or put back. Undefined if there is none. */
  take(demand: number): number | undefined;
  putBack(task: number): void;
}

/** What of a task decides where it stands. */
export type Rank = Pick<TaskSpec, "priority" | "resources">;

export class ReadyQueues implements ReadyTasks {
  readonly #heights: Pick<Heights, "of">;
  readonly #index = new DemandIndex();
  readonly #queues: ReadyQueue[] = [];
  /** A task is in one queue at most, so all share what says where. */
  readonly #places = { row: newPlaces(), heap: newPlaces() };
  #priorities = new Float64Array(0);
  /** By task, as far as there are others than the first demand. */
  #demands = new Int32Array(0);
  readonly #changed = new Set<number>();
  #size = 0;

  constructor(heights: Pick<Heights, "of">) {
    this.#heights = heights;
  }

  get size(): number {
    return this.#size;
  }

  get demands(): readonly Resources[] {
    return this.#index.demands;
  }

  /** Takes note of new tasks, the first of which has index `from`, or of one that is another from now on and not ready. */
  note(from: number, tasks: readonly Rank[]): void {
    this.#priorities = grown(this.#priorities, from + tasks.length);
    for (let offset = 0; offset < tasks.length; offset++) {
      const { priority, resources } = tasks[offset]!;
      const task = from + offset;
      this.#priorities[task] = priority;
      const demand = this.#index.of(resources);
      if (demand > 0) this.#demands = grown(this.#demands, task + 1);
      if (task < this.#demands.length) this.#demands[task] = demand;
    }
  }

  push(task: number): void {
    const demand = this.#demandOf(task);
    this.#queueOf(demand).push(task);
    this.#size += 1;
    this.#changed.add(demand);
  }

  sizeOf(demand: number): number {
    return this.#queues[demand]?.size ?? 0;
  }

  headOf(demand: number): number | undefined {
    return this.#queues[demand]?.first();
  }

  putBack(task: number): void {
    this.push(task);
  }

  take(demand: number): number | undefined {
    const task = this.#queues[demand]?.first();
    if (task !== undefined) this.remove(task);
    return task;
  }

  /** Removes a task if it is there. */
  remove(task: number): void {
    const demand = this.#demandOf(task);
    if (this.#queues[demand]?.remove(task) !== true) return;
    this.#size -= 1;
    this.#changed.add(demand);
  }

  clear(): void {
    for (const [demand, queue] of this.#queues.entries()) {
      queue?.clear();
      this.#changed.add(demand);
    }
    this.#size = 0;
  }

  /** To be called when the height of a task has changed, ready or not. */
  reorder(task: number): void {
    const demand = this.#demandOf(task);
    if (this.#queues[demand]?.reorder(task) === true) this.#changed.add(demand);
  }

  takeChanged(): number[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  readonly goesBefore = (a: number, b: number): boolean => {
    const byPriority = this.#priorities[a]! - this.#priorities[b]!;
    if (byPriority !== 0) {
      return byPriority > 0;
    }
    const byHeight = this.#heights.of(a) - this.#heights.of(b);
    return byHeight === 0 ? a < b : byHeight > 0;
  };

  #demandOf(task: number): number {
    return task < this.#demands.length ? this.#demands[task]! : 0;
  }

  #queueOf(demand: number): ReadyQueue {
    return (this.#queues[demand] ??= new ReadyQueue(this.goesBefore, this.#places));
  }
}
