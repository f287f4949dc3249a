/** Columns that several scenarios show, and how a number looks. Pure. */

import type { Column } from "./contender.js";
import { over, times } from "./measured.js";
import type { Summary } from "./statistics.js";

/** The median of a value, with its range. */
export function value(title: string, name: string, digits = 0): Column {
  return { title, digits, of: (contender, measured) => measured.summary(contender, name) };
}

export const wall = value("wall ms", "wallMs");
export const peakRss = value("peak RSS MB", "peakRssMb");

export function rate(tasks: number): Column {
  return { title: "tasks/s", of: (contender, measured) => over(tasks * 1000, measured.median(contender, "wallMs")) };
}

export function speedOver(other: string): Column {
  return { title: `speed ÷ ${other}`, digits: 2, of: (contender, measured) => measured.speed(contender, other) };
}

/** User and system time of the whole process tree. */
export function cpu(tasks: number): Column {
  return { title: "CPU µs a task", of: (contender, measured) => times(measured.median(contender, "cpuMs"), 1000 / tasks) };
}

export function show(shown: number | Summary | null, digits = 0): string {
  if (shown === null) return "–";
  if (typeof shown !== "number") return `${show(shown.median, digits)} (${show(shown.min, digits)}–${show(shown.max, digits)})`;
  return shown.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
