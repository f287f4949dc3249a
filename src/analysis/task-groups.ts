/**
 * Folds the tasks of a job into a few groups that can be looked at: those of one matrix, those whose ids differ by numbers alone, and, if
 * that are still too many, those whose ids begin with the same word, or those of one level. Pure.
 */

import type { TaskSpec } from "../domain/task.js";
import { levelsOfTasks } from "./longest-chain.js";

export interface TaskGroups {
  readonly names: readonly string[];
  /** Of each task, in the order of the tasks. */
  readonly groupOf: readonly number[];
  /** Pairs of groups, of which the first has a task that one of the second depends on. */
  readonly edges: readonly (readonly [from: number, to: number])[];
}

/** All that a group is judged by. */
export interface GroupedTask {
  readonly spec: Pick<TaskSpec, "id" | "dependencies" | "matrixOf">;
}

/** More than this nobody takes in at a glance. */
const MOST_GROUPS = 60;

/** @param most groups, if they can be so few. */
export function groupTasks(tasks: readonly GroupedTask[], most = MOST_GROUPS): TaskGroups {
  const levels = levelsOfTasks(tasks);
  const inLevel = (index: number): string => `level ${levels[index]! + 1}`;
  // What a group is called, and what else parts one from the other.
  const foldings: { readonly name: (task: GroupedTask, index: number) => string; readonly isParted?: true }[] = [
    { name: patternOf, isParted: true },
    { name: patternOf },
    { name: prefixOf },
    { name: (_, index) => inLevel(index) },
  ];
  let best: TaskGroups | null = null;
  for (const { name, isParted = false } of foldings) {
    best = fold(tasks, name, (index) => (isParted ? inLevel(index) : ""));
    if (best.names.length <= most) break;
  }
  return best!;
}

function fold(
  tasks: readonly GroupedTask[],
  nameOf: (task: GroupedTask, index: number) => string,
  partOf: (index: number) => string,
): TaskGroups {
  const groups = new Map<string, { readonly index: number; readonly name: string; count: number; readonly first: GroupedTask }>();
  const groupOf = tasks.map((task, index) => {
    const name = nameOf(task, index);
    const key = `${name} ${partOf(index)}`;
    const group = groups.get(key) ?? { index: groups.size, name, count: 0, first: task };
    group.count += 1;
    groups.set(key, group);
    return group.index;
  });
  const names = [...groups.values()].map(({ name, count, first }) => (count === 1 ? first.spec.id : name));
  return { names, groupOf, edges: edgesOf(tasks, groupOf) };
}

function edgesOf(tasks: readonly GroupedTask[], groupOf: readonly number[]): [number, number][] {
  const groupOfId = new Map(tasks.map(({ spec }, index) => [spec.id, groupOf[index]!]));
  const seen = new Set<number>();
  const edges: [number, number][] = [];
  for (const [index, { spec }] of tasks.entries()) {
    const to = groupOf[index]!;
    for (const id of spec.dependencies) {
      const from = groupOfId.get(id);
      if (from === undefined || from === to) continue;
      const key = from * tasks.length + to;
      if (seen.has(key)) continue;
      seen.add(key);
      edges.push([from, to]);
    }
  }
  return edges;
}

/** The template of a matrix, else `process-12` → `process-*`. */
function patternOf({ spec: { id, matrixOf } }: GroupedTask): string {
  return matrixOf ?? id.replaceAll(/\d+/g, "*");
}

/** `load-eu-west` → `load-*`. */
function prefixOf({ spec: { id } }: GroupedTask): string {
  const word = /^[^-_./:=\s\d]+/.exec(id)?.[0] ?? "";
  return word === id ? id : `${word}*`;
}
