/**
 * Moments to come, soonest first: the timeouts of attempts and the ends of retry delays.
 *
 * Filled and emptied by the scheduler, which also tells the time; no timer is set here. A deadline that is no longer needed is
 * removed at once, not left to be ignored when it comes: a million tasks with a timeout of a day must not leave a million
 * entries.
 */

import { IndexedHeap } from "./plan/indexed-heap.js";

export class Deadlines<Item> {
  readonly #times: number[] = [];
  readonly #items: (Item | undefined)[] = [];
  readonly #freeTickets: number[] = [];
  readonly #heap = new IndexedHeap((a, b) => this.#times[a]! < this.#times[b]!);

  /** Monotonic milliseconds of the soonest deadline; null if there is none. */
  get next(): number | null {
    const first = this.#heap.first();
    return first === undefined ? null : this.#times[first]!;
  }

  /** Adds a deadline in monotonic milliseconds. The ticket that comes back is good until the deadline is removed or taken. */
  add(time: number, item: Item): number {
    const ticket = this.#freeTickets.pop() ?? this.#times.length;
    this.#times[ticket] = time;
    this.#items[ticket] = item;
    this.#heap.push(ticket);
    return ticket;
  }

  remove(ticket: number): void {
    if (this.#heap.remove(ticket)) {
      this.#items[ticket] = undefined;
      this.#freeTickets.push(ticket);
    }
  }

  /** Removes and gives the soonest item whose time is `now` or earlier; undefined if nothing is due. */
  takeDue(now: number): Item | undefined {
    const first = this.#heap.first();
    if (first === undefined || this.#times[first]! > now) {
      return undefined;
    }
    const item = this.#items[first];
    this.remove(first);
    return item;
  }
}
