/**
 * The dependencies of a job as a graph to look at, level by level. For `graph` and what computes on a whole job; the engine itself has
 * flat arrays of its own. Never recursive: a chain may have any length.
 */

import { Graph } from "@dagrejs/graphlib";

export interface GraphTask {
  readonly id: string;
  readonly dependencies: readonly string[];
  /** What became of it; null if nobody has run it. */
  readonly status: string | null;
}

/** Keys are `t0`, `t1`, … in the order of the tasks: ids are the users' and may be anything. */
export type TaskGraph = Graph<string, GraphTask, undefined>;

/** @param name of the job. Dependencies on tasks that are not there are left out. */
export function buildTaskGraph(name: string, tasks: readonly GraphTask[]): TaskGraph {
  const graph: TaskGraph = new Graph<string, GraphTask, undefined>({ directed: true });
  graph.setGraph(name);
  const keys = new Map(tasks.map(({ id }, index) => [id, `t${index}`]));
  for (const task of tasks) graph.setNode(keys.get(task.id) ?? "", task);
  for (const { id, dependencies } of tasks) {
    for (const dependency of dependencies) {
      const from = keys.get(dependency);
      if (from !== undefined) graph.setEdge(from, keys.get(id) ?? "");
    }
  }
  return graph;
}

/**
 * Keys by the length of the longest chain before them: on level 0 what depends on nothing. Tasks of a cycle, and those behind one, have
 * no level and come last, together.
 */
export function levelsOf(graph: TaskGraph): string[][] {
  const unmet = new Map(graph.nodes().map((key) => [key, graph.inEdges(key)?.length ?? 0]));
  const levels: string[][] = [];
  let level = graph.sources();
  while (level.length > 0) {
    levels.push(level);
    const next: string[] = [];
    for (const key of level) {
      unmet.delete(key);
      for (const dependent of graph.successors(key) ?? []) {
        const left = (unmet.get(dependent) ?? 0) - 1;
        unmet.set(dependent, left);
        if (left === 0) next.push(dependent);
      }
    }
    level = next;
  }
  if (unmet.size > 0) levels.push([...unmet.keys()]);
  return levels;
}
