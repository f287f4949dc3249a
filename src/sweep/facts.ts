/** What a result says in words, a line each: how it scales, and where the time goes. For terminals and pages alike. Pure. */

import { count, duration, share } from "../analysis/figure-text.js";
import type { BenchResult, Figure, ScalingResult } from "./result.js";

export type Fact = readonly [label: string, text: string];

/** A law that is further off than this does not describe the job. */
const MISFIT = 0.1;
/** Of a critical path so many tasks are shown. */
const MOST_PATH = 6;

/** The laws of Amdahl and Gunther, for each series. */
export function lawFacts(result: BenchResult): Fact[] {
  return result.scaling.flatMap((scaling): Fact[] => {
    const { amdahl, usl, parallelism } = scaling;
    const series = seriesText(scaling, result);
    const where = series === "" ? "" : ` (${series})`;
    return [
      ...(amdahl === null ? [] : [["serial share", `${amdahlText(amdahl)}${where}`] as const]),
      ...(usl === null || parallelism.length < 4
        ? []
        : [["scalability", `${uslText(usl, Math.max(...parallelism))}${where}`] as const]),
    ];
  });
}

/** What sets it apart from the other series of its sweep; empty if there is no other. */
export function seriesText({ axis, points }: Pick<ScalingResult, "axis" | "points">, result: BenchResult): string {
  const { params } = result.points[points[0]!]!;
  const others = Object.entries(params).filter(([param]) => param !== axis && (result.plan.params[param]?.length ?? 0) > 1);
  return others.map(([param, value]) => `${param}=${value}`).join(", ");
}

/** Of the knee's run in the middle. */
export function timeFacts({ points, knee, runs }: BenchResult): Fact[] {
  const typical = knee === null ? null : points[knee.point]!.typical;
  const figures = typical === null ? null : runs[typical]!.figures;
  if (figures === null) return [];
  const { path, slots, wall_ms, longest_chain_ms } = figures;
  const longest = path.tasks.toSorted((a, b) => b.wait_ms + b.run_ms - a.wait_ms - a.run_ms).slice(0, MOST_PATH);
  const shown = path.tasks.filter((task) => longest.includes(task));
  const links = shown.map(({ id, wait_ms, run_ms }) => {
    const wait = wait_ms < 0.05 * wall_ms ? "" : `, waited ${duration(wait_ms)}`;
    return `${id} ${duration(run_ms)}${wait}`;
  });
  const some = shown.length < path.length ? `the ${shown.length} longest of ${count(path.length)}: ` : "";
  const parts: [number, string][] = [
    [slots.serial_ms, "one task alone"],
    [slots.narrow_ms, "too few tasks side by side"],
    [slots.stragglers_ms, "stragglers"],
    [slots.delays_ms, "delays"],
    [slots.limits_ms, "held back by other limits"],
    [slots.own_ms, "ours"],
  ];
  const lost = parts.filter(([ms]) => ms / slots.total_ms >= 0.005).map(([ms, words]) => `${share(ms, slots.total_ms)} ${words}`);
  const accounts = [
    `${duration(path.run_ms)} running`,
    `${duration(path.slot_wait_ms)} waiting for a slot`,
    ...((path.before_ms ?? 0) > 0 ? [`${duration(path.before_ms!)} before the first of it was added`] : []),
    ...(path.limit_ms > 0 ? [`${duration(path.limit_ms)} held back by other limits`] : []),
    ...(path.delay_ms > 0 ? [`${duration(path.delay_ms)} in delays`] : []),
    `${duration(path.own_ms)} ours`,
  ];
  return [
    ["critical path", `${some}${links.join(" → ")}`],
    ["its time", `${accounts.join(", ")}; ${duration(longest_chain_ms)} is what no number of slots could beat`],
    ["the slots", `${share(slots.work_ms, slots.total_ms)} work, ${lost.length === 0 ? "nothing lost" : lost.join(", ")}`],
  ];
}

function amdahlText({ serial_share, max_speed_up: most, misfit }: NonNullable<ScalingResult["amdahl"]>): string {
  if (misfit > MISFIT) return `Amdahl's law does not describe it: off by up to ${share(misfit)}`;
  const end = most === null ? "no end of the speed-up in sight" : `at most ${most.toFixed(1)} × as fast, however many slots`;
  return `${share(serial_share.value)}${rangeText(serial_share)} of the time with one at a time; ${end}`;
}

function uslText({ contention, coherence, peak, misfit }: NonNullable<ScalingResult["usl"]>, most: number): string {
  if (misfit > MISFIT) return `the universal scalability law does not describe it: off by up to ${share(misfit)}`;
  const isFar = peak === null || peak > 10 * most;
  const end = isFar ? "no number of slots from which on more costs time" : `best at about ${Math.round(peak)} at a time`;
  return `contention ${share(contention.value)}${rangeText(contention)}, coherence ${share(coherence.value)}${rangeText(coherence)}; ${end}`;
}

function rangeText({ low, high }: Figure): string {
  return low === null || high === null ? "" : ` (${share(low)} – ${share(high)})`;
}
