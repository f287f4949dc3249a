/** Which points of a sweep are one job at several degrees of parallelism, and the laws that fit them. Pure. */

import { median } from "simple-statistics";
import { toFigure } from "./figure.js";
import type { Measured } from "./measured.js";
import type { BenchPoint } from "./points.js";
import type { RunFigures, ScalingResult } from "./result.js";
import { fitAmdahl, fitUsl, type ScalingPoint } from "./scaling.js";
import type { Random } from "./seeded-random.js";

/** @param good the figures of the good runs of each point. */
export function scalingOf(
  { points, sweep }: Pick<Measured, "points" | "sweep">,
  good: readonly (readonly RunFigures[])[],
  random: Random,
): ScalingResult[] {
  const axes = [
    ...(sweep.concurrency.length > 1 ? ["concurrency"] : []),
    ...Object.keys(sweep.params).filter((name) => sweep.params[name]!.length > 1 && sweep.params[name]!.every(isNumber)),
  ];
  const [axis] = axes;
  if (axis === undefined) return [];
  const series = new Map<string, number[]>();
  for (const [point, at] of points.entries()) {
    if (good[point]!.length === 0) continue;
    const key = keyWithout(at, axis);
    series.set(key, [...(series.get(key) ?? []), point]);
  }
  return [...series.values()].flatMap((own) => fitSeries(axis, own, points, good, random));
}

function fitSeries(
  axis: string,
  own: readonly number[],
  points: readonly BenchPoint[],
  good: readonly (readonly RunFigures[])[],
  random: Random,
): ScalingResult[] {
  // More slots than tasks side by side are none.
  const parallelism = own.map((point) => Math.min(points[point]!.concurrency, median(good[point]!.map(({ widest }) => widest))));
  const measured = own.map((point, index): ScalingPoint => {
    return { parallelism: parallelism[index]!, timesMs: good[point]!.map(({ pipeline_ms }) => pipeline_ms) };
  });
  const [amdahl, usl] = [fitAmdahl(measured, random), fitUsl(measured, random)];
  if (amdahl === null) return [];
  return [
    {
      axis,
      points: own,
      parallelism,
      amdahl: {
        serial_share: toFigure(amdahl.serialShare),
        max_speed_up: finite(amdahl.maxSpeedUp),
        misfit: amdahl.misfit,
      },
      usl:
        usl === null
          ? null
          : {
              contention: toFigure(usl.contention),
              coherence: toFigure(usl.coherence),
              peak: finite(usl.peak),
              misfit: usl.misfit,
            },
    },
  ];
}

function keyWithout({ concurrency, params }: BenchPoint, axis: string): string {
  const rest = Object.entries(params).filter(([name]) => name !== axis);
  return JSON.stringify([axis === "concurrency" ? null : concurrency, rest]);
}

function isNumber(value: unknown): boolean {
  return value !== "" && Number.isFinite(Number(value));
}

/** Beyond what any machine has is as good as never. */
function finite(value: number): number | null {
  return value < 1e6 ? value : null;
}
