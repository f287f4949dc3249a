/**
 * A task as it stands on disk, in the guide's words: which keys there are, what belongs to whom, and the way into our own types.
 *
 * For values that have passed the schema; checks nothing itself. Seconds on disk, milliseconds in code. In a job file and in
 * tasks.json null means the same as a missing key, but takes away what the job's `defaults` say.
 */

import type { TaskRecord, TaskSpec } from "../../domain/task.js";
import { isKnownKey, type DiskTask } from "./task-keys.js";
import { NO_OPTIONS, optionValue, taskOptions, type OptionValues, type WrittenOptions } from "./task-options.js";
import { parseTimestamp } from "./timestamp.js";

// Shared by all tasks, for there may be a million of them.
const NO_STRINGS: readonly string[] = Object.freeze([]);
/** Longer lists are seldom alike, and are not kept for the sake of it. */
const FEW_STRINGS = 8;
const NO_EXTRA: Readonly<Record<string, unknown>> = Object.freeze({});

export interface SpecContext {
  /** What a task is that says nothing: `NO_OPTIONS`, or what a job file's `defaults` make of it. */
  readonly inherited: OptionValues;
  /** For tasks without a `created_at`, and for all tasks of a job file. ISO 8601. */
  readonly createdAt: string;
  /** True for tasks.json: what became of a task counts, `created_at` among it, and keys that we don't know are kept. */
  readonly isTasksJson: boolean;
}

/**
 * A task as the scheduler takes it, with every default filled in. Written out, for it is made of every task: going through the table by
 * its keys takes three times as long.
 *
 * @param position From 1: the N of the default id `task-N`.
 * @param extra From `extraOf`, for a task that may have keys that we don't know. Default: none.
 */
export function toSpec(task: DiskTask, position: number, context: SpecContext, extra = NO_EXTRA): TaskSpec {
  const { inherited, createdAt, isTasksJson } = context;
  return {
    id: task.id ?? `task-${position}`,
    command: task.command,
    args: sharedArgs(task.args ?? NO_STRINGS),
    dependencies: sharedDependencies(withoutDuplicates(task.dependencies ?? NO_STRINGS)),
    env: optionValue(taskOptions.env, task.env, inherited.env),
    cwd: optionValue(taskOptions.cwd, task.cwd, inherited.cwd),
    stdin: optionValue(taskOptions.stdin, task.stdin, inherited.stdin),
    timeoutMs: optionValue(taskOptions.timeoutMs, task.timeout, inherited.timeoutMs),
    retries: optionValue(taskOptions.retries, task.retries, inherited.retries),
    retryDelayMs: optionValue(taskOptions.retryDelayMs, task.retry_delay, inherited.retryDelayMs),
    retryBackoff: optionValue(taskOptions.retryBackoff, task.retry_backoff, inherited.retryBackoff),
    retryOn: optionValue(taskOptions.retryOn, task.retry_on, inherited.retryOn),
    triggerRule: optionValue(taskOptions.triggerRule, task.trigger_rule, inherited.triggerRule),
    priority: optionValue(taskOptions.priority, task.priority, inherited.priority),
    resources: optionValue(taskOptions.resources, task.resources, inherited.resources),
    onLost: optionValue(taskOptions.onLost, task.on_lost, inherited.onLost),
    matrixOf: typeof task.matrix_of === "string" ? task.matrix_of : null,
    createdAt: isTasksJson ? (task.created_at ?? createdAt) : createdAt,
    extra,
  };
}

/** What a task with these options alone would be. They must be right. */
export function withDefaults(defaults: WrittenOptions): OptionValues {
  return toSpec({ command: "", ...defaults }, 0, { inherited: NO_OPTIONS, createdAt: "", isTasksJson: false });
}

/** The entries of a task of tasks.json that we don't know. */
export function extraOf(task: DiskTask): Readonly<Record<string, unknown>> {
  if (Object.keys(task).every(isKnownKey)) return NO_EXTRA;
  return Object.fromEntries(Object.entries(task).filter(([key]) => !isKnownKey(key)));
}

/** What became of a task of tasks.json. */
export function toRecord(task: DiskTask): TaskRecord {
  return {
    status: task.status ?? "pending",
    attempts: task.attempts ?? 0,
    startedAt: parseTimestamp(task.started_at ?? ""),
    completedAt: parseTimestamp(task.completed_at ?? ""),
    error: task.error ?? null,
    exitCode: task.exit_code ?? null,
    signal: task.signal ?? null,
    usage: toUsage(task.usage),
    ranOn: toRanOn(task.ran_on),
    left: toLeft(task.left_behind),
  };
}

function toUsage(usage: DiskTask["usage"]): TaskRecord["usage"] {
  if (usage === null || usage === undefined) return null;
  return { userMs: usage.user_ms, systemMs: usage.system_ms, maxRssKb: usage.max_rss_kb };
}

function toRanOn(ranOn: DiskTask["ran_on"]): TaskRecord["ranOn"] {
  if (ranOn === null || ranOn === undefined) return null;
  return { node: ranOn.node, slurmJob: ranOn.slurm_job ?? null };
}

function toLeft(left: DiskTask["left_behind"]): TaskRecord["left"] {
  if (left === null || left === undefined) return null;
  return { attempt: left.attempt, processes: left.processes, isStuck: left.can_not_be_ended };
}

const sharedArgs = sharing();
const sharedDependencies = sharing();

/**
 * Gives the list that it gave last if the next one says the same, as those of a fan-out do: a list a task is a sixth of what a task takes. It is
 * never the very list that came: who calls the library may fill that anew for its next task.
 */
function sharing(): (strings: readonly string[]) => readonly string[] {
  let last = NO_STRINGS;
  return (strings) => {
    if (strings.length === 0) return NO_STRINGS;
    if (strings.length > FEW_STRINGS) return [...strings];
    if (strings.length !== last.length || strings.some((string, place) => string !== last[place])) last = [...strings];
    return last;
  };
}

function withoutDuplicates(ids: readonly string[]): readonly string[] {
  if (ids.length < 2) return ids;
  const unique = new Set(ids);
  return unique.size === ids.length ? ids : [...unique];
}
