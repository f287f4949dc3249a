/** Makes the answer of a bench from its runs: figures for each point, what to choose, how it scales. Pure; the same runs give the same. */

import { medianOf, ratioOf, verdictOf, type Sample } from "./estimate.js";
import { toFigure } from "./figure.js";
import { findKnee } from "./knee.js";
import type { Measured } from "./measured.js";
import { outliersOf } from "./noise.js";
import { pointText, type BenchPoint } from "./points.js";
import type { BenchResult, BenchRun, Figure, PointResult, RunFigures } from "./result.js";
import { scalingOf } from "./scaling-series.js";
import { seededRandom, type Random } from "./seeded-random.js";
import { warningsOf } from "./warnings.js";

export type Answer = Pick<BenchResult, "points" | "baseline" | "fastest" | "knee" | "scaling" | "warnings">;

/** A good run of a point, with its index among all runs. */
interface GoodRun {
  readonly index: number;
  readonly round: number;
  readonly ownCpuMs: number;
  readonly figures: RunFigures;
}

export function answerOf(measured: Measured): Answer {
  const { points, sweep, runs, seed } = measured;
  const random = seededRandom(seed);
  const good = points.map((_, point) => goodRuns(runs, point));
  const walls = good.map((each) => samplesOf(each, ({ wall_ms }) => wall_ms));
  const baseline = baselineOf(points, good);
  const results = points.map((point, index): PointResult => {
    const failed = runs.filter((run) => run.point === index && !run.warmup && run.outcome === "failed").length;
    const comparison = baseline === null ? null : { walls, baseline, index, points };
    return Object.assign({ label: pointText(point, sweep), failed }, point, summarize(good[index]!, comparison, random));
  });
  const fastest = indexOfLeast(results.map(({ wall }) => wall?.value ?? Infinity));
  return {
    points: results,
    baseline,
    fastest,
    knee: baseline === null || fastest === null ? null : findKnee({ results, walls, baseline, fastest }, random),
    scaling: scalingOf(
      measured,
      good.map((each) => each.map(({ figures }) => figures)),
      random,
    ),
    warnings: warningsOf(measured, results),
  };
}

/** The fewest slots, and of those the first point of the sweep, that has a good run. */
function baselineOf(points: readonly BenchPoint[], good: readonly (readonly GoodRun[])[]): number | null {
  return indexOfLeast(points.map(({ concurrency }, index) => (good[index]!.length === 0 ? Infinity : concurrency)));
}

interface Comparison {
  readonly walls: readonly (readonly Sample[])[];
  readonly baseline: number;
  readonly index: number;
  readonly points: readonly BenchPoint[];
}

type Summary = Omit<PointResult, "concurrency" | "params" | "label" | "failed">;

function summarize(good: readonly GoodRun[], comparison: Comparison | null, random: Random): Summary {
  if (good.length === 0 || comparison === null) {
    const nothing = { wall: null, pipeline: null, own: null, cpu: null, own_cpu: null, memory: null };
    return { ...nothing, runs: 0, speed_up: null, verdict: null, efficiency: null, outliers: [], typical: null };
  }
  const { walls, baseline, index, points } = comparison;
  const figure = (value: (figures: RunFigures, run: GoodRun) => number | null): Figure | null => {
    const known = good.flatMap((run) => {
      const each = value(run.figures, run);
      return each === null ? [] : [{ round: run.round, value: each }];
    });
    return known.length === 0 ? null : toFigure(medianOf(known, random));
  };
  const speedUp = ratioOf(walls[baseline]!, walls[index]!, random);
  const times = good.map(({ figures }) => figures.wall_ms);
  const wall = figure(({ wall_ms }) => wall_ms);
  const nearest = good.toSorted((a, b) => distance(a, wall!) - distance(b, wall!))[0]!;
  return {
    runs: good.length,
    wall,
    pipeline: figure(({ pipeline_ms }) => pipeline_ms),
    own: figure(({ own_ms }) => own_ms),
    speed_up: index === baseline ? { value: 1, low: null, high: null } : toFigure(speedUp),
    verdict: index === baseline ? null : verdictOf(ratioOf(walls[index]!, walls[baseline]!, random)),
    efficiency: (speedUp.value * points[baseline]!.concurrency) / points[index]!.concurrency,
    cpu: figure(({ cpu_ms }) => cpu_ms),
    own_cpu: figure((_, { ownCpuMs }) => ownCpuMs),
    memory: figure(({ memory_kb }) => memory_kb),
    outliers: outliersOf(times).map((place) => good[place]!.index),
    typical: nearest.index,
  };
}

function samplesOf(
  runs: readonly { readonly round: number; readonly figures: RunFigures }[],
  value: (figures: RunFigures) => number,
): Sample[] {
  return runs.map(({ round, figures }) => ({ round, value: value(figures) }));
}

function goodRuns(runs: readonly BenchRun[], point: number): GoodRun[] {
  return runs.flatMap(({ point: own, warmup, figures, round, own_cpu_ms: ownCpuMs }, index) =>
    own === point && !warmup && figures !== null ? [{ index, round, ownCpuMs, figures }] : [],
  );
}

function distance({ figures }: GoodRun, { value }: Figure): number {
  return Math.abs(figures.wall_ms - value);
}

/** Null if all are infinite. */
function indexOfLeast(values: readonly number[]): number | null {
  const least = Math.min(...values);
  return Number.isFinite(least) ? values.indexOf(least) : null;
}
