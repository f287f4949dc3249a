/** What `bench` shows people: the table of points, what to choose, and where the time went. Takes a result; computes nothing. */

import type { BenchResult } from "../../index.js";
import { formatCount, formatFine, formatMemory, formatShare } from "./figures.js";
import { printableLine } from "./printable.js";
import type { Style } from "./style.js";
import { drawTable } from "./table.js";

type PointResult = BenchResult["points"][number];
type Figure = NonNullable<PointResult["wall"]>;
type Scaling = BenchResult["scaling"][number];

/** A law that is further off than this does not describe the job. */
const misfit = 0.1;
/** Of a critical path so many tasks are shown. */
const maxPath = 6;
/** Words at the left are this wide. */
const labelWidth = 15;

export function benchText(result: BenchResult, style: Style): string {
  const { points, knee, warnings, name, runs } = result;
  const counted = runs.filter(({ warmup }) => !warmup).length;
  const { cores, cpu } = result.machine;
  const head = `${style.strong(printableLine(name))}  ${formatCount(points.length)} ${points.length === 1 ? "point" : "points"}, ${formatCount(counted)} runs, ${cores} cores (${printableLine(cpu)})`;
  const lines = [head, "", pointsTable(result, style).trimEnd()];
  const facts: [string, string][] = [
    ...(knee === null ? [] : [["knee", printableLine(knee.text)] as [string, string]]),
    ...result.scaling.flatMap((scaling) => scalingFacts(scaling, result)),
    ...pathFacts(result),
    ...warnings.map((text): [string, string] => ["note", printableLine(text)]),
  ];
  if (facts.length > 0) lines.push("");
  for (const [label, text] of facts) {
    const paint = label === "note" ? style.busy : label === "knee" ? style.good : style.faint;
    lines.push(`  ${paint(label.padEnd(labelWidth))}${label === "knee" ? style.strong(text) : text}`);
  }
  return `${lines.join("\n")}\n`;
}

function pointsTable({ points, plan, baseline }: BenchResult, style: Style): string {
  const swept = Object.entries(plan.params).flatMap(([param, values]) => (values.length > 1 ? [param] : []));
  const numbers = ["AT A TIME", "RUNS", "MEDIAN", "SPEED-UP", "EFFICIENCY", "CPU", "MEMORY", "OURS"];
  const numeric = swept.filter((param) => plan.params[param]!.every((value) => Number.isFinite(Number(value))));
  const heads = new Map(swept.map((param) => [param, printableLine(param).toUpperCase()]));
  const isEven = points.every(({ runs, failed }) => runs === points[0]!.runs && failed === 0);
  const rows = points.map((point, index) => [
    ...swept.map((param) => printableLine(String(point.params[param]))),
    String(point.concurrency),
    isEven ? "" : point.failed === 0 ? String(point.runs) : `${point.runs} of ${point.runs + point.failed}`,
    point.wall === null ? "" : formatFine(point.wall.value),
    point.wall === null ? style.bad(point.failed > 0 ? "failed" : "not run") : rangeOf(point.wall),
    point.speed_up === null ? "" : `${point.speed_up.value.toFixed(2)} ×`,
    index === baseline ? style.faint("baseline") : verdictText(point.verdict, style),
    point.efficiency === null ? "" : formatShare(point.efficiency),
    point.cpu === null ? "" : formatFine(point.cpu.value),
    point.memory === null ? "" : `≤ ${formatMemory(point.memory.value)}`,
    point.own === null ? "" : formatFine(point.own.value),
  ]);
  return drawTable(
    [
      ...swept.map((param) => heads.get(param)!),
      "AT A TIME",
      "RUNS",
      "MEDIAN",
      "95 % INTERVAL",
      "SPEED-UP",
      "",
      "EFFICIENCY",
      "CPU",
      "MEMORY",
      "OURS",
    ],
    rows,
    style,
    new Set([...numbers, ...numeric.map((param) => heads.get(param)!)]),
  );
}

function verdictText(verdict: PointResult["verdict"], style: Style): string {
  switch (verdict) {
    case "faster":
      return style.good("faster");
    case "slower":
      return style.bad("slower");
    case "same":
      return style.faint("no difference");
    case "too-few":
      return style.faint("too few runs");
    case null:
      return "";
  }
}

export function rangeOf({ low, high }: Figure): string {
  return low === null || high === null ? "" : `${formatFine(low)} – ${formatFine(high)}`;
}

function scalingFacts({ axis, points, amdahl, usl, parallelism }: Scaling, result: BenchResult): [string, string][] {
  const one = result.points[points[0]!]!;
  const others = Object.entries(one.params).filter(([param]) => param !== axis && result.plan.params[param]!.length > 1);
  const fixed = others.map(([param, value]) => printableLine(`${param}=${value}`)).join(", ");
  const where = fixed === "" ? "" : ` (${fixed})`;
  const facts: [string, string][] = [];
  if (amdahl !== null) facts.push(["serial share", `${amdahlText(amdahl)}${where}`]);
  if (usl !== null && parallelism.length > 3) facts.push(["scalability", `${uslText(usl, Math.max(...parallelism))}${where}`]);
  return facts;
}

function amdahlText({ serial_share: share, max_speed_up: most, misfit: off }: NonNullable<Scaling["amdahl"]>): string {
  if (off > misfit) return `Amdahl's law does not describe it: off by up to ${formatShare(off)}`;
  const end = most === null ? "no end of the speed-up in sight" : `at most ${most.toFixed(1)} × as fast, however many slots`;
  return `${formatShare(share.value)}${sharesOf(share)} of the time with one at a time; ${end}`;
}

function uslText({ contention, coherence, peak, misfit: off }: NonNullable<Scaling["usl"]>, most: number): string {
  if (off > misfit) return `the universal scalability law does not describe it: off by up to ${formatShare(off)}`;
  const end =
    peak === null || peak > 10 * most
      ? "no number of slots from which on more costs time"
      : `best at about ${Math.round(peak)} at a time`;
  return `contention ${formatShare(contention.value)}${sharesOf(contention)}, coherence ${formatShare(coherence.value)}${sharesOf(coherence)}; ${end}`;
}

function sharesOf({ low, high }: Figure): string {
  return low === null || high === null ? "" : ` (${formatShare(low)} – ${formatShare(high)})`;
}

/** Of the knee's run in the middle. */
function pathFacts({ points, knee, runs }: BenchResult): [string, string][] {
  const point = knee === null ? undefined : points[knee.point];
  const figures = point?.typical === null || point === undefined ? null : runs[point.typical]!.figures;
  if (figures === null || point === undefined) return [];
  const { path, slots, wall_ms, longest_chain_ms } = figures;
  const longest = path.tasks.toSorted((a, b) => b.wait_ms + b.run_ms - a.wait_ms - a.run_ms).slice(0, maxPath);
  const shown = path.tasks.filter((task) => longest.includes(task));
  const links = shown.map(({ id, wait_ms, run_ms }) => {
    const wait = wait_ms < 0.05 * wall_ms ? "" : `, waited ${formatFine(wait_ms)}`;
    return `${printableLine(id)} ${formatFine(run_ms)}${wait}`;
  });
  const count = shown.length < path.length ? `the ${shown.length} longest of ${formatCount(path.length)}: ` : "";
  const share = (ms: number): string => formatShare(ms / slots.total_ms);
  const parts: [number, string][] = [
    [slots.serial_ms, "one task alone"],
    [slots.narrow_ms, "too few tasks side by side"],
    [slots.stragglers_ms, "stragglers"],
    [slots.delays_ms, "delays"],
    [slots.own_ms, "ours"],
  ];
  const lost = parts.filter(([ms]) => ms / slots.total_ms >= 0.005).map(([ms, words]) => `${share(ms)} ${words}`);
  return [
    ["critical path", `${count}${links.join(" → ")}`],
    [
      "its time",
      `${formatFine(path.run_ms)} running, ${formatFine(path.slot_wait_ms)} waiting for a slot, ${formatFine(path.own_ms)} ours; ${formatFine(longest_chain_ms)} is what no number of slots could beat`,
    ],
    ["the slots", `${share(slots.work_ms)} work, ${lost.length === 0 ? "nothing lost" : lost.join(", ")}`],
  ];
}
