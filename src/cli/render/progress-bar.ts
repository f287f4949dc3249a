/** The one line of a progress bar, as text that fits a terminal's width. Drawn by progress.ts; nothing is written here. */

import type { Counts } from "../../index.js";
import { endedCount } from "./counts-text.js";
import { formatCount, formatDuration, formatRate } from "./figures.js";
import type { Style } from "./style.js";

export interface BarFacts {
  readonly name: string;
  readonly counts: Counts;
  /** Tasks a second since this engine took the job up; 0 before the first. */
  readonly ratePerSecond: number;
  /** Null while nobody can tell. */
  readonly leftMs: number | null;
}

/** Where nobody knows how many there will be. */
export interface OpenFacts extends Omit<BarFacts, "leftMs"> {
  readonly elapsedMs: number;
}

const minBar = 10;
const maxBar = 40;

export function barText(facts: BarFacts, columns: number, style: Style): string {
  const { counts } = facts;
  const ended = endedCount(counts);
  const share = counts.total === 0 ? 1 : ended / counts.total;
  const parts: Part[] = [
    { text: `${Math.floor(share * 100)}%`.padStart(4), paint: style.strong },
    { text: `${formatCount(ended)}/${formatCount(counts.total)}`, paint: (text) => text },
    ...countParts(counts, facts.ratePerSecond, style),
  ];
  if (facts.leftMs !== null) parts.push({ text: `ETA ${formatDuration(facts.leftMs)}`, paint: style.faint });

  const room = Math.max(columns - 1, 1);
  while (parts.length > 2 && widthOf(parts) + minBar + 2 > room) parts.pop();
  const nameRoom = room - widthOf(parts) - minBar - 4;
  const name = nameRoom < 4 ? "" : `${shorten(facts.name, Math.min(nameRoom, 30))}  `;
  const barWidth = Math.min(maxBar, room - widthOf(parts) - name.length - 2);
  const bar = barWidth < minBar ? "" : `${drawBar(share, barWidth, style)}  `;
  return name + bar + parts.map(({ text, paint }) => paint(text)).join("  ");
}

/** The same without a bar and an end. */
export function openText({ name, counts, ratePerSecond, elapsedMs }: OpenFacts, columns: number, style: Style): string {
  const parts: Part[] = [
    { text: `${formatCount(endedCount(counts))} done`, paint: style.strong },
    ...countParts(counts, ratePerSecond, style),
    { text: formatDuration(elapsedMs), paint: style.faint },
  ];
  const room = Math.max(columns - 1, 1);
  while (parts.length > 1 && widthOf(parts) > room) parts.pop();
  const nameRoom = room - widthOf(parts) - 2;
  const head = nameRoom < 4 ? "" : `${shorten(name, Math.min(nameRoom, 30))}  `;
  return head + parts.map(({ text, paint }) => paint(text)).join("  ");
}

interface Part {
  readonly text: string;
  readonly paint: (text: string) => string;
}

function countParts(counts: Counts, ratePerSecond: number, style: Style): Part[] {
  return [
    ...(counts.running > 0 ? [{ text: `${formatCount(counts.running)} running`, paint: style.busy }] : []),
    ...(counts.failed > 0 ? [{ text: `${formatCount(counts.failed)} failed`, paint: style.bad }] : []),
    ...(ratePerSecond > 0 ? [{ text: formatRate(ratePerSecond), paint: style.faint }] : []),
  ];
}

function drawBar(share: number, width: number, style: Style): string {
  const filled = Math.floor(share * width);
  return style.good("█".repeat(filled)) + style.faint("░".repeat(width - filled));
}

function widthOf(parts: readonly { text: string }[]): number {
  return parts.reduce((sum, { text }) => sum + text.length + 2, -2);
}

function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
