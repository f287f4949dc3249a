/**
 * A binary heap of small integers that knows where each one is, so that any of them can be removed or moved.
 *
 * Drives the ready queue (task indices), the admission (job slots) and the deadlines (tickets). It knows nothing of what the
 * integers stand for: the order is the caller's, who must tell it (`moved`) when the order of a member changes.
 */

import { grown } from "./growable.js";

/** Where each member is: its place plus one, 0 for those that are nowhere. Heaps that have no member in common may share one. */
export interface Places {
  values: Int32Array;
}

export function newPlaces(): Places {
  return { values: new Int32Array(16) };
}

export class IndexedHeap {
  readonly #isBefore: (a: number, b: number) => boolean;
  #members = new Int32Array(16);
  readonly #places: Places;
  #size = 0;

  /** `isBefore` must be a strict order; members for which neither is before the other leave in no particular order. */
  constructor(isBefore: (a: number, b: number) => boolean, places = newPlaces()) {
    this.#isBefore = isBefore;
    this.#places = places;
  }

  get size(): number {
    return this.#size;
  }

  has(member: number): boolean {
    return member < this.#places.values.length && this.#places.values[member]! !== 0;
  }

  /** Adds a member that is not in the heap. */
  push(member: number): void {
    this.#members = grown(this.#members, this.#size + 1);
    this.#places.values = grown(this.#places.values, member + 1);
    this.#rise(member, this.#size++);
  }

  /** The first member, which stays; undefined if there is none. */
  first(): number | undefined {
    return this.#size === 0 ? undefined : this.#members[0]!;
  }

  /** Removes a member; false if it was none. */
  remove(member: number): boolean {
    if (!this.has(member)) {
      return false;
    }
    const place = this.#places.values[member]! - 1;
    this.#places.values[member] = 0;
    const last = this.#members[--this.#size]!;
    if (last !== member) {
      this.#settle(last, place);
    }
    return true;
  }

  clear(): void {
    for (let place = 0; place < this.#size; place++) {
      this.#places.values[this.#members[place]!] = 0;
    }
    this.#size = 0;
  }

  /** Puts a member where it belongs after its order changed. */
  moved(member: number): void {
    this.#settle(member, this.#places.values[member]! - 1);
  }

  #settle(member: number, place: number): void {
    if (place > 0 && this.#isBefore(member, this.#members[(place - 1) >> 1]!)) {
      this.#rise(member, place);
    } else {
      this.#sink(member, place);
    }
  }

  #rise(member: number, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const other = this.#members[above]!;
      if (!this.#isBefore(member, other)) {
        break;
      }
      this.#put(other, place);
      place = above;
    }
    this.#put(member, place);
  }

  #sink(member: number, from: number): void {
    let place = from;
    for (let below = 2 * place + 1; below < this.#size; below = 2 * place + 1) {
      if (below + 1 < this.#size && this.#isBefore(this.#members[below + 1]!, this.#members[below]!)) {
        below += 1;
      }
      const other = this.#members[below]!;
      if (!this.#isBefore(other, member)) {
        break;
      }
      this.#put(other, place);
      place = below;
    }
    this.#put(member, place);
  }

  #put(member: number, place: number): void {
    this.#members[place] = member;
    this.#places.values[member] = place + 1;
  }
}
