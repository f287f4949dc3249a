/** A large job as a graph of its groups, for the eye: each group is a task of its own, named after what it holds. Pure. */

import { groupTasks } from "./task-groups.js";
import type { GraphTask } from "./task-graph.js";

export interface FoldableTask extends GraphTask {
  readonly matrixOf: string | null;
}

/** What tells most of a group comes first. */
const BY_WEIGHT = ["failed", "cancelled", "running", "skipped", "pending", "completed"];

export function foldTasks(tasks: readonly FoldableTask[]): GraphTask[] {
  const { names, groupOf, edges } = groupTasks(
    tasks.map(({ id, dependencies, matrixOf }) => ({ spec: { id, dependencies, matrixOf } })),
  );
  const counts = names.map(() => 0);
  const statuses = names.map(() => new Map<string, number>());
  for (const [index, { status }] of tasks.entries()) {
    const group = groupOf[index]!;
    counts[group]! += 1;
    if (status !== null) statuses[group]!.set(status, (statuses[group]!.get(status) ?? 0) + 1);
  }
  const ids = names.map((name, group) => (counts[group] === 1 ? name : `${name} (${counts[group]!.toLocaleString("en")} tasks)`));
  const unique = ids.map((id, group) => (ids.indexOf(id) === group ? id : `${id} #${group + 1}`));
  return unique.map((id, group) => ({
    id,
    dependencies: edges.flatMap(([from, to]) => (to === group ? [unique[from]!] : [])),
    status: BY_WEIGHT.find((status) => statuses[group]!.has(status)) ?? null,
  }));
}
