/**
 * How the time of a job depends on how many tasks run side by side: Amdahl's law and the universal scalability law, fitted to the medians,
 * with bootstrap intervals. Pure.
 *
 * Amdahl (1967): T(p) = T(1) × (s + (1 − s) / p), s the serial share. Gunther (1993): T(p) = T(1) × (1 + α (p − 1) + β p (p − 1)) / p, α the
 * share that has to queue for something, β the cost of everybody agreeing with everybody. Both are linear in coefficients that can't be
 * negative, so that there is one best fit and nothing to start from. Errors count relative to the time: noise grows with it.
 */

import { median } from "simple-statistics";
import { bootstrap, resample, type Estimate } from "./estimate.js";
import { nonNegativeLeastSquares } from "./least-squares.js";
import type { Random } from "./seeded-random.js";

/** The times of all runs at one degree of parallelism. */
export interface ScalingPoint {
  readonly parallelism: number;
  readonly timesMs: readonly number[];
}

export interface Amdahl {
  /** Share of the time with one at a time that does not shrink, 0 to 1. */
  readonly serialShare: Estimate;
  /** The speed-up that no number of slots exceeds; infinite without a serial part. */
  readonly maxSpeedUp: number;
  /** How far the law is off where it is off most, as a share of the time. */
  readonly misfit: number;
}

export interface Usl {
  readonly contention: Estimate;
  readonly coherence: Estimate;
  /** Where more begins to cost time; infinite if nowhere. */
  readonly peak: number;
  readonly misfit: number;
}

type Law = (parallelism: number) => number[];

const amdahlLaw: Law = (p) => [1, 1 / p];
const uslLaw: Law = (p) => [1 / p, 1, p - 1];

/** Null with fewer than two degrees of parallelism, or if no time is left to explain. */
export function fitAmdahl(points: readonly ScalingPoint[], random: Random): Amdahl | null {
  if (degrees(points) < 2) return null;
  const shareOf = ([serial, parallel]: readonly number[]): number => serial! / (serial! + parallel!);
  const fit = fitLaw(points, amdahlLaw);
  if (fit === null) return null;
  const value = shareOf(fit);
  const spread = bootstrap(fewest(points), () => shareOf(fitLaw(drawn(points, random), amdahlLaw) ?? fit));
  return { serialShare: { value, ...spread }, maxSpeedUp: 1 / value, misfit: misfitOf(points, amdahlLaw, fit) };
}

/** Null with fewer than three degrees of parallelism. Four or more are needed for `misfit` to say anything. */
export function fitUsl(points: readonly ScalingPoint[], random: Random): Usl | null {
  if (degrees(points) < 3) return null;
  const coefficientsOf = ([c0, c1, c2]: readonly number[]): readonly [number, number] => [c1! / (c0! + c1!), c2! / (c0! + c1!)];
  const fit = fitLaw(points, uslLaw);
  if (fit === null) return null;
  const [alpha, beta] = coefficientsOf(fit);
  if (!Number.isFinite(beta)) return null;
  const draws: (readonly [number, number])[] = [];
  const first = bootstrap(fewest(points), () => {
    draws.push(coefficientsOf(fitLaw(drawn(points, random), uslLaw) ?? fit));
    return draws.at(-1)![0];
  });
  let next = 0;
  const second = bootstrap(fewest(points), () => draws[next++]![1]);
  return {
    contention: { value: alpha, ...first },
    coherence: { value: beta, ...second },
    peak: beta > 0 ? Math.sqrt((1 - alpha) / beta) : Infinity,
    misfit: misfitOf(points, uslLaw, fit),
  };
}

function fitLaw(points: readonly ScalingPoint[], law: Law): number[] | null {
  const medians = points.map(({ timesMs }) => median([...timesMs]));
  const rows = points.map(({ parallelism }, index) => law(parallelism).map((value) => value / medians[index]!));
  return nonNegativeLeastSquares(
    rows,
    rows.map(() => 1),
  );
}

function misfitOf(points: readonly ScalingPoint[], law: Law, fit: readonly number[]): number {
  return Math.max(
    ...points.map(({ parallelism, timesMs }) => {
      const expected = law(parallelism).reduce((sum, value, index) => sum + value * fit[index]!, 0);
      return Math.abs(expected / median([...timesMs]) - 1);
    }),
  );
}

function drawn(points: readonly ScalingPoint[], random: Random): ScalingPoint[] {
  return points.map(({ parallelism, timesMs }) => ({ parallelism, timesMs: resample(timesMs, random) }));
}

function degrees(points: readonly ScalingPoint[]): number {
  return new Set(points.map(({ parallelism }) => parallelism)).size;
}

function fewest(points: readonly ScalingPoint[]): number {
  return Math.min(...points.map(({ timesMs }) => timesMs.length));
}
