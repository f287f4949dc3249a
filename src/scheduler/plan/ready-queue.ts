/**
 * The ready tasks of one job, in the order in which they start: by priority, then by the longest chain behind them, then as
 * declared.
 *
 * Filled by the plan as tasks become ready, emptied by the dispatcher. It knows nothing of limits and of other jobs.
 *
 * Tasks that become ready in the order in which they start, as the many of a fan-out do, stand in a row, where to come takes one
 * comparison and to leave none. Only those that come out of order go into a heap.
 */

import { grown } from "./growable.js";
import type { Heights } from "./heights.js";
import { IndexedHeap } from "./indexed-heap.js";

export class ReadyQueue {
  readonly #heights: Pick<Heights, "of">;
  readonly #heap = new IndexedHeap((a, b) => this.#isBefore(a, b));
  /** In order, the first at `#head`; one that was removed from the middle stays, and its place is no longer the one it has. */
  #row: number[] = [];
  #head = 0;
  #rowSize = 0;
  /** Place in `#row` plus one by task; 0 for those that are not in it. */
  #places = new Int32Array(0);
  #priorities = new Float64Array(0);

  constructor(heights: Pick<Heights, "of">) {
    this.#heights = heights;
  }

  get size(): number {
    return this.#rowSize + this.#heap.size;
  }

  /** Takes note of the priorities of new tasks, the first of which has index `from`. */
  prioritize(from: number, tasks: readonly { readonly priority: number }[]): void {
    this.#priorities = grown(this.#priorities, from + tasks.length);
    this.#places = grown(this.#places, from + tasks.length);
    for (let offset = 0; offset < tasks.length; offset++) {
      this.#priorities[from + offset] = tasks[offset]!.priority;
    }
  }

  push(task: number): void {
    if (this.#rowSize === 0) {
      this.#clearRow();
    } else if (!this.#isBefore(this.#row.at(-1)!, task)) {
      this.#heap.push(task);
      return;
    }
    this.#places[task] = this.#row.push(task);
    this.#rowSize += 1;
  }

  /** The next task to start; undefined if none is ready. */
  pop(): number | undefined {
    const inRow = this.#rowSize === 0 ? undefined : this.#row[this.#head];
    const inHeap = this.#heap.first();
    if (inRow === undefined || (inHeap !== undefined && this.#isBefore(inHeap, inRow))) {
      return this.#heap.pop();
    }
    this.#leaveRow(inRow);
    return inRow;
  }

  /** Removes a task if it is there. */
  remove(task: number): void {
    if (this.#places[task] === 0) {
      this.#heap.remove(task);
    } else {
      this.#leaveRow(task);
    }
  }

  clear(): void {
    this.#heap.clear();
    for (const task of this.#row) {
      this.#places[task] = 0;
    }
    this.#clearRow();
  }

  /** To be called when the height of a task has changed, ready or not. */
  reorder(task: number): void {
    if (this.#heap.has(task)) {
      this.#heap.moved(task);
    } else if (this.#places[task] !== 0) {
      this.#leaveRow(task);
      this.#heap.push(task);
    }
  }

  #isBefore(a: number, b: number): boolean {
    const byPriority = this.#priorities[a]! - this.#priorities[b]!;
    if (byPriority !== 0) {
      return byPriority > 0;
    }
    const byHeight = this.#heights.of(a) - this.#heights.of(b);
    return byHeight === 0 ? a < b : byHeight > 0;
  }

  /** What stands first and last in the row is always in the queue. */
  #leaveRow(task: number): void {
    this.#places[task] = 0;
    this.#rowSize -= 1;
    while (this.#head < this.#row.length && this.#hasLeft(this.#head)) {
      this.#head += 1;
    }
    while (this.#row.length > this.#head && this.#hasLeft(this.#row.length - 1)) {
      this.#row.pop();
    }
  }

  #hasLeft(place: number): boolean {
    return this.#places[this.#row[place]!] !== place + 1;
  }

  #clearRow(): void {
    this.#row = [];
    this.#head = 0;
    this.#rowSize = 0;
  }
}
