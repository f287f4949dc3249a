/**
 * What users may write, as zod schemas made of the tables: a task, the options that `defaults` may set, and a job file's settings.
 *
 * Loaded only for values that the quick gate (task-keys.ts) does not let pass, for zod takes more time to load than Node itself. Says all
 * faults of a value at once. Whether ids are unique and dependencies exist is the graph check's business.
 */

import * as z from "zod";
import { checkJobName } from "../names.js";
import { describe, isObject, isTooDeep, TOO_DEEP } from "./describe.js";
import { JOB_OPTION_SHAPES } from "./job-options.js";
import type { PathFault } from "./places.js";
import { remedyFor } from "./other-keys.js";
import { normalise, suggest } from "./suggest.js";
import { RECORD_SHAPES, TASK_SHAPES } from "./task-keys.js";
import { OPTION_SHAPES } from "./task-options.js";
import type { Check } from "./value-checks.js";
import { expected, single, type Shape } from "./value-shape.js";

const JOB_KEYS = ["name", "tasks", "defaults", "params", ...JOB_OPTION_SHAPES.keys()];
/** Null means the same as a missing key, except of what a task can't be without. */
const REQUIRED = "command";

const task = object(TASK_SHAPES, '{"command": "echo", "args": ["hello"]}');
const recordedTask = object(new Map([...TASK_SHAPES, ...RECORD_SHAPES]), '{"command": "echo", "args": ["hello"]}');
const job = object(new Map([["name", single(checkJobName)], ...JOB_OPTION_SHAPES]), '{"tasks": [{"command": "echo"}]}').extend({
  tasks: z.array(z.unknown(), {
    error: ({ input }) =>
      input === undefined
        ? 'the key is missing: list the tasks, such as "tasks": [{"command": "echo"}]'
        : `expected a list of tasks, such as "tasks": [{"id": "NAME", "command": "echo"}], got ${describe(input)}`,
  }),
  defaults: object(OPTION_SHAPES, '{"timeout": 60}').nullish(),
});

/** All faults of one task; paths begin at the task. @param isTasksJson Take unknown keys, and check what became of the task. */
export function taskFaults(value: unknown, isTasksJson: boolean): PathFault[] {
  const faults = faultsOf(isTasksJson ? recordedTask : task, value);
  return [...faults, ...keyFaults(value, [...TASK_SHAPES.keys()], isTasksJson ? "any" : RECORD_SHAPES)];
}

/** All faults of a job file but those inside its tasks. */
export function jobFaults(value: unknown): PathFault[] {
  const faults = [...faultsOf(job, value), ...keyFaults(value, JOB_KEYS, new Set())];
  const defaults = isObject(value) ? value["defaults"] : null;
  for (const { path, message } of keyFaults(defaults, [...OPTION_SHAPES.keys()], new Set())) {
    faults.push({ path: ["defaults", ...path], message });
  }
  return faults;
}

function object(shapes: ReadonlyMap<string, Shape>, example: string): z.ZodObject {
  const schemas = [...shapes].map(([key, shape]) => [key, key === REQUIRED ? schemaOf(shape) : schemaOf(shape).nullish()]);
  return z.looseObject(Object.fromEntries(schemas) as z.ZodRawShape, { error: wanted("an object", example) });
}

function schemaOf(shape: Shape): z.ZodType {
  switch (shape.kind) {
    case "value":
      return checked(shape.check);
    case "list":
      return z.array(checked(shape.item), { error: wanted("a list", shape.example) }).check((context) => {
        const message = shape.whole?.(context.value) ?? null;
        if (message !== null) context.issues.push({ code: "custom", message, input: context.value });
      });
    case "entries":
      return z
        .custom<Record<string, unknown>>(isObject, { error: wanted("an object", shape.example), abort: true })
        .check((context) => {
          for (const [name, value] of Object.entries(context.value)) {
            const message = shape.entry(name, value);
            if (message !== null) context.issues.push({ code: "custom", message, input: value, path: [name] });
          }
        });
  }
}

function checked(check: Check): z.ZodType {
  return z.custom((value) => check(value) === null, { error: (issue) => check(issue.input) ?? "" });
}

/** For zod, which gives what came. */
function wanted(what: string, example: string): (issue: { readonly input?: unknown }) => string {
  return ({ input }) => expected(what, example, input);
}

function faultsOf(schema: z.ZodType, value: unknown): PathFault[] {
  const issues = schema.safeParse(value).error?.issues ?? [];
  return issues.map(({ path, message }) => ({ path: path.map((key) => (typeof key === "number" ? key : String(key))), message }));
}

/** Keys that mean nothing. Those that begin with `_` are comments. */
function keyFaults(value: unknown, known: readonly string[], others: Pick<ReadonlySet<string>, "has"> | "any"): PathFault[] {
  const faults: PathFault[] = [];
  for (const [key, entry] of isObject(value) ? Object.entries(value) : []) {
    if (others === "any" && !known.includes(key) && isTooDeep(entry)) faults.push({ path: [key], message: TOO_DEEP });
    if (others !== "any" && !known.includes(key) && !others.has(key) && !key.startsWith("_")) {
      const other = remedyFor(normalise(key));
      const meant = other === null ? suggest(key, known) : null;
      const remedy =
        meant === null ? (other ?? "remove it, or begin it with `_` to make it a comment") : `did you mean \`${meant}\`?`;
      faults.push({ path: [key], message: `unknown key \`${key.slice(0, 60)}\`: ${remedy}` });
    }
  }
  return faults;
}
