/** Which tasks' output is next: as they end, or in the order of their numbers. Holds a few bytes of each that waits. */

import { NumberSet, PAGE } from "./number-set.js";

export interface Order {
  /** A task has ended. */
  add(number: number): void;
  /** The next one whose turn it is; null if none is. */
  next(): number | null;
}

/** Tags are held for the tasks that wait; without one nothing is. */
export class AsTheyEnd implements Order {
  #waiting: number[] = [];
  #place = 0;

  add(number: number): void {
    this.#waiting.push(number);
  }

  next(): number | null {
    const number = this.#waiting[this.#place];
    if (number === undefined) return null;
    this.#place += 1;
    if (this.#place === SPENT) {
      this.#waiting = this.#waiting.slice(this.#place);
      this.#place = 0;
    }
    return number;
  }
}

const SPENT = 4096;

/** Of what has ended and is not due yet a bit is held. */
export class ByNumber implements Order {
  #due: number;
  readonly #ended = new NumberSet();

  /** @param first the number that is due first. */
  constructor(first = 1) {
    this.#due = first;
  }

  /** The number that is due. */
  get due(): number {
    return this.#due;
  }

  add(number: number): void {
    this.#ended.add(number);
  }

  next(): number | null {
    const number = this.#due;
    if (!this.#ended.has(number)) return null;
    this.#due += 1;
    if (this.#due % PAGE === 0) this.#ended.forget(Math.floor(number / PAGE));
    return number;
  }
}
