/** Writes a task graph in the languages that others draw: Mermaid and DOT, and as plain data. Names are the users' and get escaped. */

import type { GraphTask, TaskGraph } from "./task-graph.js";
import { levelsOf } from "./task-graph.js";

/** Fill and line colour of what became of a task. */
const colors: Readonly<Record<string, readonly [fill: string, line: string]>> = {
  completed: ["#d3f9d8", "#2b8a3e"],
  running: ["#d0ebff", "#1864ab"],
  failed: ["#ffe3e3", "#c92a2a"],
  cancelled: ["#ffe8cc", "#d9480f"],
  skipped: ["#f1f3f5", "#868e96"],
};

export function toMermaid(graph: TaskGraph): string {
  const lines = ["flowchart TD"];
  const used = new Set<string>();
  for (const [key, { id, status }] of tasksOf(graph)) {
    const isColored = status !== null && Object.hasOwn(colors, status);
    if (isColored) used.add(status);
    lines.push(`  ${key}["${escapeMermaid(id)}"]${isColored ? `:::${status}` : ""}`);
  }
  for (const { v, w } of graph.edges()) lines.push(`  ${v} --> ${w}`);
  for (const status of used) {
    const [fill, line] = colors[status] ?? [];
    lines.push(`  classDef ${status} fill:${fill},stroke:${line},color:#212529`);
  }
  return `${lines.join("\n")}\n`;
}

export function toDot(graph: TaskGraph): string {
  const lines = [`digraph ${quoteDot(graph.graph())} {`, '  node [shape=box, style="rounded,filled", fillcolor=white];'];
  for (const [key, { id, status }] of tasksOf(graph)) {
    const [fill, line] = (status !== null && Object.hasOwn(colors, status) ? colors[status] : undefined) ?? [];
    lines.push(`  ${key} [label=${quoteDot(id)}${fill === undefined ? "" : `, fillcolor="${fill}", color="${line}"`}];`);
  }
  for (const { v, w } of graph.edges()) lines.push(`  ${v} -> ${w};`);
  return `${lines.join("\n")}\n}\n`;
}

export interface GraphData {
  readonly name: string;
  readonly tasks: readonly { readonly id: string; readonly status: string | null; readonly level: number }[];
  readonly dependencies: readonly { readonly from: string; readonly to: string }[];
}

/** `from` has to end before `to`; levels count from 0. */
export function toData(graph: TaskGraph): GraphData {
  const levels = new Map(levelsOf(graph).flatMap((keys, level) => keys.map((key) => [key, level] as const)));
  const idOf = (key: string): string => graph.node(key).id;
  return {
    name: graph.graph(),
    tasks: tasksOf(graph).map(([key, { id, status }]) => ({ id, status, level: levels.get(key) ?? 0 })),
    dependencies: graph.edges().map(({ v, w }) => ({ from: idOf(v), to: idOf(w) })),
  };
}

function tasksOf(graph: TaskGraph): [string, GraphTask][] {
  return graph.nodes().map((key) => [key, graph.node(key)]);
}

/** Mermaid reads `#name;` as an entity, and a label as Markdown or HTML: whatever could be more than a letter becomes a number. */
function escapeMermaid(id: string): string {
  return id.replaceAll(/[^\p{L}\p{N} ._/:@+=,-]/gu, (character) => `#${character.codePointAt(0)};`);
}

/** In DOT a backslash begins an escape such as \N, also within quotes; control characters have no place in a picture. */
function quoteDot(text: string): string {
  const plain = text.replaceAll(/\p{Cc}/gu, "�");
  return `"${plain.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
