/**
 * Ready tasks that take the same, in the order in which they start. One of those in ready-queues.ts, which says what that order is.
 *
 * Tasks that become ready in the order in which they start, as the many of a fan-out do, stand in a row, where to come takes one
 * comparison and to leave none. Only those that come out of order go into a heap.
 */

import { grown } from "./growable.js";
import { IndexedHeap, type Places } from "./indexed-heap.js";

export class ReadyQueue {
  readonly #goesBefore: (a: number, b: number) => boolean;
  readonly #heap: IndexedHeap;
  /** In order, the first at `#head`; one that was removed from the middle stays, and its place is no longer the one it has. */
  #row: number[] = [];
  #head = 0;
  #rowSize = 0;
  /** Place in `#row` plus one by task; 0 for those that are in no row. */
  readonly #places: Places;

  constructor(goesBefore: (a: number, b: number) => boolean, places: { readonly row: Places; readonly heap: Places }) {
    this.#goesBefore = goesBefore;
    this.#heap = new IndexedHeap(goesBefore, places.heap);
    this.#places = places.row;
  }

  push(task: number): void {
    if (this.#rowSize === 0) {
      this.#clearRow();
    } else if (!this.#goesBefore(this.#row.at(-1)!, task)) {
      this.#heap.push(task);
      return;
    }
    this.#places.values = grown(this.#places.values, task + 1);
    this.#places.values[task] = this.#row.push(task);
    this.#rowSize += 1;
  }

  get size(): number {
    return this.#rowSize + this.#heap.size;
  }

  /** The next task to start; undefined if none is ready. */
  first(): number | undefined {
    const inRow = this.#rowSize === 0 ? undefined : this.#row[this.#head];
    const inHeap = this.#heap.first();
    return inRow === undefined || (inHeap !== undefined && this.#goesBefore(inHeap, inRow)) ? inHeap : inRow;
  }

  /** Removes a task; false if it is not there. */
  remove(task: number): boolean {
    if (!this.#isInRow(task)) return this.#heap.remove(task);
    this.#leaveRow(task);
    return true;
  }

  clear(): void {
    this.#heap.clear();
    for (const task of this.#row) {
      this.#places.values[task] = 0;
    }
    this.#clearRow();
  }

  /** To be called when what orders a task has changed; false if it is not there. */
  reorder(task: number): boolean {
    if (this.#heap.has(task)) {
      this.#heap.moved(task);
    } else if (this.#isInRow(task)) {
      this.#leaveRow(task);
      this.#heap.push(task);
    } else {
      return false;
    }
    return true;
  }

  #isInRow(task: number): boolean {
    return task < this.#places.values.length && this.#places.values[task] !== 0;
  }

  /** What stands first and last in the row is always in the queue. */
  #leaveRow(task: number): void {
    this.#places.values[task] = 0;
    this.#rowSize -= 1;
    while (this.#head < this.#row.length && this.#hasLeft(this.#head)) {
      this.#head += 1;
    }
    while (this.#row.length > this.#head && this.#hasLeft(this.#row.length - 1)) {
      this.#row.pop();
    }
  }

  #hasLeft(place: number): boolean {
    return this.#places.values[this.#row[place]!] !== place + 1;
  }

  #clearRow(): void {
    this.#row = [];
    this.#head = 0;
    this.#rowSize = 0;
  }
}
