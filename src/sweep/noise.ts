/** What is wrong with measurements: single ones that stand apart, and a machine that became slower or faster meanwhile. Pure. */

import { median, medianAbsoluteDeviation, sampleRankCorrelation } from "simple-statistics";

/** So far from the median, in robust standard deviations, are less than one in 2,000 normal values (Iglewicz and Hoaglin). */
const FAR = 3.5;
/** The median absolute deviation of a normal distribution, in its standard deviations. */
const MAD_OF_NORMAL = 0.6745;
/** What is nearer than this share of the median is no outlier, however narrow the others lie. */
const NEAR = 0.05;
/** Fewer have no bulk to be far from. */
const MIN_FOR_OUTLIERS = 5;

/** Places of the values that stand apart from the others. */
export function outliersOf(values: readonly number[]): number[] {
  if (values.length < MIN_FOR_OUTLIERS) return [];
  const middle = median([...values]);
  const deviation = medianAbsoluteDeviation([...values]);
  return values.flatMap((value, index) => {
    const distance = Math.abs(value - middle);
    return distance > NEAR * middle && distance * MAD_OF_NORMAL > FAR * deviation ? [index] : [];
  });
}

export interface Drift {
  /** How much longer the same took at the end than at the beginning: 0.1 is 10 %; negative if it took less. */
  readonly change: number;
}

/** Fewer could be in order by chance. */
const MIN_FOR_DRIFT = 8;
/** A correlation of ranks this strong comes by chance in less than one case in 100, times its standard error 1 / √(n − 1). */
const STRONG = 2.6;
const NOTEWORTHY = 0.03;

/**
 * Whether the machine changed while it was measured.
 *
 * @param relative each measurement divided by the median of its own kind, in the order in which they were taken.
 * @returns null if there is no sign of it.
 */
export function driftOf(relative: readonly number[]): Drift | null {
  const count = relative.length;
  if (count < MIN_FOR_DRIFT || new Set(relative).size < 3) return null;
  const correlation = sampleRankCorrelation(
    relative.map((_, index) => index),
    [...relative],
  );
  const third = Math.floor(count / 3);
  const change = median(relative.slice(-third)) / median(relative.slice(0, third)) - 1;
  const isStrong = Math.abs(correlation) * Math.sqrt(count - 1) > STRONG;
  return isStrong && Math.abs(change) > NOTEWORTHY ? { change } : null;
}
