/**
 * What `watch JOB` shows: what `status JOB` does, what holds the job back, and, where not all of its tasks fit, what runs now ahead of the
 * rest. Pure.
 */

import type { JobView, TaskView } from "../../index.js";
import { runningLines, type RunningLine } from "./progress-screen.js";
import { jobLines, taskLines, type JobTextOptions } from "./status-table.js";
import type { Style } from "./style.js";
import { fit } from "./text-width.js";

export interface WatchOptions extends JobTextOptions {
  /** A line each. */
  readonly heldBack: readonly string[];
  /** Of the terminal; null where all is shown. */
  readonly room: { readonly columns: number; readonly rows: number } | null;
}

export function watchText(job: JobView, options: WatchOptions, style: Style): string {
  const { heldBack, room, nowMs } = options;
  const tasks = job.tasks ?? [];
  const fitting = room === null ? heldBack : heldBack.map((text) => fit(text, room.columns - 3));
  const head = jobLines(job, options, style, fitting);
  const table = taskLines(tasks, options, style);
  const rows = (room?.rows ?? Infinity) - 1 - head.length;
  const hasRowForEach = table.length > tasks.length;
  if (room === null || (hasRowForEach && table.length <= rows)) return textOf([...head, ...table]);
  const rest = hasRowForEach ? table : taskLines(tasks, { ...options, hasRunning: true }, style);
  const running = runningOf(tasks, nowMs);
  const most = Math.max(Math.ceil((rows - 1) / 2), rows - 1 - rest.length);
  const block = runningLines(running, running.length, { columns: room.columns, rows: most }, style);
  return textOf(block.length === 0 ? [...head, ...table] : [...head, "", ...block, ...rest]);
}

function textOf(lines: readonly string[]): string {
  return `${lines.join("\n")}\n`;
}

/** The longest first. */
function runningOf(tasks: readonly TaskView[], nowMs: number): RunningLine[] {
  return tasks
    .filter(({ status, started_at: at }) => status === "running" && typeof at === "string" && !Number.isNaN(Date.parse(at)))
    .map((task) => ({ task: task.id, command: commandText(task), sinceMs: nowMs - Date.parse(task.started_at!) }))
    .toSorted((one, other) => other.sinceMs - one.sinceMs);
}

function commandText({ command, args }: TaskView): string {
  return [command, ...(Array.isArray(args) ? args : [])].filter((word) => typeof word === "string").join(" ");
}
