/**
 * Checks that tasks can be a job: ids are unique, dependencies exist, nothing waits for itself.
 *
 * Called before a job is taken and before tasks are added to one; every fault is found at once, for a person to read. It never
 * looks at commands or options. The plan relies on it and does not check again.
 */

import type { TaskSpec } from "./task.js";
import { findCycles } from "./find-cycles.js";

/** One fault, with its place: `tasks[taskIndex].id`, `tasks[taskIndex].dependencies` or one entry of the latter. */
export interface GraphFault {
  readonly taskIndex: number;
  readonly key: "id" | "dependencies";
  readonly dependencyIndex?: number;
  readonly message: string;
}

/** The ids that are in the job already: a Map or Set by id. */
export interface KnownIds {
  has(id: string): boolean;
  keys(): Iterable<string>;
}

/** Finds the candidate that a mistyped word may have meant; undefined if none is near. */
export type Suggest = (word: string, candidates: Iterable<string>) => string | undefined;

/** Looking for a suggestion costs a look at every id: enough for a typo, not for a file that is wrong throughout. */
const MAX_SUGGESTIONS = 20;
/** A cycle of more tasks is shown by its first and last ones. */
const MAX_SHOWN = 12;
const SHOWN_FIRST = 5;
const SHOWN_LAST = 3;

const UNKNOWN = -1;

/**
 * Every fault of `tasks`, in the order of the tasks, cycles last; empty if they can be added to the `known` ones.
 *
 * @param originOf where a task stands in the list that a person wrote. Default: in this one.
 */
export function checkGraph(
  tasks: readonly TaskSpec[],
  suggest: Suggest,
  known: KnownIds = new Set<string>(),
  originOf: (taskIndex: number) => number = (taskIndex) => taskIndex,
): GraphFault[] {
  const faults: GraphFault[] = [];
  const indices = new Map<string, number>();
  for (const [taskIndex, { id }] of tasks.entries()) {
    const first = indices.get(id);
    if (first !== undefined) {
      faults.push({ taskIndex, key: "id", message: `duplicate id ${quote(id)}: tasks[${originOf(first)}] has it already` });
    } else if (known.has(id)) {
      faults.push({ taskIndex, key: "id", message: `duplicate id ${quote(id)}: the job has such a task already` });
    }
    indices.set(id, first ?? taskIndex);
  }

  let suggestions = 0;
  // What only depends on what stands above it waits for nothing below: most files are written so.
  let isInOrder = true;
  for (const [taskIndex, { id: task, dependencies }] of tasks.entries()) {
    for (const [dependencyIndex, id] of dependencies.entries()) {
      const index = indices.get(id);
      if (index === undefined ? known.has(id) : index < taskIndex && id !== task) continue;
      isInOrder = false;
      if (id === task) {
        faults.push({ taskIndex, key: "dependencies", dependencyIndex, message: `task ${quote(id)} depends on itself` });
      } else if (index === undefined) {
        const nearest = suggestions++ < MAX_SUGGESTIONS ? suggest(id, candidates(indices, known)) : undefined;
        const hint = nearest === undefined ? "" : `: did you mean ${quote(nearest)}?`;
        faults.push({ taskIndex, key: "dependencies", dependencyIndex, message: `unknown dependency ${quote(id)}${hint}` });
      }
    }
  }
  faults.sort((a, b) => a.taskIndex - b.taskIndex);
  if (isInOrder) return faults;

  const dependencies = tasks.map((task) => task.dependencies.map((id) => indices.get(id) ?? UNKNOWN));
  for (const cycle of findCycles(dependencies)) {
    const [taskIndex, next] = [cycle[0]!, cycle[1]!];
    const dependencyIndex = dependencies[taskIndex]!.indexOf(next);
    const message = `the dependencies form a cycle: ${showCycle(cycle.map((index) => tasks[index]!.id))}`;
    faults.push({ taskIndex, key: "dependencies", dependencyIndex, message });
  }
  return faults;
}

/** `a → b → a`; the middle of a long one is left out. */
function showCycle(ids: readonly string[]): string {
  const path = [...ids, ids[0]!];
  if (path.length <= MAX_SHOWN) {
    return path.join(" → ");
  }
  const shown = [...path.slice(0, SHOWN_FIRST), `… ${path.length - SHOWN_FIRST - SHOWN_LAST} more …`, ...path.slice(-SHOWN_LAST)];
  return `${shown.join(" → ")} (${ids.length} tasks)`;
}

function* candidates(added: ReadonlyMap<string, number>, known: KnownIds): Iterable<string> {
  yield* added.keys();
  yield* known.keys();
}

function quote(id: string): string {
  return JSON.stringify(id);
}
