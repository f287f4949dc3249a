/** What `status` shows people: the jobs of a directory, or one job and its tasks. Takes what the files say; writes nothing. */

import { memory } from "../../analysis/figure-text.js";
import { memoryExcess, type JobView, type TaskView } from "../../index.js";
import { commandOfView, isNumberedId, shortened } from "../task-command.js";
import { countsText, endedCount } from "./counts-text.js";
import { formatCount, formatDuration, formatTime } from "./figures.js";
import { leftText } from "./left-behind.js";
import { printableLine } from "./printable.js";
import { styleOf, type Style } from "./style.js";
import { groupsTable } from "./groups-table.js";
import { drawTable } from "./table.js";

/** A job of more tasks shows only those that want attention, unless all are asked for. */
const maxRows = 40;
/** With what is said above and below, and the groups, a screenful. */
const [maxOfStatus, maxWanting] = [4, 8];
const COMMAND_WIDTH = 60;

export interface ShowOptions {
  readonly nowMs: number;
  /** What keeps a job from going on; empty if nothing does. */
  readonly waitsFor: (job: JobView) => string;
}

export function jobsTable(jobs: readonly JobView[], { nowMs, waitsFor }: ShowOptions, style: Style): string {
  const rows = jobs.map((job) => [
    printableLine(job.name),
    stateText(job, style),
    job.counts === null ? "" : `${formatCount(endedCount(job.counts))}/${formatCount(job.counts.total)}`,
    job.counts === null ? "" : countsText(job.counts, style, ["running", "failed", "cancelled", "skipped"]),
    startText(job),
    jobTookText(job, nowMs),
    printableLine(waitsFor(job)),
  ]);
  return drawTable(["JOB", "STATE", "TASKS", "", "STARTED", "TOOK", "WAITS FOR"], rows, style);
}

export interface JobTextOptions extends ShowOptions {
  readonly isEveryTask: boolean;
  /** Only tasks of this status, and all of them. Default: any. */
  readonly only?: string | null;
  /** True if what runs is shown elsewhere, too. Default: false. */
  readonly hasRunning?: boolean;
}

export function jobText(job: JobView, options: JobTextOptions, style: Style): string {
  return `${[...jobLines(job, options, style), ...taskLines(job.tasks ?? [], options, style)].join("\n")}\n`;
}

/** All of the job but its tasks. @param heldBack what holds it back, a line each. */
export function jobLines(job: JobView, options: ShowOptions, style: Style, heldBack: readonly string[] = []): string[] {
  const lines = [`${style.strong(printableLine(job.name))}  ${stateText(job, style)}`];
  const facts: [string, string][] = [
    ["run", textOf(job.state?.["id"])],
    ["started", startText(job)],
    ["took", jobTookText(job, options.nowMs)],
    ["tasks", job.counts === null ? "" : `${formatCount(job.counts.total)}: ${countsText(job.counts, style) || "none"}`],
    ["first failure", textOf(job.state?.["first_failure"])],
    ["error", textOf(job.state?.["error"])],
    ["waits for", printableLine(options.waitsFor(job))],
    ["more memory", excessText(job.tasks ?? [])],
    ["left behind", leftTexts(job.tasks ?? [])],
    ...warningsOf(job).map((text): [string, string] => ["ignored", printableLine(text)]),
  ];
  for (const [label, text] of facts) if (text !== "") lines.push(`  ${style.faint(label.padEnd(14))}${text}`);
  return [...lines, ...heldBack.map((text) => `  ${style.bad(text)}`)];
}

/** As lines, each table behind an empty one. */
export function taskLines(
  tasks: readonly TaskView[],
  { isEveryTask, only = null, hasRunning = false, nowMs }: JobTextOptions,
  style: Style,
): string[] {
  const lines: string[] = [];
  const add = (table: string): void => void lines.push("", ...table.trimEnd().split("\n"));
  if (only !== null) {
    const chosen = tasks.filter(({ status = "pending" }) => status === only);
    add(chosen.length === 0 ? style.faint(`no task is ${only}`) : tasksTable(chosen, nowMs, style));
  } else if (isEveryTask || tasks.length <= maxRows) {
    if (tasks.length > 0) add(tasksTable(tasks, nowMs, style));
  } else {
    add(groupsTable(tasks, style));
    const shown = wantingAttention(hasRunning ? tasks.filter(({ status }) => status !== "running") : tasks);
    if (shown.length > 0) add(tasksTable(shown, nowMs, style));
    lines.push("", style.faint(`${formatCount(tasks.length - shown.length)} more; --all shows every task, --state failed those`));
  }
  return lines;
}

/** Tasks that used more than they take; empty if none did. */
function excessText(tasks: readonly TaskView[]): string {
  const texts = tasks.flatMap((task) => {
    const excess = memoryExcess(task);
    if (excess === null) return [];
    const [used, takes] = [excess.usedBytes, excess.takesBytes].map((bytes) => memory(bytes / 1024));
    return [`${printableLine(task.id)} used ${used} and takes only ${takes}`];
  });
  return firstOf(texts);
}

/** Tasks of which processes were still there; empty if there are none. */
function leftTexts(tasks: readonly TaskView[]): string {
  return firstOf(tasks.flatMap(({ id, left_behind: left }) => (left == null ? [] : [leftText(id, left)])));
}

function firstOf(texts: readonly string[]): string {
  const more = texts.length > maxOfStatus ? `, and ${formatCount(texts.length - maxOfStatus)} more` : "";
  return `${texts.slice(0, maxOfStatus).join(", ")}${more}`;
}

/** What somebody wrote into tasks.json in vain. */
function warningsOf({ state }: JobView): string[] {
  const warnings = state?.["warnings"];
  return Array.isArray(warnings) ? warnings.filter((text) => typeof text === "string") : [];
}

/** An id that we gave says nothing of what the task does: its command does. */
function tasksTable(tasks: readonly TaskView[], nowMs: number, style: Style): string {
  const rows = tasks.map((task) => tasksRow(task, nowMs, style));
  return drawTable(["TASK", "STATUS", "ATTEMPTS", "TOOK", "ERROR", "COMMAND"], rows, style);
}

function tasksRow(task: TaskView, nowMs: number, style: Style): string[] {
  const { id, status = "pending", attempts = 0, started_at, completed_at, error } = task;
  const command = isNumberedId(id) ? commandOfView(task) : null;
  return [
    printableLine(id),
    styleOf(status, style)(status),
    attempts > 1 ? String(attempts) : "",
    status === "pending" ? "" : tookText(started_at, completed_at, nowMs),
    error === null || error === undefined ? "" : printableLine(error),
    command === null ? "" : shortened(command, COMMAND_WIDTH),
  ];
}

/** What runs and what went wrong, in that order. */
function wantingAttention(tasks: readonly TaskView[]): TaskView[] {
  const order = ["running", "failed", "cancelled", "skipped"];
  return order.flatMap((status) => tasks.filter((task) => task.status === status).slice(0, maxOfStatus)).slice(0, maxWanting);
}

function stateText(job: JobView, style: Style): string {
  const state = textOf(job.state?.["state"]) || "waiting";
  return styleOf(state, style)(state);
}

function startText(job: JobView): string {
  const startedAt = timeOf(job.state?.["started_at"]);
  return startedAt === null ? "" : formatTime(startedAt);
}

/** A job that waits takes no time, and of one that its engine left nobody knows. */
function jobTookText({ state, isOver, engine }: JobView, nowMs: number): string {
  return state === null || state["state"] === "waiting" || (engine === null && !isOver)
    ? ""
    : tookText(state["started_at"], state["completed_at"], nowMs);
}

function tookText(started: unknown, completed: unknown, nowMs: number): string {
  const startedAt = timeOf(started);
  return startedAt === null ? "" : formatDuration((timeOf(completed) ?? nowMs) - startedAt);
}

function timeOf(value: unknown): number | null {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? printableLine(value) : "";
}
