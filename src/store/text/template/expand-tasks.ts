/**
 * From the tasks of a file to those that they stand for: params are put into every string, and a task with a `matrix` becomes one for each
 * combination. Works on what was parsed, before anything is checked; faults are told at their place in the file. A file that has neither
 * is passed on as it is. Pure.
 */

import { isObject, quote } from "../describe.js";
import type { PathFault, SourceOf } from "../places.js";
import { fillerOf, type ValueOf } from "./fill-value.js";
import { MOST_COMBINATIONS, type Combination } from "./matrix.js";
import { Origins } from "./origins.js";
import {
  fillContext,
  isGiven,
  paramOf,
  takeApart,
  withoutPlaceholders,
  withParams,
  type SourceContext,
  type TaskSource,
} from "./task-source.js";
import { TemplateIds } from "./template-ids.js";

export interface ExpandContext extends Omit<SourceContext, "faults"> {
  /** More tasks than this come of no matrices. */
  readonly mostTasks: number;
  /** What to do if there are more. */
  readonly remedy: string;
}

export interface Expansion {
  readonly values: readonly unknown[];
  readonly faults: readonly PathFault[];
  /** Of one of `values`, the index of the task in the file. */
  readonly originOf: (index: number) => number;
  /** Faults of `values` at their places in the file. */
  readonly inFile: (faults: readonly PathFault[]) => readonly PathFault[];
}

/** All that come of a file's matrices: what is beyond costs more than anybody means. */
const MOST_DEPENDENCIES = 10_000_000;

export function expandTasks(tasks: readonly unknown[], context: ExpandContext): Expansion {
  const isPlain = context.params === null && !tasks.some((task) => isObject(task) && isGiven(task["matrix"]));
  if (isPlain) return { values: tasks, faults: [], originOf: (index) => index, inFile: (faults) => faults };
  return new Expander(tasks, context).expand();
}

/** The tasks of a list that stands by itself, without params: of a tasks.json. */
export function expandWritten(tasks: readonly unknown[], sourceOf: SourceOf): Expansion {
  const remedy = "let a task do more than one of them";
  return expandTasks(tasks, { params: null, sourceOf, onUse: () => {}, mostTasks: MOST_COMBINATIONS, remedy });
}

/** What came of a task of the file: an id for each combination. */
interface Made {
  readonly ids: readonly unknown[];
  readonly combinations: readonly Combination[];
}

/** One dependency as it is written, for a set of values. */
type Dependency = (valueOf: ValueOf) => readonly unknown[];

class Expander {
  readonly #tasks: readonly unknown[];
  readonly #context: ExpandContext & SourceContext;
  readonly #faults: PathFault[] = [];
  /** By the id of the template. */
  readonly #templates = new Map<string, TemplateIds>();
  readonly #values: unknown[] = [];
  readonly #origins: Origins;

  constructor(tasks: readonly unknown[], context: ExpandContext) {
    this.#tasks = tasks;
    this.#context = { ...context, faults: this.#faults };
    this.#origins = new Origins((index) => isObject(tasks[index]) && isGiven(tasks[index]["matrix"]));
  }

  expand(): Expansion {
    const sources = this.#tasks.map((task, index) => (isObject(task) ? takeApart(task, index, this.#context) : null));
    this.#checkSize(sources);
    // Without all templates nobody can tell what depends on what; what is certain can be checked all the same.
    if (this.#faults.length === 0) this.#makeAll(sources);
    else
      for (const [index, source] of sources.entries()) this.#put(source === null ? this.#tasks[index] : certainOf(source), index);
    const origins = this.#origins;
    return {
      values: this.#values,
      faults: this.#faults,
      originOf: (index) => origins.of(index),
      inFile: (faults) => origins.inFile(faults),
    };
  }

  #checkSize(sources: readonly (TaskSource | null)[]): void {
    const { mostTasks, remedy } = this.#context;
    const sum = sources.reduce((count, source) => count + (source?.matrix?.count ?? 1), 0);
    const largest = sources.reduce((one, other) => ((other?.matrix?.count ?? 0) > (one?.matrix?.count ?? 0) ? other : one), null);
    // A list that was written out is as long as its author wanted.
    if (sum <= mostTasks || largest === null) return;
    const message = `the file expands to ${sum.toLocaleString("en")} tasks, more than ${mostTasks.toLocaleString("en")}: ${remedy}`;
    this.#faults.push({ path: ["tasks", largest.index, "matrix"], message });
  }

  #makeAll(sources: readonly (TaskSource | null)[]): void {
    const made = sources.map((source) => (source === null ? null : this.#makeIds(source)));
    let total = 0;
    for (const [index, source] of sources.entries()) {
      if (source === null) this.#put(this.#tasks[index], index);
      else total += this.#make(source, made[index]!, MOST_DEPENDENCIES - total);
      if (total <= MOST_DEPENDENCIES) continue;
      const limit = MOST_DEPENDENCIES.toLocaleString("en");
      const message = `the matrices of this file give more than ${limit} dependencies: put a task between them that waits for all`;
      this.#faults.push({ path: ["tasks", index, "dependencies"], message });
      return;
    }
  }

  #makeIds(source: TaskSource): Made {
    const { matrix, templateId, index } = source;
    if (matrix === null) return { ids: [source.id(paramOf(this.#context.params))], combinations: [[]] };
    const { keys } = matrix;
    const combinations = matrix.combinations();
    if (combinations.length === 0)
      this.#faults.push({
        path: ["tasks", index, "matrix"],
        message: "nothing is left of it: `exclude` takes every combination away",
      });
    const ids = combinations.map((combination) => source.id(this.#valuesOf(keys, combination)));
    if (templateId !== null) this.#templates.set(templateId, new TemplateIds({ keys, combinations, ids: ids as string[] }));
    return { ids, combinations };
  }

  /** Gives how many dependencies came of it; stops when there are more than `most`. */
  #make(source: TaskSource, { ids, combinations }: Made, most: number): number {
    const { task, matrix, index, rest, templateId } = source;
    const wanted = this.#dependenciesOf(source);
    let count = 0;
    for (const [place, combination] of combinations.entries()) {
      const valueOf = this.#valuesOf(matrix?.keys ?? [], combination);
      const lists = wanted?.map((dependency) => dependency(valueOf)) ?? null;
      const spread = lists?.map(({ length }) => length) ?? null;
      count += spread?.reduce((sum, each) => sum + each, 0) ?? 0;
      if (count > most) break;
      const value = { id: ids[place], ...(rest(valueOf) as object) };
      const dependencies = lists?.flat() ?? task["dependencies"];
      const matrixOf = matrix === null ? task["matrix_of"] : templateId;
      this.#put(
        { ...value, ...(isGiven(dependencies) && { dependencies }), ...(isGiven(matrixOf) && { matrix_of: matrixOf }) },
        index,
        spread,
      );
    }
    return count;
  }

  /** Null if it has none, or what is no list. */
  #dependenciesOf({ task, matrix, index, isPlain }: TaskSource): readonly Dependency[] | null {
    const keys = matrix?.keys ?? [];
    const written = task["dependencies"];
    if (!Array.isArray(written)) return null;
    return (written as readonly unknown[]).map((dependency, place): Dependency => {
      if (typeof dependency !== "string") return () => [dependency];
      const path = ["tasks", index, "dependencies", place];
      const name = withParams(dependency, this.#context.params);
      const template = this.#templates.get(name);
      if (template !== undefined) return this.#allOf(template, { name, keys, path });
      if (isPlain) return () => [dependency];
      const filler = fillerOf(dependency, path, fillContext(keys, this.#context));
      return (valueOf) => [filler(valueOf)];
    });
  }

  #allOf(
    template: TemplateIds,
    { name, keys, path }: { name: string; keys: readonly string[]; path: PathFault["path"] },
  ): Dependency {
    let isTold = false;
    return (valueOf) => {
      const ids = template.idsFor(keys, valueOf);
      if (ids.length > 0 || isTold) return ids;
      isTold = true;
      const values = template.sharedWith(keys).map((key) => `${key} ${quote(valueOf(key))}`);
      this.#faults.push({ path, message: `no task of ${quote(name)} has ${values.join(" and ")}: the two matrices don't fit` });
      return [];
    };
  }

  #valuesOf(keys: readonly string[], combination: Combination): ValueOf {
    const param = paramOf(this.#context.params);
    return (name) => combination[keys.indexOf(name)] ?? param(name);
  }

  #put(value: unknown, index: number, spread: readonly number[] | null = null): void {
    this.#values.push(value);
    this.#origins.add(index, spread);
  }
}

function certainOf({ task, isPlain }: TaskSource): unknown {
  return isPlain ? task : withoutPlaceholders(task);
}
