/** In how much of a time the slots had no room for a task. Pure. */

import type { Moment } from "./timeline.js";

export class FullTime {
  readonly #moments: readonly Moment[];
  readonly #slots: number;
  /** By what a task takes, of each moment: milliseconds before it in which there was no room for that. */
  readonly #before = new Map<number, readonly number[]>();

  constructor(moments: readonly Moment[], slots: number) {
    this.#moments = moments;
    this.#slots = slots;
  }

  /** @param cores what the task takes of the slots. */
  within(from: number, to: number, cores: number): number {
    return to <= from ? 0 : this.#until(to, cores) - this.#until(from, cores);
  }

  #until(at: number, cores: number): number {
    const before = this.#before.get(cores) ?? this.#sum(cores);
    let [low, high] = [0, this.#moments.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#moments[middle]!.at <= at) low = middle + 1;
      else high = middle;
    }
    const moment = this.#moments[low - 1];
    if (moment === undefined) return 0;
    const isFull = this.#isFull(moment, cores) && low < this.#moments.length;
    return before[low - 1]! + (isFull ? at - moment.at : 0);
  }

  #sum(cores: number): readonly number[] {
    let sum = 0;
    const before = this.#moments.map((moment, index) => {
      const own = sum;
      if (this.#isFull(moment, cores)) sum += (this.#moments[index + 1]?.at ?? moment.at) - moment.at;
      return own;
    });
    this.#before.set(cores, before);
    return before;
  }

  #isFull({ taken }: Moment, cores: number): boolean {
    return taken + cores > this.#slots + 1e-6;
  }
}
