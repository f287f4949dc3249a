/** The page of a bench: what to choose, how it scales, every point with its interval. */

import { element, nameText } from "./element.js";
import type { BenchData, BenchPointData } from "./data.js";
import { section } from "./run-view.js";
import { sweepPlot } from "./sweep-plot.js";
import { table } from "./table.js";
import { count, duration, memory } from "../analysis/figure-text.js";

export function benchView(data: BenchData): Node[] {
  const { name, id, machine, createdAt, knee, points, laws, facts, warnings, ended } = data;
  const isMeasured = points.some(({ wall }) => wall !== null);
  return [
    element(
      "header",
      {},
      element("div", { class: "title" }, element("h1", {}, nameText(name)), element("span", { class: "state working" }, "bench")),
      element("p", { class: "sub" }, nameText(id), ` · ${new Date(createdAt).toLocaleString()} · ${machine}`),
      ended === "complete" ? null : element("p", { class: "note" }, endedText(ended)),
      knee === null ? null : element("p", { class: "knee" }, knee),
    ),
    ...(isMeasured
      ? [
          section(
            "Over the sweep",
            "Points are medians; lines through them reach as far as the true one may lie, 19 times out of 20; small dots are single runs.",
            element(
              "div",
              { class: "plots" },
              sweepPlot(data, {
                title: "Time",
                value: ({ wall }) => wall,
                dots: ({ times }) => times,
                text: duration,
                isIdealShown: false,
              }),
              sweepPlot(data, {
                title: "Speed-up; dashed: as many times as fast as slots",
                value: ({ speedUp }) => speedUp,
                dots: () => [],
                text: (value) => `${Number(value.toFixed(2))} ×`,
                isIdealShown: data.axis === "at a time",
              }),
            ),
          ),
        ]
      : []),
    section("Every point", null, pointsTable(data)),
    ...(laws.length === 0 ? [] : [section("How it scales", null, ...laws.map(({ series, text }) => lawView(series, text)))]),
    ...(facts.length === 0
      ? []
      : [section("Where the time goes", "In the middle one of the runs at the point to choose.", factList(facts))]),
    ...(warnings.length === 0
      ? []
      : [section("To be kept in mind", null, ...warnings.map((text) => element("p", { class: "lead" }, text)))]),
  ];
}

function endedText(ended: string): string {
  return ended === "budget"
    ? "The budget of time was used up before all was certain."
    : "It was stopped before its plan was through; this is what was measured.";
}

function lawView(series: string, text: string): HTMLElement {
  return element("p", { class: "lead" }, series === "" ? null : element("b", {}, `${series}: `), text);
}

function factList(facts: BenchData["facts"]): HTMLElement {
  return table(
    "Where the time goes",
    [
      { head: "", cell: ([label]) => element("span", { class: "quiet" }, label) },
      { head: "", cell: ([, text]) => text },
    ],
    facts,
  );
}

function pointsTable({ points, kneePoint }: BenchData): HTMLElement {
  const hasCpu = points.some(({ cpu }) => cpu !== null);
  return table<BenchPointData>(
    "Every point of the sweep",
    [
      { head: "Point", kind: "name", cell: ({ label }) => label },
      { head: "Runs", kind: "number", cell: ({ runs, failed }) => (failed === 0 ? count(runs) : `${runs}, ${failed} failed`) },
      { head: "Median", kind: "number", cell: ({ wall }) => (wall === null ? "–" : duration(wall.value)) },
      {
        head: "95 % interval",
        cell: ({ wall }) =>
          element("span", { class: "quiet" }, wall?.low == null ? "" : `${duration(wall.low)} – ${duration(wall.high!)}`),
      },
      { head: "Speed-up", kind: "number", cell: ({ speedUp }) => (speedUp === null ? "" : `${speedUp.value.toFixed(2)} ×`) },
      { head: "", cell: ({ verdict }) => element("span", { class: "quiet" }, verdict) },
      {
        head: "Efficiency",
        kind: "number",
        cell: ({ efficiency }) => (efficiency === null ? "" : `${Math.round(efficiency * 100)} %`),
      },
      ...(hasCpu
        ? [
            { head: "CPU", kind: "number", cell: ({ cpu }: BenchPointData) => (cpu === null ? "" : duration(cpu)) } as const,
            {
              head: "Memory",
              kind: "number",
              cell: ({ memory: peak }: BenchPointData) => (peak === null ? "" : `≤ ${memory(peak)}`),
            } as const,
          ]
        : []),
      { head: "Ours", kind: "number", cell: ({ own }) => (own === null ? "" : duration(own)) },
    ],
    points,
    (point) => (points.indexOf(point) === kneePoint ? "best" : ""),
  );
}
