/** What depends on what, folded into groups: laid out by dagre, drawn as SVG. A click on a group makes its tasks stand out in the charts. */

import { Graph, layout } from "@dagrejs/dagre";
import { element, svg } from "./element.js";
import type { GroupData, RunData } from "./data.js";
import { visible } from "./visible.js";
import { groupColor, colors, onColorsChange } from "./colors.js";
import { tasksText } from "../analysis/figure-text.js";

const [WIDTH, HEIGHT] = [158, 50];
const NAME_CHARACTERS = 19;
/** Where it is wider than its place it becomes smaller, down to this; then it is scrolled. */
const SMALLEST = 0.68;

interface Place {
  readonly x: number;
  readonly y: number;
}

export function graphView({ groups, edges }: RunData, onChoose: (group: number | null) => void): HTMLElement | null {
  if (edges.length === 0) return null;
  const graph = new Graph({ directed: true });
  graph.setGraph({ rankdir: "LR", nodesep: 18, ranksep: 38, marginx: 4, marginy: 4 });
  graph.setDefaultEdgeLabel(() => ({}));
  groups.forEach((_, index) => graph.setNode(String(index), { width: WIDTH, height: HEIGHT }));
  for (let place = 0; place < edges.length; place += 2) graph.setEdge(String(edges[place]), String(edges[place + 1]));
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  const lines = graph.edges().map((edge: Parameters<typeof graph.edge>[0]) => {
    const { points } = graph.edge(edge) as { points: readonly Place[] };
    return [svg("path", { d: curve(points) }), arrow(points)];
  });
  const boxes = groups.map((group, index) => boxOf(group, index, graph.node(String(index)) as unknown as Place));
  let chosen: number | null = null;
  const choose = (index: number): void => {
    chosen = chosen === index ? null : index;
    boxes.forEach((box, place) => box.setAttribute("aria-pressed", String(place === chosen)));
    onChoose(chosen);
  };
  boxes.forEach((box, index) => {
    box.addEventListener("click", () => choose(index));
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose(index);
    });
  });
  const label = `What depends on what: ${groups.length} groups of tasks`;
  const drawing = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": label });
  drawing.append(...lines.flat(), ...boxes);
  drawing.style.maxWidth = `${width}px`;
  drawing.style.minWidth = `${width * SMALLEST}px`;
  return element("div", { class: "graph" }, drawing);
}

function boxOf({ name: own, tasks, counts }: GroupData, index: number, { x, y }: Place): SVGGElement {
  const name = visible(own);
  const [left, top] = [x - WIDTH / 2, y - HEIGHT / 2];
  const failed = counts["failed"] ?? 0;
  const words = `${tasksText(tasks)}${failed > 0 ? `, ${failed} failed` : ""}`;
  const key = svg("rect", { x: left, y: top, width: 5, height: HEIGHT, rx: 2 });
  const paint = (): void => {
    key.style.fill = failed > 0 ? colors().bad : groupColor(colors(), index);
    key.style.stroke = "none";
  };
  paint();
  onColorsChange(paint);
  return svg(
    "g",
    { role: "button", tabindex: 0, "aria-pressed": "false", "aria-label": `${name}: ${words}` },
    svg("title", {}, `${name}: ${words}`),
    svg("rect", { class: "box", x: left, y: top, width: WIDTH, height: HEIGHT, rx: 5 }),
    key,
    svg("text", { x: left + 15, y: top + 21 }, shorten(name)),
    svg("text", { x: left + 15, y: top + 38, class: "count" }, words),
  );
}

function shorten(name: string): string {
  const characters = Array.from(name);
  return characters.length <= NAME_CHARACTERS ? name : `${characters.slice(0, NAME_CHARACTERS - 1).join("")}…`;
}

/** Through the middles of its points, smoothly. */
function curve(points: readonly Place[]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1)!;
  let path = `M${first!.x},${first!.y}`;
  for (const [index, point] of rest.slice(0, -1).entries()) {
    const next = rest[index + 1]!;
    const middle = index === rest.length - 2 ? last : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    path += `Q${point.x},${point.y} ${middle.x},${middle.y}`;
  }
  return rest.length === 1 ? `${path}L${last.x},${last.y}` : path;
}

function arrow(points: readonly Place[]): SVGPathElement {
  const { x, y } = points.at(-1)!;
  return svg("path", { class: "head", d: `M${x},${y}l-6,-3.5v7z` });
}
