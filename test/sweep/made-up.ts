/** Measurements whose truth is known: times of a known median with the noise of a real machine. */

import type { Sample } from "../../src/sweep/estimate.js";
import type { Random } from "../../src/sweep/seeded-random.js";

export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Log-normal about `median`: `noise` is the standard deviation, as a share of it. */
export function times(median: number, count: number, noise: number, random: Random): number[] {
  return Array.from({ length: count }, () => median * Math.exp(noise * normal(random)));
}

export function samples(values: readonly number[], firstRound = 1): Sample[] {
  return values.map((value, index) => ({ round: firstRound + index, value }));
}
