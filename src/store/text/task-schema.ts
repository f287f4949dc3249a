/**
 * What users may write, as zod schemas: a task, the options that `defaults` may set, and a job file's settings.
 *
 * Loaded only for values that the fast gate (plain-task.ts) does not let pass, for zod takes more time to load than Node itself.
 * Says all faults of a value at once. Whether ids are unique and dependencies exist is the scheduler's business.
 */

import * as z from "zod";
import type { RetryCondition, TaskStatus, TriggerRule } from "../../domain/task.js";
import { describe, isObject } from "./describe.js";
import { OPTION_KEYS, RUNTIME_KEYS, TASK_KEYS, UNSUPPORTED_KEYS, type DiskJob, type DiskTask } from "./disk-task.js";
import { checkJobName, checkTaskId } from "../names.js";
import type { PathFault } from "./places.js";
import { suggest } from "./suggest.js";
import * as checks from "./value-checks.js";

const JOB_KEYS = ["name", "tasks", "defaults", "env", "concurrency", "max_failures"];
const UNSUPPORTED_JOB_KEYS: ReadonlySet<string> = new Set(["pools"]);

function checked<T>(check: checks.Check) {
  return z.custom<T>((value) => check(value) === null, { error: (issue) => check(issue.input) ?? "" });
}

function list<T>(item: z.ZodType<T>, example: string) {
  return z.array(item, { error: (issue) => `expected a list such as ${example}, got ${describe(issue.input)}` });
}

function object<T extends z.ZodRawShape>(shape: T, example: string) {
  return z.looseObject(shape, { error: (issue) => `expected an object such as ${example}, got ${describe(issue.input)}` });
}

const environment = z
  .custom<Record<string, string>>(isObject, {
    error: (issue) => `expected an object such as {"MODE": "fast"}, got ${describe(issue.input)}`,
    abort: true,
  })
  .check((context) => {
    for (const [name, value] of Object.entries<unknown>(context.value)) {
      const message = checks.checkVariable(name, value);
      if (message !== null) context.issues.push({ code: "custom", message, input: value, path: [name] });
    }
  });

const argumentList = list(checked<string>(checks.checkString), '["--shard", "1"]').check((context) => {
  const message = checks.checkArguments(context.value);
  if (message !== null) context.issues.push({ code: "custom", message, input: context.value });
});

const options = {
  env: environment.nullish(),
  cwd: checked<string>(checks.checkText).nullish(),
  stdin: checked<string>(checks.checkText).nullish(),
  timeout: checked<number>(checks.checkTimeout).nullish(),
  retries: checked<number>(checks.checkRetries).nullish(),
  retry_delay: checked<number>(checks.checkDelay).nullish(),
  retry_backoff: checked<number>(checks.checkBackoff).nullish(),
  retry_on: list(checked<RetryCondition>(checks.checkRetryCondition), '[75, "SIGKILL", "timeout"]').nullish(),
  trigger_rule: checked<TriggerRule>(checks.checkTriggerRule).nullish(),
  priority: checked<number>(checks.checkPriority).nullish(),
  on_lost: checked<"rerun" | "fail">(checks.checkOnLost).nullish(),
};

const task = object(
  {
    id: checked<string>(checkTaskId).nullish(),
    command: checked<string>(checks.checkCommand),
    args: argumentList.nullish(),
    dependencies: list(checked<string>(checks.checkString), '["prepare"]').nullish(),
    ...options,
  },
  '{"command": "echo", "args": ["hello"]}',
);

const text = checked<string>(checks.checkString).nullish();
const time = checked<string>(checks.checkTime).nullish();

const recordedTask = task.extend({
  job_name: text,
  status: checked<TaskStatus>(checks.checkStatus).nullish(),
  created_at: text,
  started_at: time,
  completed_at: time,
  error: text,
  exit_code: checked<number>(checks.checkCounter).nullish(),
  signal: text,
  attempts: checked<number>(checks.checkCounter).nullish(),
  log: text,
}) satisfies z.ZodType<DiskTask>;

const job = object(
  {
    name: checked<string>(checkJobName).nullish(),
    tasks: z.array(z.unknown(), {
      error: ({ input }) =>
        input === undefined
          ? 'the key is missing: list the tasks, such as "tasks": [{"command": "echo"}]'
          : `expected a list of tasks, got ${describe(input)}`,
    }),
    defaults: object(options, '{"timeout": 60}').nullish(),
    env: environment.nullish(),
    concurrency: checked<number>(checks.checkLimit).nullish(),
    max_failures: checked<number>(checks.checkLimit).nullish(),
  },
  '{"tasks": [{"command": "echo"}]}',
) satisfies z.ZodType<DiskJob>;

/** All faults of one task; paths begin at the task. @param isTasksJson Take unknown keys, and check what became of the task. */
export function taskFaults(value: unknown, isTasksJson: boolean): PathFault[] {
  const faults = faultsOf(isTasksJson ? recordedTask : task, value);
  return [...faults, ...keyFaults(value, TASK_KEYS, UNSUPPORTED_KEYS, isTasksJson ? "any" : RUNTIME_KEYS)];
}

/** All faults of a job file but those inside its tasks. */
export function jobFaults(value: unknown): PathFault[] {
  const faults = [...faultsOf(job, value), ...keyFaults(value, JOB_KEYS, UNSUPPORTED_JOB_KEYS, new Set())];
  const defaults = isObject(value) ? value["defaults"] : null;
  for (const { path, message } of keyFaults(defaults, OPTION_KEYS, UNSUPPORTED_KEYS, new Set())) {
    faults.push({ path: ["defaults", ...path], message });
  }
  return faults;
}

function faultsOf(schema: z.ZodType, value: unknown): PathFault[] {
  const issues = schema.safeParse(value).error?.issues ?? [];
  return issues.map(({ path, message }) => ({ path: path.map((key) => (typeof key === "number" ? key : String(key))), message }));
}

/** Keys that mean nothing, or nothing yet. Those that begin with `_` are comments. */
function keyFaults(
  value: unknown,
  known: readonly string[],
  unsupported: ReadonlySet<string>,
  others: ReadonlySet<string> | "any",
): PathFault[] {
  const faults: PathFault[] = [];
  for (const key of isObject(value) ? Object.keys(value) : []) {
    if (unsupported.has(key)) {
      faults.push({ path: [key], message: `\`${key}\` is not supported yet: remove it` });
    } else if (others !== "any" && !known.includes(key) && !others.has(key) && !key.startsWith("_")) {
      const meant = suggest(key, known);
      const remedy = meant === null ? "remove it, or begin it with `_` to make it a comment" : `did you mean \`${meant}\`?`;
      faults.push({ path: [key], message: `unknown key \`${key.slice(0, 60)}\`: ${remedy}` });
    }
  }
  return faults;
}
