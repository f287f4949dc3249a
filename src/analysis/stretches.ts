/** Stretches of time that lie apart from each other, put together of any: how much of another time they are. Pure. */

import type { Pause } from "../domain/history.js";
import type { Stretch } from "./display-slots.js";

export class Stretches {
  readonly #apart: { readonly from: number; to: number }[] = [];

  constructor(stretches: readonly Stretch[]) {
    for (const { from, to } of stretches.toSorted((a, b) => a.from - b.from)) {
      const last = this.#apart.at(-1);
      if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
      else this.#apart.push({ from, to });
    }
  }

  within(from: number, to: number): number {
    let sum = 0;
    for (const stretch of this.#apart) sum += Math.max(0, Math.min(to, stretch.to) - Math.max(from, stretch.from));
    return sum;
  }
}

/** One that still lasts ends with the time that is told of. */
export function pausesUntil(pauses: readonly Pause[], end: number): Stretches {
  return new Stretches(pauses.map(({ from, to }) => ({ from, to: to ?? Math.max(from, end) })));
}
