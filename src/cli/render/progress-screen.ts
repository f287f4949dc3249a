/** What is drawn at the bottom of a terminal while a job runs: a bar with counts, rate and what is left, what holds it back, and what runs. */

import type { Counts } from "../../index.js";
import { endedCount } from "./counts-text.js";
import { formatCount, formatDuration } from "./figures.js";
import { printableLine } from "./printable.js";
import { barText, openText } from "./progress-bar.js";
import type { Style } from "./style.js";
import { fit, widthOf } from "./text-width.js";

export interface RunningLine {
  readonly task: string;
  readonly command: string;
  readonly sinceMs: number;
}

export interface ScreenFacts {
  readonly name: string;
  readonly counts: Counts;
  /** How many tasks there will be; null while nobody knows. */
  readonly total: number | null;
  readonly ratePerSecond: number;
  /** Since this engine took it up. */
  readonly elapsedMs: number;
  /** What holds it back, a line each. */
  readonly heldBack: readonly string[];
  /** What runs, the longest first: at least as many as there is room for. */
  readonly running: readonly RunningLine[];
}

export interface Room {
  readonly columns: number;
  readonly rows: number;
}

/** What runs for less is over before it is read. */
const WORTH_A_LINE_MS = 1000;
/** More would leave no room for what runs. */
const MOST_HELD_BACK = 3;
/** What a terminal shows behind the last line when Ctrl-C is pressed: at its edge that would begin a line which nobody takes away. */
const ECHO = "^C";

/** Lines that fit, none longer than the terminal is wide. */
export function screenLines(facts: ScreenFacts, { columns, rows }: Room, style: Style): string[] {
  const width = Math.max(1, columns - 1);
  const ofLast = columns - ECHO.length;
  const lines = [headline(facts, ofLast, style)];
  const most = Math.max(1, Math.min(MOST_HELD_BACK, rows - 2));
  for (const text of facts.heldBack.slice(0, most)) lines.push(style.bad(fit(`  ${text}`, width)));
  return [
    ...lines,
    ...runningLines(facts.running, facts.counts.running, { columns: ofLast, rows: rows - 1 - lines.length }, style),
  ];
}

/** What runs, a line each, as many as fit. @param count how many run at all. */
export function runningLines(running: readonly RunningLine[], count: number, { columns, rows }: Room, style: Style): string[] {
  const width = Math.max(1, columns - 1);
  const worth = running.filter(({ sinceMs }) => sinceMs >= WORTH_A_LINE_MS);
  const room = Math.max(0, rows);
  const shown = worth.slice(0, worth.length > room ? Math.max(0, room - 1) : room);
  const lines = shown.map((line) => runningText(line, width, style));
  const more = Math.max(count, worth.length) - shown.length;
  if (shown.length > 0 && shown.length < worth.length) lines.push(style.faint(fit(`  and ${formatCount(more)} more`, width)));
  return lines;
}

function headline(facts: ScreenFacts, columns: number, style: Style): string {
  const { name, counts, total, ratePerSecond, elapsedMs } = facts;
  if (total === null) return openText({ name, counts, ratePerSecond, elapsedMs }, columns, style);
  const left = total - endedCount(counts);
  const leftMs = ratePerSecond > 0 ? (left * 1000) / ratePerSecond : null;
  return barText({ name, counts: { ...counts, total }, ratePerSecond, leftMs }, columns, style);
}

function runningText({ task, command, sinceMs }: RunningLine, width: number, style: Style): string {
  const time = formatDuration(sinceMs).padStart(9);
  const id = fit(printableLine(task), Math.max(8, Math.floor(width / 3)));
  const rest = width - time.length - widthOf(id) - 4;
  const words = rest < 8 ? "" : `  ${style.faint(fit(printableLine(command), rest))}`;
  return fitPlain(`${style.faint(time)}  ${style.busy(id)}`, words, width, time.length + 2 + widthOf(id));
}

/** A narrow terminal has room for the time alone. */
function fitPlain(head: string, rest: string, width: number, headWidth: number): string {
  return headWidth > width ? "" : `${head}${rest}`;
}
