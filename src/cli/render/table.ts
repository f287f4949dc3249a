/** A table as text, without borders. Writes nothing. */

import type { Style } from "./style.js";
import { widthOf } from "./text-width.js";

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
  const lines = [pick(head).map(style.faint), ...rows.map(pick)];
  const widths = pick(head).map((_, column) => Math.max(...lines.map((cells) => widthOf(cells[column]!))));
  const isNumber = pick(head).map((each) => numbers.has(each));
  const texts = lines.map((cells) =>
    cells
      .map((cell, column) => pad(cell, widths[column]!, isNumber[column]!))
      .join("  ")
      .trimEnd(),
  );
  return `${texts.join("\n")}\n`;
}

function pad(cell: string, width: number, isAtRight: boolean): string {
  const blanks = " ".repeat(width - widthOf(cell));
  return isAtRight ? blanks + cell : cell + blanks;
}
