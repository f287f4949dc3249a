/**
 * A job file with its params put in and its matrices expanded: what is left is a job as it would have been written out by hand, whose
 * faults are told at their places in the file. Pure.
 */

import { isObject } from "../describe.js";
import { JOB_OPTION_SHAPES } from "../job-options.js";
import type { PathFault, SourceOf } from "../places.js";
import { OPTION_SHAPES } from "../task-options.js";
import { asWanted } from "../value-shape.js";
import { expandTasks, type Expansion } from "./expand-tasks.js";
import { withoutPlaceholders } from "./task-source.js";
import { fillerOf } from "./fill-value.js";
import { MOST_COMBINATIONS } from "./matrix.js";
import { readParams, type GivenParams } from "./params.js";

/** What a caller says of a file's params and matrices. */
export interface ExpandWishes {
  /** Values of params. Default: those of the file. */
  readonly params?: GivenParams;
  /** More tasks than this need a word. Default: a million. */
  readonly mostTasks?: number;
  /** What to say then. */
  readonly remedy?: string;
}

export interface ExpandedJob {
  /** Everything but the tasks and the params. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly tasks: Expansion;
  readonly faults: readonly PathFault[];
  /** What is no fault, but nobody can have meant. */
  readonly warnings: readonly PathFault[];
}

export function expandJob(file: unknown, wishes: ExpandWishes, sourceOf: SourceOf): ExpandedJob {
  const { params: written, tasks, ...settings } = isObject(file) ? file : {};
  const { values, faults } = readParams(written, wishes.params ?? {}, sourceOf);
  const params = isObject(written) ? values : null;
  const used = new Set<string>();
  const onUse = (name: string): void => void used.add(name);
  const { mostTasks = MOST_COMBINATIONS, remedy = "let a task do more than one of them" } = wishes;
  // A param without a value is told once; what stands for it can't be told.
  const isReady = faults.length === 0;
  const list = Array.isArray(tasks) ? (tasks as unknown[]) : [];
  const expansion = isReady ? expandTasks(list, { params, sourceOf, onUse, mostTasks, remedy }) : asFarAsCertain(list);
  const more: PathFault[] = [];
  const filled = params === null || !isReady ? settings : fillSettings(settings, params, { faults: more, onUse });
  const unused = params === null || !isReady ? [] : [...params.keys()].filter((name) => !used.has(name));
  return {
    settings: filled,
    tasks: expansion,
    faults: [...faults, ...more, ...expansion.faults],
    warnings: unused.map((name) => ({ path: ["params", name], message: `no string of the file has \`{${name}}\` in it` })),
  };
}

function asFarAsCertain(tasks: readonly unknown[]): Expansion {
  const values = tasks.map((task) => (isObject(task) ? withoutPlaceholders(task) : task));
  return { values, faults: [], originOf: (index) => index, inFile: (faults) => faults };
}

function fillSettings(
  settings: Readonly<Record<string, unknown>>,
  params: ReadonlyMap<string, string>,
  { faults, onUse }: { readonly faults: PathFault[]; readonly onUse: (name: string) => void },
): Readonly<Record<string, unknown>> {
  const filler = fillerOf(settings, [], {
    declared: new Set(params.keys()),
    faults,
    onUse,
    asWanted: ([root, ...inside], text) => {
      const [shapes, key, rest] =
        root === "defaults" ? [OPTION_SHAPES, inside[0], inside.slice(1)] : [JOB_OPTION_SHAPES, root, inside];
      const shape = shapes.get(String(key));
      return shape === undefined ? text : asWanted(shape, rest, text);
    },
  });
  return filler((name) => params.get(name) ?? "") as Readonly<Record<string, unknown>>;
}
