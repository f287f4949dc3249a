/** What `bench --compare` shows people: a verdict a point. Takes a comparison; computes nothing. */

import { duration } from "../../analysis/figure-text.js";
import type { ComparedPoint, Comparison } from "../../sweep/compare.js";
import { printableLine } from "./printable.js";
import type { Style } from "./style.js";
import { drawTable } from "./table.js";

export function comparisonText({ points, warnings, fail_above, ...comparison }: Comparison, style: Style): string {
  const rows = points.map((point) => [
    printableLine(point.label),
    point.before === null ? "" : duration(point.before.value),
    point.now === null ? "" : duration(point.now.value),
    point.ratio === null ? "" : changeText(point.ratio.value),
    point.ratio?.low == null || point.ratio.high === null
      ? ""
      : `${changeText(point.ratio.low)} to ${changeText(point.ratio.high)}`,
    verdictText(point, style),
  ]);
  const { id, created_at } = comparison.with;
  const lines = [
    `${style.strong("compared with")} ${printableLine(id)} (${printableLine(created_at)})`,
    "",
    drawTable(
      ["POINT", "BEFORE", "NOW", "CHANGE", "95 % INTERVAL", ""],
      rows,
      style,
      new Set(["BEFORE", "NOW", "CHANGE"]),
    ).trimEnd(),
  ];
  const notes = warnings.map((text) => `  ${style.busy("note".padEnd(15))}${printableLine(text)}`);
  if (notes.length > 0) lines.push("", ...notes);
  if (fail_above !== null) lines.push("", lastWord(points, fail_above, style));
  return `${lines.join("\n")}\n`;
}

function lastWord(points: readonly ComparedPoint[], failAbove: number, style: Style): string {
  const failures = points.filter(({ is_failure }) => is_failure).length;
  const doubts = points.filter(({ is_doubtful }) => is_doubtful).length;
  const limit = `${Number((failAbove * 100).toFixed(2))} %`;
  if (failures > 0) return style.bad(`failed: ${failures} of ${points.length} slower by more than ${limit}, or broken`);
  const doubt = doubts === 0 ? "" : `; ${doubts} may be, which more runs would tell`;
  return style.good(`passed: nothing is certainly slower by more than ${limit}${doubt}`);
}

function verdictText({ verdict, is_failure, is_doubtful }: ComparedPoint, style: Style): string {
  const words = {
    faster: "faster",
    slower: "slower",
    same: "no difference",
    "too-few": "too few runs",
    new: "new",
    gone: "gone",
    broken: "fails now",
  };
  const word = is_doubtful ? `${words[verdict]}, can't tell` : words[verdict];
  if (is_failure) return style.bad(`${word}, too much`);
  return verdict === "faster" ? style.good(word) : verdict === "slower" ? style.busy(word) : style.faint(word);
}

function changeText(ratio: number): string {
  const percent = (ratio - 1) * 100;
  return `${percent < -0.05 ? "−" : "+"}${Math.abs(percent).toFixed(1)} %`;
}
