/** The pieces of which `why` makes its sentences: times, lists, limits and ends of attempts, in plain words. */

import { memory } from "../../analysis/figure-text.js";
import type { Awaited, ExplainedAttempt, TaskHold } from "../../analysis/why-task.js";
import type { Hold, Holder, Resources } from "../../index.js";
import { formatDuration, formatTime } from "./figures.js";
import { printableLine } from "./printable.js";

/** Without the day where that goes without saying. */
export function momentText(ms: number, nowMs: number): string {
  const [time, now] = [formatTime(ms), formatTime(nowMs)];
  return time.slice(0, 10) === now.slice(0, 10) ? time.slice(11) : time;
}

/** `a, b and c`. */
export function listText(items: readonly string[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

export function nameText(id: string): string {
  return `"${printableLine(id)}"`;
}

/** `4 of cpu`, `2.5 GB of memory`, `licence`. */
export function limitText({ pool, isOwn, size }: Pick<TaskHold, "pool" | "isOwn" | "size">): string {
  if (pool === "concurrency") return `the job's own limit of ${size} at once`;
  if (pool === "cpu" && !isOwn) return `the limit of ${size} at once (--concurrency)`;
  return `${isOwn ? "the job's pool" : "the pool"} ${printableLine(pool)}, of which there is ${amountText(pool, size)}`;
}

/** Who had it; empty if nobody is named. */
export function holdersText(holders: readonly Holder[], job: string): string {
  return takenBy(holders.map((holder) => holderText(holder, job)));
}

/** Who has it now, and why that may not be enough. */
export function takenText(hold: Hold, job: string): string {
  const names = hold.holders.map((holder) => holderText(holder, job));
  if (hasHoldersElsewhere(hold)) names.push("other engines, or what they left running");
  const { pool, amount, free, size } = hold;
  const rest =
    free > 0 && free < size ? `, so that ${amountText(pool, free)} is free where ${amountText(pool, amount)} is needed` : "";
  return `${takenBy(names)}${rest}`;
}

/** GPUs are shared with whoever uses the directory. */
function hasHoldersElsewhere({ pool, size, free, holders }: Hold): boolean {
  return pool === "gpu" && holders.reduce((sum, { amount }) => sum + amount, 0) < size - free;
}

function takenBy(names: readonly string[]): string {
  return names.length === 0 ? "" : `, taken by ${listText(names)}`;
}

function holderText({ job, task, amount }: Holder, own: string): string {
  if (task === null) return `job ${printableLine(job)} (${amount})`;
  return job === own ? nameText(task) : `${nameText(task)} of job ${printableLine(job)}`;
}

export function amountText(pool: string, amount: number): string {
  return pool === "memory" ? memory(amount / 1024) : String(amount);
}

export function statusText({ task, status, until, error }: Awaited, nowMs: number): string {
  const at = until === null ? "" : ` at ${momentText(until, nowMs)}`;
  const why = error === null || status === "completed" ? "" : `: ${printableLine(error)}`;
  const words = { pending: "is pending", running: "is running", completed: "completed", failed: "failed" } as const;
  const word = status === "skipped" || status === "cancelled" ? `was ${status}` : words[status];
  return `${nameText(task)}, which ${word}${at}${why}`;
}

/** What an attempt took, if that is not one cpu; empty otherwise. */
export function takesText(takes: Resources): string {
  const amounts = Object.entries(takes).filter(([pool, amount]) => pool !== "cpu" || amount !== 1);
  const texts = amounts.map(([pool, amount]) => `${amountText(pool, amount)} of ${printableLine(pool)}`);
  return texts.length === 0 ? "" : `with ${listText(texts)}`;
}

function ranOnText(ranOn: ExplainedAttempt["ranOn"]): string {
  if (ranOn === null) return "";
  return `on ${printableLine(ranOn.node)}${ranOn.slurmJob === null ? "" : ` in job ${printableLine(ranOn.slurmJob)} of Slurm`}`;
}

export function attemptText(attempt: ExplainedAttempt, isLast: boolean, nowMs: number): string {
  const { startedAt, endedAt, waitMs, runMs, takes, usage, excessBytes, ranOn } = attempt;
  const start = `started ${momentText(startedAt, nowMs)}, ${formatDuration(waitMs)} after it could`;
  const facts = [
    start,
    takesText(takes),
    ranOnText(ranOn),
    endedAt === null ? `has been running for ${formatDuration(runMs)}` : `ran ${formatDuration(runMs)}`,
  ];
  if (usage !== null) {
    facts.push(`used ${formatDuration(usage.userMs + usage.systemMs)} of CPU and ${memory(usage.maxRssKb)} of memory`);
  }
  const excess =
    excessBytes === 0 ? "" : `; that is ${memory(excessBytes / 1024)} more memory than it takes by its \`resources\``;
  const end = endedAt === null ? "" : `: ${endText(attempt, isLast)}`;
  return `${facts.filter((fact) => fact !== "").join(", ")}${excess}${end}`;
}

function endText({ outcome, status, error }: ExplainedAttempt, isLast: boolean): string {
  if (status === "completed") return "completed";
  const what = error === null ? "no result is on record" : printableLine(error);
  if (status !== "pending") return what;
  if (outcome?.stopped === "interrupt") return "stopped together with its engine, which does not count: it is made again";
  return `${what}; ${isLast ? "it is to be tried again" : "it was tried again"}`;
}
