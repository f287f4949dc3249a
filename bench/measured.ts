/** What a scenario measured, as columns and goals ask for it. Pure. What was not measured is null, and so is all that is made of it. */

import type { ContenderResult } from "./result.js";
import { summarize, type Summary } from "./statistics.js";

export class Measured {
  readonly #results: ReadonlyMap<string, ContenderResult>;

  constructor(results: readonly ContenderResult[]) {
    this.#results = new Map(results.map((result) => [result.name, result]));
  }

  summary(contender: string, value: string): Summary | null {
    const result = this.#results.get(contender);
    if (result?.kind !== "measured") return null;
    const samples = result.samples.flatMap((values) => values[value] ?? []);
    return samples.length === 0 ? null : summarize(samples);
  }

  median(contender: string, value: string): number | null {
    return this.summary(contender, value)?.median ?? null;
  }

  /** How many times as fast as `other` a contender was, by wall time. */
  speed(contender: string, other: string): number | null {
    return over(this.median(other, "wallMs"), this.median(contender, "wallMs"));
  }
}

export function minus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a - b;
}

export function times(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a * b;
}

/** Null also for a division by zero. */
export function over(a: number | null, b: number | null): number | null {
  return a === null || b === null || b === 0 ? null : a / b;
}
