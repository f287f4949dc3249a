/** A bench against an earlier one: what became faster or slower, a verdict a point. Pure. */

import { medianOf, ratioOf, verdictOf, type Sample } from "./estimate.js";
import { toFigure } from "./figure.js";
import { pointKey } from "./points.js";
import type { BenchResult, Figure, Verdict } from "./result.js";
import { seededRandom, type Random } from "./seeded-random.js";

export interface ComparedPoint {
  readonly label: string;
  readonly before: Figure | null;
  readonly now: Figure | null;
  /** How many times as long it takes now. */
  readonly ratio: Figure | null;
  /** `new`: the earlier bench has no such point, or no good run of it. `gone`: this one has not. `broken`: now all its runs fail. */
  readonly verdict: Verdict | "new" | "gone" | "broken";
  /** It is certainly slower, and by more than may be; or it is broken. */
  readonly is_failure: boolean;
  /** It may be slower by more than may be, but that can't be told. */
  readonly is_doubtful: boolean;
}

export interface Comparison {
  readonly with: { readonly id: string; readonly created_at: string };
  /** A share: 0.1 is 10 %; null if nothing counts as a failure but what is broken. */
  readonly fail_above: number | null;
  readonly points: readonly ComparedPoint[];
  readonly is_failure: boolean;
  /** What makes the comparison doubtful as a whole. */
  readonly warnings: readonly string[];
}

/** Two benches have no rounds in common, whatever their numbers. */
const OTHER_ROUNDS = 1e6;

export function compareBenches(now: BenchResult, before: BenchResult, failAbove: number | null): Comparison {
  const random = seededRandom(now.plan.seed);
  const earlier = new Map(before.points.map((point, index) => [pointKey(point), index]));
  const points = now.points.map((point, index): ComparedPoint => {
    const place = earlier.get(pointKey(point));
    earlier.delete(pointKey(point));
    const [ours, theirs] = [wallsOf(now, index, 0), place === undefined ? [] : wallsOf(before, place, OTHER_ROUNDS)];
    return compare(point.label, ours, theirs, { failAbove, hasFailed: point.failed > 0, random });
  });
  const gone = [...earlier.values()].map((place): ComparedPoint => {
    const theirs = wallsOf(before, place, OTHER_ROUNDS);
    return compare(before.points[place]!.label, [], theirs, { failAbove, hasFailed: false, random });
  });
  const all = [...points, ...gone];
  return {
    with: { id: before.id, created_at: before.created_at },
    fail_above: failAbove,
    points: all,
    is_failure: all.some(({ is_failure }) => is_failure),
    warnings: warningsOf(now, before),
  };
}

interface Terms {
  readonly failAbove: number | null;
  readonly hasFailed: boolean;
  readonly random: Random;
}

function compare(
  label: string,
  ours: readonly Sample[],
  theirs: readonly Sample[],
  { failAbove, hasFailed, random }: Terms,
): ComparedPoint {
  const figure = (samples: readonly Sample[]): Figure | null =>
    samples.length === 0 ? null : toFigure(medianOf(samples, random));
  const about = { label, before: figure(theirs), now: figure(ours), ratio: null };
  if (ours.length === 0 && hasFailed && theirs.length > 0)
    return { ...about, verdict: "broken", is_failure: true, is_doubtful: false };
  if (ours.length === 0) return { ...about, verdict: "gone", is_failure: false, is_doubtful: false };
  if (theirs.length === 0) return { ...about, verdict: "new", is_failure: false, is_doubtful: false };
  const ratio = ratioOf(ours, theirs, random);
  const verdict = verdictOf(ratio);
  const isTooMuch = failAbove !== null && ratio.value - 1 > failAbove;
  return {
    ...about,
    ratio: toFigure(ratio),
    verdict,
    is_failure: isTooMuch && verdict === "slower",
    is_doubtful: isTooMuch && verdict !== "slower",
  };
}

function wallsOf({ runs }: BenchResult, point: number, shift: number): Sample[] {
  return runs.flatMap((run) =>
    run.point === point && !run.warmup && run.figures !== null ? [{ round: run.round + shift, value: run.figures.wall_ms }] : [],
  );
}

function warningsOf(now: BenchResult, before: BenchResult): string[] {
  const [ours, theirs] = [now.machine, before.machine];
  const isOther = ours.cpu !== theirs.cpu || ours.cores !== theirs.cores;
  return [
    ...(now.name === before.name ? [] : [`the earlier bench is of another job: ${before.name}`]),
    ...(isOther ? [`the earlier bench is of another machine: ${theirs.cores} cores (${theirs.cpu})`] : []),
    ...(ours.node === theirs.node ? [] : [`the earlier bench was made with Node ${theirs.node}`]),
  ];
}
