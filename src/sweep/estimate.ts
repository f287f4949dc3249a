/**
 * What a handful of measurements says, and how sure that is: medians and their ratios with percentile intervals of a seeded bootstrap. Pure.
 *
 * Medians, since run times have a long tail to one side. The interval is to hold the true value in 95 of 100 cases. The plain percentiles
 * of a bootstrap are too narrow for that with few measurements, so they are taken further out (the expanded percentile interval of
 * Hesterberg, 2014). With fewer than five no bootstrap can do it, and then nothing is concluded (`isEnough`). Tried on made-up times of
 * known median (test/sweep/estimate.test.ts).
 */

import { cumulativeStdNormalProbability, median, quantileSorted } from "simple-statistics";
import type { Random } from "./seeded-random.js";

/** One measurement, and the round of the bench in which it was taken. */
export interface Sample {
  readonly round: number;
  readonly value: number;
}

export interface Estimate {
  readonly value: number;
  /** Where the true value is, 19 times out of 20; null of a single measurement, which says nothing of it. */
  readonly interval: readonly [low: number, high: number] | null;
  readonly count: number;
}

/** With fewer measurements an interval is too narrow to conclude from. */
export const ENOUGH = 5;
const RESAMPLES = 2_000;
/** Of the normal distribution: what leaves one in 40 above it. */
const Z = 1.959964;

/** Of at least one sample. */
export function medianOf(samples: readonly Sample[], random: Random): Estimate {
  const values = samples.map(({ value }) => value);
  return { ...bootstrap(values.length, () => median(resample(values, random))), value: median(values) };
}

/**
 * How many times as much as `others` the `samples` are. Those of one round were measured under the same conditions: where both have the
 * same rounds, whole rounds are drawn, so that a machine that drifts does not blur the comparison.
 */
export function ratioOf(samples: readonly Sample[], others: readonly Sample[], random: Random): Estimate {
  const [a, b] = [byRound(samples), byRound(others)];
  const isPaired = a.length === b.length && a.every(({ round }, index) => round === b[index]!.round);
  const [top, bottom] = [a.map(({ value }) => value), b.map(({ value }) => value)];
  const draw = (): number => {
    if (!isPaired) return median(resample(top, random)) / median(resample(bottom, random));
    const rounds = top.map(() => Math.floor(random() * top.length));
    return median(rounds.map((index) => top[index]!)) / median(rounds.map((index) => bottom[index]!));
  };
  return { ...bootstrap(Math.min(top.length, bottom.length), draw), value: median(top) / median(bottom) };
}

/** Where the values are that `draw` gives. `count` is the number of measurements behind it. */
export function bootstrap(count: number, draw: () => number): Omit<Estimate, "value"> {
  if (count < 2) return { interval: null, count };
  const drawn = Array.from({ length: RESAMPLES }, draw).sort((x, y) => x - y);
  const tail = tailOf(count);
  return { interval: [quantileSorted(drawn, tail), quantileSorted(drawn, 1 - tail)], count };
}

/** What is left out at each end: as much of a normal distribution as lies beyond Student's quantile, widened as a sample's spread is. */
function tailOf(count: number): number {
  const freedom = count - 1;
  // Cornish and Fisher's expansion; below three degrees of freedom it is off, and the interval reaches from end to end anyhow.
  const student = Z + (Z ** 3 + Z) / (4 * freedom) + (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / (96 * freedom ** 2);
  return 1 - cumulativeStdNormalProbability(Math.sqrt(count / freedom) * student);
}

export function isEnough({ count }: Pick<Estimate, "count">): boolean {
  return count >= ENOUGH;
}

/** What a ratio of times says: `same` means that no difference was found, not that there is none. */
export function verdictOf(ratio: Estimate): "faster" | "slower" | "same" | "too-few" {
  if (ratio.interval === null || !isEnough(ratio)) return "too-few";
  const [low, high] = ratio.interval;
  return low > 1 ? "slower" : high < 1 ? "faster" : "same";
}

export function resample(values: readonly number[], random: Random): number[] {
  return values.map(() => values[Math.floor(random() * values.length)]!);
}

function byRound(samples: readonly Sample[]): Sample[] {
  return samples.toSorted((x, y) => x.round - y.round);
}
