/** The last words of `run`: how the job ended, the first failure with the end of its log, and what to do next. */

import type { JobSummary } from "../../index.js";
import { memory } from "../../analysis/figure-text.js";
import { shortened } from "../task-command.js";
import { countsText } from "./counts-text.js";
import { formatDuration, formatTasks } from "./figures.js";
import { printableLine } from "./printable.js";
import { styleOf, type Style } from "./style.js";

/** The first task that failed, as far as it is known. */
export interface Failure {
  readonly task: string;
  readonly error: string | null;
  readonly attempts: number;
  /** What it runs, as a line; null where that isn't known. */
  readonly command: string | null;
  /** The last lines of its log, safe to show; empty if it printed nothing. */
  readonly tail: readonly string[];
  /** Why its log can't be shown; null if it can. */
  readonly problem: string | null;
}

/** Commands that the user may want next, ready to be typed. */
export interface Hints {
  readonly resume: string;
  readonly status: string;
  /** The first failure's log. */
  readonly log: string;
  readonly retry: string;
}

/** How much was done, for the gain of doing several at once. */
export interface Work {
  /** Of all attempts together. */
  readonly ms: number;
  /** How many could run at once. */
  readonly slots: number;
  /** CPU time of all together, and the memory of the largest process. Default: nothing is known of it. */
  readonly usage?: { readonly cpuMs: number; readonly maxRssKb: number } | null;
}

const COMMAND_WIDTH = 160;

export function summaryText(
  summary: JobSummary,
  failure: Failure | null,
  hints: Hints,
  style: Style,
  work: Work | null = null,
): string {
  const lines = [`${headline(summary, style)}${work === null ? "" : style.faint(gainText(summary, work))}`];
  lines.push(...usageLines(summary, work).map(style.faint));
  if (summary.error !== null && failure === null) lines.push(`  ${printableLine(summary.error)}`);
  if (failure !== null) lines.push("", ...failureLines(failure, style));
  const next: [string, string][] = [];
  if (summary.isInterrupted) next.push(["go on", hints.resume]);
  if (failure !== null) next.push(["its log", hints.log]);
  if (failure !== null || summary.isInterrupted) next.push(["all tasks", hints.status]);
  if (summary.state === "failed" && !summary.isInterrupted) next.push(["try again", hints.retry]);
  if (next.length > 0) lines.push("");
  for (const [label, command] of next) lines.push(`  ${style.faint(`${label}:`.padEnd(11))}${command}`);
  return `${lines.join("\n")}\n`;
}

function headline({ name, state, counts, durationMs, isInterrupted }: JobSummary, style: Style): string {
  const job = style.strong(printableLine(name));
  const took = formatDuration(durationMs);
  if (isInterrupted) {
    const reached = countsText(counts, style) || "nothing started";
    return `${job} ${style.bad("stopped")} after ${took} and is unfinished: ${reached}`;
  }
  const word = styleOf(state, style)(state);
  if (state === "completed" && counts.completed === counts.total)
    return `${job} ${word}: ${formatTasks(counts.total)} in ${took}`;
  return `${job} ${word} after ${took}: ${countsText(counts, style)}`;
}

/** Below a second it says nothing; and the times of short tasks that shared a slot are told too roughly to be added up. */
function gainText({ durationMs, isInterrupted }: JobSummary, { ms, slots }: Work): string {
  const gain = ms / durationMs;
  if (isInterrupted || durationMs < 1000 || gain < 1.1 || gain > slots) return "";
  return ` (${formatDuration(ms)} of work, ${gain.toFixed(1)} × as fast as one by one)`;
}

/** Of a moment's work nobody asks. */
function usageLines({ durationMs }: JobSummary, work: Work | null): string[] {
  const usage = work?.usage ?? null;
  if (usage === null || durationMs < 1000) return [];
  return [`  ${formatDuration(usage.cpuMs)} of CPU; the largest process took ${memory(usage.maxRssKb)} of memory`];
}

function failureLines({ task, error, attempts, command, tail, problem }: Failure, style: Style): string[] {
  const count = attempts > 1 ? ` (${attempts} attempts)` : "";
  const reason = error === null ? "" : `: ${printableLine(error)}`;
  return [
    `${style.bad("First failure:")} ${style.strong(printableLine(task))}${reason}${count}`,
    ...(command === null ? [] : [`  ${style.faint("$")} ${shortened(command, COMMAND_WIDTH)}`]),
    ...(tail.length === 0
      ? [`  ${problem === null ? "it printed nothing" : printableLine(problem)}`]
      : tail.map((line) => `  ${style.faint("│")} ${line}`)),
  ];
}
