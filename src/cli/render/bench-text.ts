/** What `bench` shows people: the table of points, what to choose, and where the time went. Takes a result; computes nothing. */

import { count, duration, memory, share } from "../../analysis/figure-text.js";
import type { BenchResult } from "../../index.js";
import { lawFacts, timeFacts } from "../../sweep/facts.js";
import { printableLine } from "./printable.js";
import type { Style } from "./style.js";
import { drawTable } from "./table.js";

type PointResult = BenchResult["points"][number];
type Figure = NonNullable<PointResult["wall"]>;

/** Words at the left are this wide. */
const labelWidth = 15;

export function benchText(result: BenchResult, style: Style): string {
  const { points, knee, warnings, name, runs } = result;
  const counted = runs.filter(({ warmup }) => !warmup).length;
  const { cores, cpu } = result.machine;
  const head = `${style.strong(printableLine(name))}  ${count(points.length)} ${points.length === 1 ? "point" : "points"}, ${count(counted)} runs, ${cores} cores (${printableLine(cpu)})`;
  const lines = [head, "", pointsTable(result, style).trimEnd()];
  const facts: [string, string][] = [
    ...(knee === null ? [] : [["knee", printableLine(knee.text)] as [string, string]]),
    ...[...lawFacts(result), ...timeFacts(result)].map(([label, text]): [string, string] => [label, printableLine(text)]),
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
    point.wall === null ? "" : duration(point.wall.value),
    point.wall === null ? style.bad(point.failed > 0 ? "failed" : "not run") : rangeOf(point.wall),
    point.speed_up === null ? "" : `${point.speed_up.value.toFixed(2)} ×`,
    index === baseline ? style.faint("baseline") : verdictText(point.verdict, style),
    point.efficiency === null ? "" : share(point.efficiency),
    point.cpu === null ? "" : duration(point.cpu.value),
    point.memory === null ? "" : `≤ ${memory(point.memory.value)}`,
    point.own === null ? "" : duration(point.own.value),
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

function rangeOf({ low, high }: Figure): string {
  return low === null || high === null ? "" : `${duration(low)} – ${duration(high)}`;
}
