/** A table as text, without borders. Writes nothing. */

import Table from "cli-table3";
import type { Style } from "./style.js";

/**
 * Columns that are empty throughout are left out.
 *
 * @param numbers columns to be aligned at their right, by their heads.
 */
export function drawTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
  numbers: ReadonlySet<string> = new Set(),
): string {
  const used = head.map((_, column) => rows.some((row) => row[column] !== ""));
  const pick = (row: readonly string[]): string[] => row.filter((_, column) => used[column]);
  const edges = ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"];
  const inner = ["left", "left-mid", "mid", "mid-mid", "right", "right-mid"];
  const table = new Table({
    chars: { ...Object.fromEntries([...edges, ...inner].map((place) => [place, ""])), middle: "  " },
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
    colAligns: pick(head).map((each) => (numbers.has(each) ? "right" : "left")),
  });
  table.push(pick(head).map(style.faint), ...rows.map(pick));
  return `${table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")}\n`;
}
