/**
 * The one table of a task's options: of each its key on disk, the shape of its value, what it becomes in a `TaskSpec`, what a task is that
 * doesn't say it, and how it is written down.
 *
 * From it come the quick test and the schema (by task-keys.ts), what `defaults` may hold, the way into a `TaskSpec` and back to the disk,
 * and the library's `TaskInput`; docs/job-files.md and the Python client are tested against it. Who adds an option adds its field to
 * `TaskSpec`, a line to `TaskOptions` and a row to the table. Reads no file and says no fault.
 */

import { DEFAULT_RESOURCES } from "../../domain/resources.js";
import type { RetryCondition, TaskSpec, TriggerRule } from "../../domain/task.js";
import * as checks from "./value-checks.js";
import { isEmpty } from "./describe.js";
import { checkDemand, readDemand, writeDemand } from "./pool-amounts.js";
import { entries, list, single, type Shape } from "./value-shape.js";

/** In the words and units of the disk. */
export interface TaskOptions {
  /** Added to the environment of the engine. */
  readonly env?: Readonly<Record<string, string>>;
  /** Working directory, relative to the job's. Default: the job's. */
  readonly cwd?: string;
  /** A file to read, relative to `cwd`. Default: nothing. */
  readonly stdin?: string;
  /** Seconds for one attempt. Default: no limit. */
  readonly timeout?: number;
  /** Further attempts after the first. Default: 0. */
  readonly retries?: number;
  /** Seconds before a further attempt. Default: 0. */
  readonly retry_delay?: number;
  /** Factor from one delay to the next. Default: 1. */
  readonly retry_backoff?: number;
  /** Exit codes, names of signals, or `timeout`. Default: any failure. */
  readonly retry_on?: readonly RetryCondition[];
  /** Default: `all_success`. */
  readonly trigger_rule?: TriggerRule;
  /** Larger first among ready tasks. Default: 0. */
  readonly priority?: number;
  /** What it takes of which pools while it runs, such as `{"cpu": 2, "memory": "4GiB", "gpu": 1, "licence": 0.5}`. Default: one cpu. */
  readonly resources?: Readonly<Record<string, number | string>>;
  /** Default: `rerun`. */
  readonly on_lost?: TaskSpec["onLost"];
}

type OptionKey = keyof TaskOptions;
type OptionField = Exclude<keyof TaskSpec, "id" | "command" | "args" | "dependencies" | "matrixOf" | "createdAt" | "extra">;

/** What of a `TaskSpec` comes from its options. */
export type OptionValues = Pick<TaskSpec, OptionField>;

/** Options as a user wrote them: null stands for the fallback, also where `defaults` say something else. */
export type WrittenOptions = { readonly [Key in OptionKey]?: TaskOptions[Key] | null | undefined };

/** The methods take what the shape has let pass. */
interface Option<Meant> {
  readonly key: OptionKey;
  readonly shape: Shape;
  /** What a task is that says nothing; it is not written down. */
  readonly fallback: Meant;
  /** Default: it is taken as it is written. */
  read?(this: void, written: unknown): Meant;
  /** Default: it is written as it is. */
  write?(this: void, meant: Meant): unknown;
  /** What a task's own value makes of the one in `defaults`. Default: it takes its place. */
  join?(this: void, inherited: Meant, own: Meant): Meant;
  /** Default: if it is the very same. */
  isFallback?(this: void, meant: Meant): boolean;
}

// Shared by all tasks, for there may be a million of them.
const NO_ENTRIES: Readonly<Record<string, never>> = Object.freeze({});

/** Who calls the library may change what it gave. Tasks that say the same share a copy, as they mostly shared what was given. */
function copyOfLast(): (variables: Readonly<Record<string, string>>) => Readonly<Record<string, string>> {
  let last: Readonly<Record<string, string>> = NO_ENTRIES;
  return (variables) => {
    const [names, before] = [Object.keys(variables), Object.keys(last)];
    const isSame =
      names.length === before.length && names.every((name, at) => name === before[at] && variables[name] === last[name]);
    return isSame ? last : (last = { ...variables });
  };
}

const toMs = (seconds: number): number => Math.round(seconds * 1000);

/** By the field that it becomes: one is missing, and this does not compile. */
export const taskOptions: { readonly [Field in OptionField]: Option<TaskSpec[Field]> } = {
  env: {
    key: "env",
    shape: entries(checks.checkVariable, '{"MODE": "fast"}'),
    fallback: NO_ENTRIES,
    read: copyOfLast(),
    join: (inherited, own) => (inherited === NO_ENTRIES ? own : { ...inherited, ...own }),
    isFallback: isEmpty,
  },
  cwd: { key: "cwd", shape: single(checks.checkText), fallback: null },
  stdin: { key: "stdin", shape: single(checks.checkText), fallback: null },
  timeoutMs: {
    key: "timeout",
    shape: single(checks.checkTimeout),
    fallback: null,
    read: (seconds: number) => Math.max(1, toMs(seconds)),
    write: (ms: number) => ms / 1000,
  },
  retries: { key: "retries", shape: single(checks.checkRetries), fallback: 0 },
  retryDelayMs: { key: "retry_delay", shape: single(checks.checkDelay), fallback: 0, read: toMs, write: (ms) => ms / 1000 },
  retryBackoff: { key: "retry_backoff", shape: single(checks.checkBackoff), fallback: 1 },
  retryOn: {
    key: "retry_on",
    shape: list(checks.checkRetryCondition, '[75, "SIGKILL", "timeout"]'),
    fallback: null,
    read: (conditions: readonly (number | string)[]) => [...conditions],
  },
  triggerRule: { key: "trigger_rule", shape: single(checks.checkTriggerRule), fallback: "all_success" },
  priority: { key: "priority", shape: single(checks.checkPriority), fallback: 0 },
  resources: {
    key: "resources",
    shape: entries(checkDemand, '{"cpu": 2, "memory": "4GiB"}'),
    fallback: DEFAULT_RESOURCES,
    read: readDemand,
    write: writeDemand,
  },
  onLost: { key: "on_lost", shape: single(checks.checkOnLost), fallback: "rerun" },
};

const rows = Object.entries(taskOptions) as [OptionField, Option<unknown>][];

/** The shape of each option's value, by its key. */
export const OPTION_SHAPES: ReadonlyMap<string, Shape> = new Map(rows.map(([, { key, shape }]) => [key, shape]));

/** What a task is that says nothing. */
export const NO_OPTIONS = Object.fromEntries(rows.map(([field, { fallback }]) => [field, fallback])) as OptionValues;

/** All of one form, for that is faster: every task is asked for each of them. */
const writing = rows.map(([field, { key, fallback, isFallback, write }]) => ({
  field,
  start: `,"${key}":`,
  fallback,
  isFallback: isFallback ?? (() => false),
  write: write ?? ((meant: unknown) => meant),
}));

/** What a task is by an option: null stands for the fallback, and who says nothing inherits. @param written must be right. */
export function optionValue<Meant>(option: Option<Meant>, written: unknown, inherited: Meant): Meant {
  if (written === undefined) return inherited;
  if (written === null) return option.fallback;
  const meant = option.read === undefined ? (written as Meant) : option.read(written);
  return option.join === undefined ? meant : option.join(inherited, meant);
}

/** The options that differ from their fallback, in the words and units of the disk: entries of a JSON object, each with a comma in front. */
export function optionEntries(values: OptionValues): string {
  let text = "";
  // Of every line of every task: `for…of` makes an object for each option, and most have their fallback.
  writing.forEach(({ field, start, fallback, isFallback, write }) => {
    const meant = values[field];
    if (meant === fallback || isFallback(meant)) return;
    const value = write(meant);
    text += start + (typeof value === "number" ? value : JSON.stringify(value));
  });
  return text;
}
