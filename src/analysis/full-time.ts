/** In how much of a time all slots were taken. Pure. */

import type { Moment } from "./timeline.js";

export class FullTime {
  readonly #moments: readonly Moment[];
  readonly #slots: number;
  /** Of each moment: milliseconds before it in which all were taken. */
  readonly #before: number[] = [];

  constructor(moments: readonly Moment[], slots: number) {
    this.#moments = moments;
    this.#slots = slots;
    let sum = 0;
    for (const [index, { at, taken }] of moments.entries()) {
      this.#before.push(sum);
      if (taken >= slots) sum += (moments[index + 1]?.at ?? at) - at;
    }
  }

  within(from: number, to: number): number {
    return to <= from ? 0 : this.#until(to) - this.#until(from);
  }

  #until(at: number): number {
    let [low, high] = [0, this.#moments.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#moments[middle]!.at <= at) low = middle + 1;
      else high = middle;
    }
    const moment = this.#moments[low - 1];
    if (moment === undefined) return 0;
    const isFull = moment.taken >= this.#slots && low < this.#moments.length;
    return this.#before[low - 1]! + (isFull ? at - moment.at : 0);
  }
}
