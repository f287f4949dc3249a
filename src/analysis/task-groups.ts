/**
 * Folds the tasks of a job into a few groups that can be looked at: those of one matrix, those whose ids differ by numbers alone, and, if
 * that are still too many, those of one level. Pure.
 */

import type { TaskHistory } from "../domain/history.js";
import { levelsOfTasks } from "./longest-chain.js";

export interface TaskGroups {
  readonly names: readonly string[];
  /** Of each task, in the order of the tasks. */
  readonly groupOf: readonly number[];
  /** Pairs of groups, of which the first has a task that one of the second depends on. */
  readonly edges: readonly (readonly [from: number, to: number])[];
}

/** More than this nobody takes in at a glance. */
const MOST_GROUPS = 60;

export function groupTasks(tasks: readonly TaskHistory[]): TaskGroups {
  const levels = levelsOfTasks(tasks);
  const foldings: ((task: TaskHistory, index: number) => string)[] = [
    (task, index) => `${patternOf(task)} ${levels[index]}`,
    (task) => patternOf(task),
    (_, index) => `level ${levels[index]! + 1}`,
  ];
  let best: TaskGroups | null = null;
  for (const [attempt, keyOf] of foldings.entries()) {
    best = fold(tasks, keyOf, attempt < 2);
    if (best.names.length <= MOST_GROUPS) break;
  }
  return best!;
}

function fold(
  tasks: readonly TaskHistory[],
  keyOf: (task: TaskHistory, index: number) => string,
  hasPattern: boolean,
): TaskGroups {
  const groups = new Map<string, { readonly index: number; readonly key: string; count: number; readonly first: TaskHistory }>();
  const groupOf = tasks.map((task, index) => {
    const key = keyOf(task, index);
    const group = groups.get(key) ?? { index: groups.size, key, count: 0, first: task };
    group.count += 1;
    groups.set(key, group);
    return group.index;
  });
  const names = [...groups.values()].map(({ key, count, first }) => {
    if (count === 1) return first.spec.id;
    return hasPattern ? patternOf(first) : key;
  });
  return { names, groupOf, edges: edgesOf(tasks, groupOf) };
}

function edgesOf(tasks: readonly TaskHistory[], groupOf: readonly number[]): [number, number][] {
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

/** `process-12` → `process-*`. */
function patternOf({ spec }: TaskHistory): string {
  return spec.id.replaceAll(/\d+/g, "*");
}
