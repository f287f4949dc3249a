/** What a reader of a bench should know before relying on it. Pure. */

import { median } from "simple-statistics";
import { ENOUGH } from "./estimate.js";
import type { Measured } from "./measured.js";
import { driftOf } from "./noise.js";
import type { BenchRun, PointResult } from "./result.js";

/** What is known no better than this, as a share of it, is called vague. */
const VAGUE = 0.1;
/** Our own part of a run from which on it is pointed at. */
const LARGE = 0.1;
/** So many of one kind are told; of the others how many there are. */
const MOST_TOLD = 3;

export function warningsOf({ runs, machine }: Measured, points: readonly PointResult[]): string[] {
  const measured = points.filter(({ wall }) => wall !== null);
  const few = measured.filter((point) => point.runs < ENOUGH);
  return [
    ...someOf(points.flatMap((point, index) => failureOf(point, runs, index) ?? [])),
    ...(few.length === 0
      ? []
      : [`fewer than ${ENOUGH} runs of ${namesOf(few)}: the intervals are too narrow, and nothing is concluded`]),
    ...someOf(points.flatMap((point) => outlierTexts(point, runs))),
    ...driftText(runs),
    ...vagueText(measured.filter((point) => point.runs >= ENOUGH)),
    ...ownText(measured),
    ...(machine.load > machine.cores / 2
      ? [`the machine was busy with other things at the beginning (load ${machine.load.toFixed(1)} on ${machine.cores} cores)`]
      : []),
  ];
}

function failureOf({ failed, runs: good, label }: PointResult, runs: readonly BenchRun[], point: number): string | null {
  if (failed === 0) return null;
  const reason = runs.find((run) => run.point === point && !run.warmup && run.error !== null)?.error ?? "it failed";
  return `${good === 0 ? "all" : `${failed} of ${failed + good}`} runs of ${label} failed and are not counted: ${reason}`;
}

function outlierTexts({ outliers, label, wall }: PointResult, runs: readonly BenchRun[]): string[] {
  return outliers.map((index) => {
    const { figures, round } = runs[index]!;
    const times = (figures!.wall_ms / wall!.value).toFixed(1);
    return `round ${round} of ${label} took ${times} × the median: something else may have run then; it is counted all the same`;
  });
}

function driftText(runs: readonly BenchRun[]): string[] {
  const drift = driftOf(relativeTimes(runs));
  if (drift === null) return [];
  const word = drift.change > 0 ? "slower" : "faster";
  return [
    `the machine became ${percent(Math.abs(drift.change))} ${word} meanwhile: comparisons hold, since each round has all points, times hold less`,
  ];
}

function vagueText(points: readonly PointResult[]): string[] {
  const vague = points.filter(({ wall }) => wall!.high !== null && (wall!.high - wall!.low!) / 2 > VAGUE * wall!.value);
  return vague.length === 0
    ? []
    : [
        `the times of ${namesOf(vague)} are known no better than ±${percent(VAGUE)}: more runs, or a quieter machine, would tell more`,
      ];
}

function ownText(points: readonly PointResult[]): string[] {
  const large = points.filter(({ own, wall }) => own!.value > LARGE * wall!.value);
  return large.length === 0
    ? []
    : [`our own part is more than ${percent(LARGE)} of the time of ${namesOf(large)}: tasks are short, or the job is`];
}

/** Each good run by the median of its point, in the order in which they were made. */
function relativeTimes(runs: readonly BenchRun[]): number[] {
  const good = runs.flatMap(({ point, warmup, figures }) => (warmup || figures === null ? [] : [{ point, ms: figures.wall_ms }]));
  const byPoint = new Map<number, number[]>();
  for (const { point, ms } of good) byPoint.set(point, [...(byPoint.get(point) ?? []), ms]);
  const medians = new Map([...byPoint].map(([point, own]) => [point, median(own)]));
  return good.map(({ point, ms }) => ms / medians.get(point)!);
}

function someOf(texts: readonly string[]): string[] {
  const left = texts.length - MOST_TOLD;
  return left <= 0 ? [...texts] : [...texts.slice(0, MOST_TOLD), `and ${left} more like that`];
}

function namesOf(points: readonly PointResult[]): string {
  const names = points.slice(0, MOST_TOLD).map(({ label }) => label);
  const left = points.length - names.length;
  return left === 0 ? names.join("; ") : `${names.join("; ")} and ${left} more`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
