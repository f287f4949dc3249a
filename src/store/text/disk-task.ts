/**
 * A task as it stands on disk, in the guide's words: which keys there are, what belongs to whom, and the way into our own types.
 *
 * Called by the readers once a value has passed the schema; checks nothing itself. Seconds on disk, milliseconds in code. In a
 * job file and in tasks.json null means the same as a missing key, but takes away what the job's `defaults` say.
 */

import { DEFAULT_RESOURCES } from "../../domain/resources.js";
import type { RetryCondition, TaskRecord, TaskSpec, TaskStatus, TriggerRule } from "../../domain/task.js";
import { parseTimestamp } from "./timestamp.js";

type Maybe<T> = T | null | undefined;

/** The options of a task: what `defaults` may set. */
export interface DiskOptions {
  readonly env?: Maybe<Readonly<Record<string, string>>>;
  readonly cwd?: Maybe<string>;
  readonly stdin?: Maybe<string>;
  readonly timeout?: Maybe<number>;
  readonly retries?: Maybe<number>;
  readonly retry_delay?: Maybe<number>;
  readonly retry_backoff?: Maybe<number>;
  readonly retry_on?: Maybe<readonly RetryCondition[]>;
  readonly trigger_rule?: Maybe<TriggerRule>;
  readonly priority?: Maybe<number>;
  readonly on_lost?: Maybe<"rerun" | "fail">;
}

/** What became of a task: written by us, ignored in a job file. */
export interface DiskRuntime {
  readonly job_name?: Maybe<string>;
  readonly status?: Maybe<TaskStatus>;
  readonly created_at?: Maybe<string>;
  readonly started_at?: Maybe<string>;
  readonly completed_at?: Maybe<string>;
  readonly error?: Maybe<string>;
  readonly exit_code?: Maybe<number>;
  readonly signal?: Maybe<string>;
  readonly attempts?: Maybe<number>;
  readonly log?: Maybe<string>;
}

export interface DiskTask extends DiskOptions, DiskRuntime {
  readonly id?: Maybe<string>;
  readonly command: string;
  readonly args?: Maybe<readonly string[]>;
  readonly dependencies?: Maybe<readonly string[]>;
}

/** Everything of a job file but its tasks. */
export interface DiskJob {
  readonly name?: Maybe<string>;
  readonly defaults?: Maybe<DiskOptions>;
  readonly env?: Maybe<Readonly<Record<string, string>>>;
  readonly concurrency?: Maybe<number>;
  readonly max_failures?: Maybe<number>;
}

export const OPTION_KEYS = [
  "env",
  "cwd",
  "stdin",
  "timeout",
  "retries",
  "retry_delay",
  "retry_backoff",
  "retry_on",
  "trigger_rule",
  "priority",
  "on_lost",
] as const satisfies readonly (keyof DiskOptions)[];

/** What a user may write of a task. */
export const TASK_KEYS: readonly string[] = ["id", "command", "args", "dependencies", ...OPTION_KEYS];

export const RUNTIME_KEYS: ReadonlySet<string> = new Set<keyof DiskRuntime>([
  "job_name",
  "status",
  "created_at",
  "started_at",
  "completed_at",
  "error",
  "exit_code",
  "signal",
  "attempts",
  "log",
]);

/** In the contract, but not built yet: a task that asks for them must not run without. */
export const UNSUPPORTED_KEYS: ReadonlySet<string> = new Set(["resources", "matrix"]);

const KNOWN_KEYS: ReadonlySet<string> = new Set([...TASK_KEYS, ...RUNTIME_KEYS, ...UNSUPPORTED_KEYS]);

// Shared by all tasks, for there may be a million of them.
const NO_STRINGS: readonly string[] = Object.freeze([]);
const NO_ENTRIES: Readonly<Record<string, never>> = Object.freeze({});
const NO_EXTRA: Readonly<Record<string, unknown>> = NO_ENTRIES;

export interface SpecContext {
  /** The job file's `defaults`; `{}` for none. */
  readonly defaults: DiskOptions;
  /** For tasks without a `created_at`, and for all tasks of a job file. ISO 8601. */
  readonly createdAt: string;
  /** True for tasks.json: what became of a task counts, `created_at` among it, and keys that we don't know are kept. */
  readonly isTasksJson: boolean;
  /** Of the first task, for default ids. Default: 1. */
  readonly firstPosition?: number;
}

/**
 * A task as the scheduler takes it, with every default filled in.
 *
 * @param position From 1: the N of the default id `task-N`.
 * @param extra From `extraOf`, for a task that may have keys that we don't know. Default: none.
 */
export function toSpec(task: DiskTask, position: number, context: SpecContext, extra = NO_EXTRA): TaskSpec {
  const { defaults } = context;
  const timeout = given(task.timeout, defaults.timeout, null);
  return {
    id: task.id ?? `task-${position}`,
    command: task.command,
    args: shared(task.args ?? NO_STRINGS),
    dependencies: withoutDuplicates(task.dependencies ?? NO_STRINGS),
    env: mergeEnv(task.env, defaults.env),
    cwd: given(task.cwd, defaults.cwd, null),
    stdin: given(task.stdin, defaults.stdin, null),
    timeoutMs: timeout === null ? null : Math.max(1, toMs(timeout)),
    retries: given(task.retries, defaults.retries, 0),
    retryDelayMs: toMs(given(task.retry_delay, defaults.retry_delay, 0)),
    retryBackoff: given(task.retry_backoff, defaults.retry_backoff, 1),
    retryOn: given(task.retry_on, defaults.retry_on, null),
    triggerRule: given(task.trigger_rule, defaults.trigger_rule, "all_success"),
    priority: given(task.priority, defaults.priority, 0),
    resources: DEFAULT_RESOURCES,
    onLost: given(task.on_lost, defaults.on_lost, "rerun"),
    createdAt: context.isTasksJson ? (task.created_at ?? context.createdAt) : context.createdAt,
    extra,
  };
}

/** The entries of a task of tasks.json that we don't know. */
export function extraOf(task: DiskTask): Readonly<Record<string, unknown>> {
  const entries = Object.entries(task).filter(([key]) => !KNOWN_KEYS.has(key));
  return entries.length === 0 ? NO_EXTRA : Object.fromEntries(entries);
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
    usage: null,
  };
}

/** Null resets to our own default; a missing key leaves it to the job's. */
function given<T>(own: Maybe<T>, inherited: Maybe<T>, fallback: T): T {
  return own === undefined ? (inherited ?? fallback) : (own ?? fallback);
}

function toMs(seconds: number): number {
  return Math.round(seconds * 1000);
}

function mergeEnv(own: DiskOptions["env"], inherited: DiskOptions["env"]): Readonly<Record<string, string>> {
  if (own === undefined) return inherited ?? NO_ENTRIES;
  if (own === null) return NO_ENTRIES;
  return inherited === null || inherited === undefined ? own : { ...inherited, ...own };
}

function shared(strings: readonly string[]): readonly string[] {
  return strings.length === 0 ? NO_STRINGS : strings;
}

function withoutDuplicates(ids: readonly string[]): readonly string[] {
  if (ids.length < 2) return shared(ids);
  const unique = new Set(ids);
  return unique.size === ids.length ? ids : [...unique];
}
