/**
 * Writes a task: as its line of tasks.json, and in the compact form in which the journal keeps what was asked for.
 *
 * A line of tasks.json has the guide's keys first, in the guide's order, then ours, then the options that differ from their
 * default, then the keys that we don't know. What never changes of a line is made once, for a snapshot of a large job writes the
 * same lines again and again.
 */

import type { TaskRecord, TaskSpec } from "../domain/task.js";
import { extraOf, toSpec, type DiskOptions, type DiskTask } from "./disk-task.js";
import { formatTimestamp } from "./timestamp.js";

/** A task's line but for what became of it: three pieces of JSON around the two gaps. */
export interface StaticPart {
  /** From the opening brace to `"dependencies"`. */
  readonly head: string;
  /** `"created_at"`. */
  readonly created: string;
  /** From the options to the closing brace. */
  readonly tail: string;
}

export function staticPart(spec: TaskSpec, jobName: string): StaticPart {
  const { id, command, args, dependencies } = spec;
  const head = JSON.stringify({ id, job_name: jobName, command, args, dependencies });
  const rest = JSON.stringify({ ...optionsOf(spec), ...spec.extra });
  return {
    head: head.slice(0, -1),
    created: `"created_at":${JSON.stringify(spec.createdAt)}`,
    tail: rest === "{}" ? "}" : `,${rest.slice(1)}`,
  };
}

/**
 * A task's line of tasks.json, without a line break.
 *
 * @param log Name of its log file inside `logs/`; null if it has none.
 */
export function taskLine({ head, created, tail }: StaticPart, record: TaskRecord, log: string | null): string {
  const { status, startedAt, completedAt, error, exitCode, signal, attempts } = record;
  const before = `${head},"status":"${status}",${created},"started_at":${time(startedAt)},"completed_at":${time(completedAt)}`;
  const end = `"error":${text(error)},"exit_code":${exitCode},"signal":${text(signal)},"attempts":${attempts}`;
  return `${before},${end},"log":${text(log)}${tail}`;
}

/** `taskLine` for a task that is written only once. */
export function taskToLine(spec: TaskSpec, record: TaskRecord, jobName: string, log: string | null): string {
  return taskLine(staticPart(spec, jobName), record, log);
}

/** What was asked for, complete, without defaults: what the journal keeps. The keys are those of tasks.json. */
export function specToJson(spec: TaskSpec): DiskTask {
  return {
    id: spec.id,
    command: spec.command,
    ...(spec.args.length === 0 ? {} : { args: spec.args }),
    ...(spec.dependencies.length === 0 ? {} : { dependencies: spec.dependencies }),
    ...optionsOf(spec),
    created_at: spec.createdAt,
    ...spec.extra,
  };
}

/** The inverse of `specToJson`. Trusts its input: the journal's checksums vouch for it. */
export function specFromJson(json: DiskTask): TaskSpec {
  return toSpec(json, 0, { defaults: {}, createdAt: "", isTasksJson: true }, extraOf(json));
}

/** The options that differ from their default, in the words and units of the disk. */
function optionsOf(spec: TaskSpec): DiskOptions {
  return {
    ...(Object.keys(spec.env).length === 0 ? {} : { env: spec.env }),
    ...(spec.cwd === null ? {} : { cwd: spec.cwd }),
    ...(spec.stdin === null ? {} : { stdin: spec.stdin }),
    ...(spec.timeoutMs === null ? {} : { timeout: spec.timeoutMs / 1000 }),
    ...(spec.retries === 0 ? {} : { retries: spec.retries }),
    ...(spec.retryDelayMs === 0 ? {} : { retry_delay: spec.retryDelayMs / 1000 }),
    ...(spec.retryBackoff === 1 ? {} : { retry_backoff: spec.retryBackoff }),
    ...(spec.retryOn === null ? {} : { retry_on: spec.retryOn }),
    ...(spec.triggerRule === "all_success" ? {} : { trigger_rule: spec.triggerRule }),
    ...(spec.priority === 0 ? {} : { priority: spec.priority }),
    ...(spec.onLost === "rerun" ? {} : { on_lost: spec.onLost }),
  };
}

function text(value: string | null): string {
  return value === null ? "null" : JSON.stringify(value);
}

function time(ms: number | null): string {
  return ms === null ? "null" : `"${formatTimestamp(ms)}"`;
}
