/**
 * Reads the task objects of a job file or of tasks.json.
 *
 * Two gates, one way in: a task that is certainly right is recognised by hand, at a small part of a schema's price and without
 * loading it; anything else, be it right or wrong, goes through the schema. Faulty tasks stay in the result with what is right of
 * them, so that indices hold and faults of the graph can be shown together with those of the tasks.
 */

import type { TaskRecord, TaskSpec } from "../../domain/task.js";
import { isObject } from "./describe.js";
import { extraOf, toRecord, toSpec, withDefaults, type SpecContext } from "./disk-task.js";
import type { PathFault } from "./places.js";
import { isPlainTask, type DiskTask } from "./task-keys.js";
import type { WrittenOptions } from "./task-options.js";
import type * as TaskSchema from "./task-schema.js";

export interface ReadTasks {
  readonly tasks: readonly TaskSpec[];
  /** What became of each task, for tasks.json; empty for a job file. */
  readonly records: readonly TaskRecord[];
  /** Paths begin at the job: `["tasks", 3, "timeout"]`. */
  readonly faults: readonly PathFault[];
}

export interface ReadContext {
  /** For tasks without a `created_at`, and for all tasks of a job file. ISO 8601. */
  readonly createdAt: string;
  /** True for tasks.json: what became of a task counts, and keys that we don't know are kept. */
  readonly isTasksJson: boolean;
  /** The job file's `defaults`, which must be right. Default: none. */
  readonly defaults?: WrittenOptions;
  /** Of the first task, for default ids. Default: 1. */
  readonly firstPosition?: number;
}

const NO_DEFAULTS = withDefaults({});

/** Never throws: what is wrong comes back as faults. */
export async function readTasks(values: readonly unknown[], options: ReadContext): Promise<ReadTasks> {
  const { createdAt, isTasksJson, defaults, firstPosition = 1 } = options;
  const inherited = defaults === undefined ? NO_DEFAULTS : withDefaults(defaults);
  const context: SpecContext = { inherited, createdAt, isTasksJson };
  const tasks: TaskSpec[] = [];
  const records: TaskRecord[] = [];
  const faults: PathFault[] = [];
  let schema: typeof TaskSchema | null = null;
  for (const [index, value] of values.entries()) {
    const position = firstPosition + index;
    let task: DiskTask;
    if (isPlainTask(value, isTasksJson)) {
      task = value;
      tasks.push(toSpec(task, position, context));
    } else {
      schema ??= await import("./task-schema.js");
      const own = schema.taskFaults(value, isTasksJson);
      for (const { path, message } of own) faults.push({ path: ["tasks", index, ...path], message });
      task = salvage(value, own);
      tasks.push(toSpec(task, position, context, isTasksJson ? extraOf(task) : undefined));
    }
    if (isTasksJson) records.push(toRecord(task));
  }
  return { tasks, records, faults };
}

/** A task of no file that is certainly right; null for any other. */
export function plainTask(value: unknown, position: number, createdAt: string): TaskSpec | null {
  if (!isPlainTask(value, false)) return null;
  return toSpec(value, position, { inherited: NO_DEFAULTS, createdAt, isTasksJson: false });
}

/** What is right of a faulty task. */
function salvage(value: unknown, faults: readonly PathFault[]): DiskTask {
  const wrong = new Set(faults.map(({ path }) => path[0]));
  const right = isObject(value) ? Object.entries(value).filter(([key]) => !wrong.has(key)) : [];
  return { command: "", ...Object.fromEntries(right) };
}
