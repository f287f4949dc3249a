/** A task of a file, taken apart: what its placeholders are, and what makes the tasks that it stands for. Makes none itself. */

import { quote } from "../describe.js";
import type { Path, PathFault, SourceOf } from "../places.js";
import { TASK_SHAPES } from "../task-keys.js";
import { asWanted } from "../value-shape.js";
import { fillerOf, type FillContext, type Filler, type ValueOf } from "./fill-value.js";
import { readMatrix, type Matrix } from "./matrix.js";
import { fill, parseTemplate } from "./placeholders.js";

export type WrittenTask = Readonly<Record<string, unknown>>;

export interface TaskSource {
  readonly index: number;
  readonly task: WrittenTask;
  /** True if it is as it was written: neither a param nor a matrix has anything to do with it. */
  readonly isPlain: boolean;
  readonly matrix: Matrix | null;
  readonly id: Filler;
  /** Its id with the params alone put in; null for a plain one, and for one without. */
  readonly templateId: string | null;
  /** Everything but the id, the dependencies and the matrix. */
  readonly rest: Filler;
}

export interface SourceContext {
  /** Null for a file without params: then only a matrix has placeholders replaced. */
  readonly params: ReadonlyMap<string, string> | null;
  readonly sourceOf: SourceOf;
  /** Told of each param that is used. */
  readonly onUse: (name: string) => void;
  readonly faults: PathFault[];
}

export function takeApart(task: WrittenTask, index: number, context: SourceContext): TaskSource {
  const { id, matrix: written, dependencies: _own, matrix_of: _of, ...rest } = task;
  const { params, faults } = context;
  const path = ["tasks", index];
  const ownId = `task-${index + 1}`;
  if (params === null && !isGiven(written)) {
    return { index, task, isPlain: true, matrix: null, id: () => id ?? ownId, templateId: null, rest: () => rest };
  }
  const matrix = isGiven(written) ? readFilled(written, [...path, "matrix"], context) : null;
  if (matrix !== null) faults.push(...idFaults(id, matrix.keys, path));
  // Of a matrix that is wrong, which has been told, nobody knows the placeholders.
  const isKnown = !isGiven(written) || matrix !== null;
  const fillers = fillContext(matrix?.keys ?? [], { ...context, faults: isKnown ? faults : [] });
  return {
    index,
    task,
    isPlain: false,
    matrix,
    id: isGiven(id) ? fillerOf(id, [...path, "id"], fillers) : () => ownId,
    templateId: typeof id === "string" ? withParams(id, params) : null,
    rest: restFiller(rest, path, fillers),
  };
}

/** A text with the params put in, and everything else as it stands. */
export function withParams(text: string, params: SourceContext["params"]): string {
  return params === null ? text : fill(parseTemplate(text, new Set(params.keys())), paramOf(params));
}

export function paramOf(params: SourceContext["params"]): ValueOf {
  return (name) => params?.get(name) ?? "";
}

/** @param keys of the task's matrix. */
export function fillContext(keys: readonly string[], { params, onUse, faults }: SourceContext): FillContext {
  return {
    declared: new Set([...(params?.keys() ?? []), ...keys]),
    faults,
    onUse,
    asWanted: ([, , key, ...inside], text) => {
      const shape = typeof key === "string" ? TASK_SHAPES.get(key) : undefined;
      return shape === undefined ? text : asWanted(shape, inside, text);
    },
  };
}

export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** What can be checked of a task although nobody knows what it stands for: it can't be wrong for a placeholder. */
export function withoutPlaceholders(task: WrittenTask): WrittenTask {
  const mayHave = (value: unknown): boolean =>
    typeof value === "object" ? !isPlainList(value) : typeof value === "string" && value.includes("{");
  const isPlainList = (value: unknown): boolean =>
    Array.isArray(value) && value.every((item) => typeof item !== "object" && !mayHave(item));
  const isCertain = ([key, value]: [string, unknown]): boolean =>
    key === "id" || key === "command" || (key !== "matrix" && key !== "dependencies" && !mayHave(value));
  return Object.fromEntries(Object.entries(task).filter(isCertain));
}

function readFilled(written: unknown, path: Path, context: SourceContext): Matrix | null {
  const { params, sourceOf, faults } = context;
  const filled = fillerOf(written, path, fillContext([], context))(paramOf(params));
  const matrix = readMatrix(filled, path, faults, sourceOf);
  for (const key of matrix?.keys ?? [])
    if (params?.has(key) === true)
      faults.push({ path: [...path, key], message: `a param is called ${quote(key)} too: give one of them another name` });
  return matrix;
}

function idFaults(id: unknown, keys: readonly string[], path: Path): PathFault[] {
  const names = typeof id === "string" ? parseTemplate(id, new Set(keys)).names : [];
  const missing = keys.filter((key) => !names.includes(key));
  if (missing.length === 0) return [];
  const example = quote(`${typeof id === "string" ? id : "process"}${missing.map((key) => `-{${key}}`).join("")}`);
  const need = missing.map((key) => `{${key}}`).join(" and ");
  const message = `the tasks of a matrix need ids of their own, so the id must contain ${need}: write ${example}`;
  return [{ path: isGiven(id) ? [...path, "id"] : path, message }];
}

/** What we don't know is not ours to change. */
function restFiller(rest: WrittenTask, path: Path, context: FillContext): Filler {
  const entries = Object.entries(rest);
  const ours = Object.fromEntries(entries.filter(([key]) => TASK_SHAPES.has(key)));
  const others = Object.fromEntries(entries.filter(([key]) => !TASK_SHAPES.has(key)));
  const filler = fillerOf(ours, path, context);
  return (valueOf) => ({ ...(filler(valueOf) as object), ...others });
}
