/** Which point to choose: the cheapest of those than which nothing is faster to speak of. Pure. */

import { isEnough, ratioOf, verdictOf, type Sample } from "./estimate.js";
import type { Knee, PointResult } from "./result.js";
import type { Random } from "./seeded-random.js";

export interface KneeInput {
  readonly results: readonly PointResult[];
  /** Times of the good runs of each point. */
  readonly walls: readonly (readonly Sample[])[];
  readonly baseline: number;
  readonly fastest: number;
}

/** What is slower than the fastest by no more than this is as good. */
const AS_GOOD = 1.05;

export function findKnee({ results, walls, baseline, fastest }: KneeInput, random: Random): Knee {
  const candidates = results.flatMap((result, point) => {
    if (result.wall === null) return [];
    const behind = ratioOf(walls[point]!, walls[fastest]!, random);
    const isAsGood = point === fastest || behind.value <= AS_GOOD || verdictOf(behind) === "same";
    return isAsGood ? [{ point, behind: behind.value, result }] : [];
  });
  const [chosen] = candidates.toSorted((a, b) => costOf(a.result) - costOf(b.result) || a.point - b.point);
  const { point, behind, result } = chosen!;
  const base = results[baseline]!;
  const cpuFactor = result.cpu === null || base.cpu === null || base.cpu.value === 0 ? null : result.cpu.value / base.cpu.value;
  const about = { point, speed_up: point === baseline ? null : result.speed_up, cpu_factor: cpuFactor };
  const text = textOf(about, { result, base, fastest: results[fastest]!, behind }, results);
  const isSure = [result, base, results[fastest]!].every(({ runs }) => isEnough({ count: runs }));
  return { ...about, text: isSure ? text : `${text} (too few runs to be sure)` };
}

/** Slots first: they are what others have to do without. Then CPU, where it is known. */
function costOf({ concurrency, cpu }: PointResult): number {
  return concurrency * 1e12 + (cpu?.value ?? 0);
}

interface Words {
  readonly result: PointResult;
  readonly base: PointResult;
  readonly fastest: PointResult;
  /** By how much it is slower than the fastest. */
  readonly behind: number;
}

function textOf(
  { speed_up, cpu_factor }: Omit<Knee, "text">,
  { result, base, fastest, behind }: Words,
  results: readonly PointResult[],
): string {
  if (results.filter(({ wall }) => wall !== null).length < 2) return `${result.label}: there is nothing to compare it with`;
  const more =
    result === fastest
      ? "nothing is faster"
      : behind > 1.005
        ? `more gives at most ${percent(behind - 1)}`
        : "more gives nothing";
  if (speed_up === null) {
    return result === fastest
      ? `${base.label}: more gives nothing`
      : `${base.label}: no difference to more was found${behind > 1.005 ? ` (at most ${percent(behind - 1)})` : ""}`;
  }
  const cpu = cpu_factor === null ? "" : ` for ${cpu_factor.toFixed(1)} × the CPU`;
  return `${result.label}: ${speed_up.value.toFixed(1)} × as fast as ${base.label}${cpu}; ${more}`;
}

function percent(share: number): string {
  return `${Math.max(1, Math.round(share * 100))} %`;
}
