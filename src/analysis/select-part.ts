/**
 * A part of a job's graph, as a user names it: some tasks with all that they need, everything but what is behind some, or everything but
 * some. Whatever is left can run by itself. Pure.
 */

import type { TaskSpec } from "../domain/task.js";

type PartTask = Pick<TaskSpec, "id" | "dependencies" | "matrixOf">;

/** Names are ids, or templates of matrices, which mean all of their tasks. */
export interface Part {
  /** These and all that they need. */
  readonly only: readonly string[];
  /** No further than these: what depends on them is left out. */
  readonly until: readonly string[];
  /** Not these, and so not what depends on them. */
  readonly except: readonly string[];
}

/** The names that no task has. */
export function unknownNames(tasks: readonly PartTask[], { only, until, except }: Part): string[] {
  const known = new Set(tasks.flatMap(({ id, matrixOf }) => (matrixOf === null ? [id] : [id, matrixOf])));
  return [...only, ...until, ...except].filter((name) => !known.has(name));
}

/** The tasks of the part, in their order. */
export function selectPart<Task extends PartTask>(tasks: readonly Task[], { only, until, except }: Part): Task[] {
  const behind = behindOf(tasks, until);
  const without = behindOf(tasks, except);
  const excluded = namedBy(tasks, except);
  const needed = only.length === 0 ? null : neededFor(tasks, only);
  return tasks.filter(({ id }) => {
    const isLeftOut = behind.has(id) || without.has(id) || excluded.has(id);
    return !isLeftOut && (needed?.has(id) ?? true);
  });
}

function namedBy(tasks: readonly PartTask[], names: readonly string[]): Set<string> {
  const wanted = new Set(names);
  return new Set(
    tasks.flatMap(({ id, matrixOf }) => (wanted.has(id) || (matrixOf !== null && wanted.has(matrixOf)) ? [id] : [])),
  );
}

/** All that stands before some tasks, with them. */
function neededFor(tasks: readonly PartTask[], names: readonly string[]): Set<string> {
  const dependencies = new Map(tasks.map((task) => [task.id, task.dependencies]));
  return reach(namedBy(tasks, names), (id) => dependencies.get(id) ?? []);
}

/** All that stands behind some tasks, without them unless one of them is behind another. */
function behindOf(tasks: readonly PartTask[], names: readonly string[]): Set<string> {
  const named = namedBy(tasks, names);
  if (named.size === 0) return named;
  const dependents = new Map<string, string[]>();
  for (const { id, dependencies } of tasks) {
    for (const dependency of dependencies) {
      const known = dependents.get(dependency);
      if (known === undefined) dependents.set(dependency, [id]);
      else known.push(id);
    }
  }
  return reach(new Set([...named].flatMap((id) => dependents.get(id) ?? [])), (id) => dependents.get(id) ?? []);
}

function reach(from: Iterable<string>, next: (id: string) => readonly string[]): Set<string> {
  const reached = new Set(from);
  const rest = [...reached];
  for (let id = rest.pop(); id !== undefined; id = rest.pop()) {
    for (const other of next(id)) {
      if (reached.has(other)) continue;
      reached.add(other);
      rest.push(other);
    }
  }
  return reached;
}
