/** What a job waits for, or what its time went to, in sentences and a table of its critical path. */

import { memory } from "../../analysis/figure-text.js";
import type { JobExplanation } from "../../analysis/why-job.js";
import type { Hold, RunHistory } from "../../index.js";
import { formatCount, formatDuration, formatTasks } from "./figures.js";
import { printableLine } from "./printable.js";
import { styleOf, type Style } from "./style.js";
import { drawTable } from "./table.js";
import { standstillText, type Circumstances } from "./why-task-text.js";
import { limitText, listText, momentText, nameText, takenText } from "./why-words.js";

/** A longer path shows the tasks that took most of it. */
const MOST_ROWS = 25;

export function whyJobText(
  history: RunHistory,
  why: JobExplanation,
  live: readonly Hold[],
  around: Circumstances,
  style: Style,
): string {
  const { job } = history;
  const isOver = job.completedAt !== null;
  const when = isOver ? ` at ${momentText(job.completedAt, around.nowMs)}` : "";
  const head = `${style.strong(printableLine(job.name))}: ${styleOf(job.state, style)(job.state)}${when}`;
  const said = isOver ? overSentences(history, why, around) : openSentences(history, why, live, around);
  if (history.damage !== null) said.unshift("Its record is damaged; this is what it says up to the damage:");
  const lines = [head, ...said.map((text) => `  ${text}`)];
  if (why.path.length > 0)
    lines.push("", pathTable(why, around, style).trimEnd(), "", ...pathSums(why).map((text) => `  ${text}`));
  return `${lines.join("\n")}\n`;
}

function overSentences({ job }: RunHistory, why: JobExplanation, around: Circumstances): string[] {
  const said: string[] = [];
  if (job.state === "cancelled") said.push("It was cancelled by the user.");
  else if (why.firstFailure !== null) said.push(...failureSentences(why, job.counts, around));
  else if (job.error !== null) said.push(`${printableLine(job.error)}.`);
  if (why.tookMs === null) said.push("Nothing of it was ever started.");
  else said.push(`It took ${formatDuration(why.tookMs)} from its first start${pauseText(why)}.`);
  return [...said, ...excessSentences(why)];
}

function failureSentences(
  { firstFailure }: JobExplanation,
  counts: RunHistory["job"]["counts"],
  around: Circumstances,
): string[] {
  const { task, error, at, attempts } = firstFailure!;
  const when = at === null ? "" : ` at ${momentText(at, around.nowMs)}`;
  const tries = attempts > 1 ? `, after ${attempts} attempts` : "";
  const said = [`The first to fail was ${nameText(task)}${when}: ${printableLine(error ?? "no reason is on record")}${tries}.`];
  const others = [
    counts.failed > 1 ? `${formatCount(counts.failed - 1)} more ${counts.failed === 2 ? "task" : "tasks"} failed` : "",
    counts.skipped > 0 ? `${formatTasks(counts.skipped)} ${counts.skipped === 1 ? "was" : "were"} skipped` : "",
    counts.cancelled > 0 ? `${formatTasks(counts.cancelled)} ${counts.cancelled === 1 ? "was" : "were"} cancelled` : "",
  ].filter((text) => text !== "");
  if (others.length > 0) said.push(`Besides, ${listText(others)}.`);
  return said;
}

function openSentences({ job }: RunHistory, why: JobExplanation, live: readonly Hold[], around: Circumstances): string[] {
  const { nowMs, standstill, isHeld } = around;
  const said: string[] = [];
  if (standstill !== "") said.push(standstillText(around));
  if (why.firstFailure !== null) said.push(...failureSentences(why, job.counts, around));
  if (why.running.length > 0) {
    const names = why.running.slice(0, 3).map(({ task, since }) => `${nameText(task)} for ${formatDuration(nowMs - since)}`);
    const what = why.running.length === 1 ? "1 task runs" : `${formatTasks(why.running.length)} run`;
    said.push(
      `${what}${isHeld || standstill === "" ? "" : ", as far as is known"}: ${listText(names)}${why.running.length > 3 ? ", …" : ""}.`,
    );
  }
  for (const hold of live) {
    const next = `the next that waits for that is ${nameText(hold.task)}`;
    said.push(`Held back by ${limitText(hold)}${takenText(hold, job.name)}, for ${formatDuration(nowMs - hold.since)}; ${next}.`);
  }
  if (why.readyCount > 0) {
    const [first] = why.ready;
    const what = why.readyCount === 1 ? "1 task is" : `${formatTasks(why.readyCount)} are`;
    said.push(`${what} ready to start, ${nameText(first!.task)} since ${momentText(first!.since, nowMs)}.`);
  }
  for (const { task, until, error } of why.delayed) {
    const cause = error === null ? "" : `: its last attempt ended with ${printableLine(error)}`;
    said.push(`${nameText(task)} is tried again at ${momentText(until, nowMs)} (in ${formatDuration(until - nowMs)})${cause}.`);
  }
  if (why.waitingCount > 0)
    said.push(`${formatTasks(why.waitingCount)} ${why.waitingCount === 1 ? "waits" : "wait"} for others.`);
  if (why.tookMs !== null) said.push(`It began ${formatDuration(why.tookMs)} ago${pauseText(why)}.`);
  return [...said, ...excessSentences(why)];
}

function pauseText({ pausedMs }: JobExplanation): string {
  return pausedMs < 1000 ? "" : `; for ${formatDuration(pausedMs)} of that nobody ran it`;
}

function excessSentences({ excesses }: JobExplanation): string[] {
  return excesses.slice(0, MOST_ROWS).map(({ task, usedBytes, takesBytes }) => {
    const [used, takes] = [usedBytes, takesBytes].map((bytes) => memory(bytes / 1024));
    return `${nameText(task)} used ${used} of memory and takes only ${takes} by its \`resources\`: let it take more.`;
  });
}

function pathTable({ path }: JobExplanation, { nowMs }: Circumstances, style: Style): string {
  const costs = path.map(({ waitMs, runMs }) => waitMs + runMs);
  const least = costs.toSorted((a, b) => b - a)[MOST_ROWS - 1] ?? 0;
  const shown = path.filter((_, index) => path.length <= MOST_ROWS || costs[index]! >= least).slice(0, MOST_ROWS);
  const rows = shown.map(({ id, readyAt, waitMs, runMs, attempts }) => [
    momentText(readyAt, nowMs),
    formatDuration(waitMs),
    formatDuration(runMs),
    attempts > 1 ? String(attempts) : "",
    printableLine(id),
  ]);
  const left = path.length - shown.length;
  if (left > 0) rows.push(["", "", "", "", `… ${formatCount(left)} more that took less`]);
  return drawTable(["READY", "WAITED", "RAN", "ATTEMPTS", "WHAT THE TIME WENT TO, EACH WAITING FOR THE ONE BEFORE"], rows, style);
}

function pathSums({ path, holds }: JobExplanation): string[] {
  const sumOf = (part: "waitMs" | "delayMs" | "runMs"): number => path.reduce((sum, task) => sum + task[part], 0);
  const [ran, delayed] = [sumOf("runMs"), sumOf("delayMs")];
  const waited = `waited, though they were ready, for ${formatDuration(sumOf("waitMs") - delayed)}`;
  const parts =
    delayed < 1 ? [waited] : [`were not to be tried again yet (\`retry_delay\`) for ${formatDuration(delayed)}`, waited];
  const said = [`On this path tasks ${listText([`ran for ${formatDuration(ran)}`, ...parts])}.`];
  const limits = holds.slice(0, 5).map((limit) => `${limitText(limit)} (${formatDuration(limit.ms)})`);
  if (limits.length > 0) said.push(`Ready tasks of the job were held back by ${listText(limits)}.`);
  return said;
}
