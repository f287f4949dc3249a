/**
 * The ready tasks of one job, in the order in which they start: by priority, then by the longest chain behind them, then as
 * declared.
 *
 * Filled by the plan as tasks become ready, emptied by the dispatcher. It knows nothing of limits and of other jobs.
 */

import { grown } from "./growable.js";
import type { Heights } from "./heights.js";
import { IndexedHeap } from "./indexed-heap.js";

export class ReadyQueue {
  readonly #heap: IndexedHeap;
  #priorities = new Float64Array(0);

  constructor(heights: Heights) {
    this.#heap = new IndexedHeap((a, b) => {
      const byPriority = this.#priorities[a]! - this.#priorities[b]!;
      if (byPriority !== 0) {
        return byPriority > 0;
      }
      const byHeight = heights.of(a) - heights.of(b);
      return byHeight === 0 ? a < b : byHeight > 0;
    });
  }

  get size(): number {
    return this.#heap.size;
  }

  /** Takes note of the priorities of new tasks, the first of which has index `from`. */
  prioritize(from: number, tasks: readonly { readonly priority: number }[]): void {
    this.#priorities = grown(this.#priorities, from + tasks.length);
    for (let offset = 0; offset < tasks.length; offset++) {
      this.#priorities[from + offset] = tasks[offset]!.priority;
    }
  }

  push(task: number): void {
    this.#heap.push(task);
  }

  /** The next task to start; undefined if none is ready. */
  pop(): number | undefined {
    return this.#heap.pop();
  }

  /** Removes a task if it is there. */
  remove(task: number): void {
    this.#heap.remove(task);
  }

  clear(): void {
    this.#heap.clear();
  }

  /** To be called when the height of a task has changed, ready or not. */
  reorder(task: number): void {
    if (this.#heap.has(task)) {
      this.#heap.moved(task);
    }
  }
}
