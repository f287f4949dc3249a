/**
 * The longest chain of tasks by what they took: less time than that no number of slots could have needed. Levels come with it, the
 * length of the longest chain before each task in tasks. Pure; never recursive, since a chain may have any length.
 */

import type { TaskHistory } from "../domain/history.js";
import type { TaskSpec } from "../domain/task.js";
import { latestAttempts } from "./critical-path.js";

/** What a chain is made of. */
export interface ChainedTask {
  readonly spec: Pick<TaskSpec, "id" | "dependencies">;
}

/** Nobody can say what a task with failed attempts would have taken without them: all that it ran counts. */
export function runMsOf(task: TaskHistory, nowMs: number): number {
  return latestAttempts(task).reduce((sum, { startedAt, endedAt }) => sum + Math.max(0, (endedAt ?? nowMs) - startedAt), 0);
}

/** Milliseconds. */
export function longestChainMs(tasks: readonly TaskHistory[], nowMs: number): number {
  const own = tasks.map((task) => runMsOf(task, nowMs));
  const before = Array.from(tasks, () => 0);
  let longest = 0;
  walk(tasks, (index, dependents) => {
    const end = before[index]! + own[index]!;
    longest = Math.max(longest, end);
    for (const dependent of dependents) before[dependent] = Math.max(before[dependent]!, end);
  });
  return longest;
}

/** Of each task, in the order of the tasks; 0 for those that depend on nothing. */
export function levelsOfTasks(tasks: readonly ChainedTask[]): number[] {
  const levels = Array.from(tasks, () => 0);
  walk(tasks, (index, dependents) => {
    for (const dependent of dependents) levels[dependent] = Math.max(levels[dependent]!, levels[index]! + 1);
  });
  return levels;
}

/** Each task after all that it depends on. Graphs of jobs have no cycles: what has one is not visited. */
function walk(tasks: readonly ChainedTask[], visit: (index: number, dependents: readonly number[]) => void): void {
  const indices = new Map(tasks.map(({ spec }, index) => [spec.id, index]));
  const dependents: number[][] = tasks.map(() => []);
  const unmet = tasks.map(({ spec }, index) => {
    const known = spec.dependencies.flatMap((id) => indices.get(id) ?? []);
    for (const dependency of known) dependents[dependency]!.push(index);
    return known.length;
  });
  const queue = unmet.flatMap((count, index) => (count === 0 ? [index] : []));
  for (let next = 0; next < queue.length; next++) {
    const index = queue[next]!;
    visit(index, dependents[index]!);
    for (const dependent of dependents[index]!) if ((unmet[dependent]! -= 1) === 0) queue.push(dependent);
  }
}
