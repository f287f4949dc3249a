/** A task graph for the eye: level by level, each task with what it waits for. */

import { levelsOf, type TaskGraph } from "../../analysis/task-graph.js";
import { formatCount, formatDependencies, formatTasks } from "./figures.js";
import { printableLine } from "./printable.js";
import { styleOf, type Style } from "./style.js";

/** More dependencies than this are counted, not listed. */
const maxDependencies = 4;

export function graphText(graph: TaskGraph, style: Style): string {
  const levels = levelsOf(graph);
  const size = `${formatTasks(graph.nodeCount())}, ${formatDependencies(graph.edgeCount())}, ${formatCount(levels.length)} ${levels.length === 1 ? "level" : "levels"}`;
  const lines = [`${style.strong(printableLine(graph.graph()))}  ${style.faint(size)}`];
  levels.forEach((keys, index) => {
    lines.push(style.faint(index === 0 ? "┌ level 1" : `├ level ${formatCount(index + 1)}`));
    for (const key of keys) lines.push(`${style.faint("│")}   ${taskText(graph, key, style)}`);
  });
  if (levels.length > 0) lines.push(style.faint("└"));
  return `${lines.join("\n")}\n`;
}

function taskText(graph: TaskGraph, key: string, style: Style): string {
  const { id, status } = graph.node(key);
  const dependencies = graph.predecessors(key) ?? [];
  const listed = dependencies.slice(0, maxDependencies).map((dependency) => printableLine(graph.node(dependency).id));
  const more = dependencies.length - listed.length;
  if (more > 0) listed.push(`${formatCount(more)} more`);
  const after = listed.length === 0 ? "" : style.faint(`  ← ${listed.join(", ")}`);
  const state = status === null ? "" : `  ${styleOf(status, style)(status)}`;
  return `${printableLine(id)}${state}${after}`;
}
