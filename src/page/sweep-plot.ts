/** A value of a sweep against what was swept, with intervals, as SVG: a line a series, which is named at its end. */

import { scaleLinear, scaleLog } from "d3-scale";
import { colors, groupColor, onColorsChange } from "./colors.js";
import type { BenchData, BenchPointData, Interval } from "./data.js";
import { element, svg } from "./element.js";

export interface PlotOptions {
  readonly title: string;
  readonly value: (point: BenchPointData) => Interval | null;
  readonly dots: (point: BenchPointData) => readonly number[];
  readonly text: (value: number) => string;
  /** The line of as many times as fast as there are slots. */
  readonly isIdealShown: boolean;
}

const [WIDTH, HEIGHT] = [520, 330];
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 92, 34, 44];

export function sweepPlot({ points, axis, kneePoint }: BenchData, options: PlotOptions): HTMLElement {
  const { title, value, dots, text, isIdealShown } = options;
  const shown = points.filter((point) => value(point) !== null);
  const xs = [...new Set(shown.map(({ x }) => x))].sort((a, b) => a - b);
  const [least, most] = [xs[0] ?? 0, xs.at(-1) ?? 1];
  const x = (least > 0 && most / least >= 4 ? scaleLog().base(2) : scaleLinear())
    .domain(least === most ? [least / 2 || 0.5, most * 2 || 2] : [least, most])
    .range([LEFT, WIDTH - RIGHT]);
  const highest = Math.max(1e-9, ...shown.map((point) => Math.max(value(point)!.high ?? 0, value(point)!.value, ...dots(point))));
  const y = scaleLinear()
    .domain([0, highest])
    .nice(5)
    .range([HEIGHT - BOTTOM, TOP]);
  const drawing = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: "img",
    "aria-label": `${title}: ${describe(shown, value, text)}`,
  });
  for (const mark of y.ticks(5)) {
    drawing.append(
      svg("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(mark), y2: y(mark) }),
      svg("text", { x: LEFT - 10, y: y(mark) + 4, "text-anchor": "end" }, mark === 0 ? "0" : text(mark)),
    );
  }
  for (const mark of xs)
    drawing.append(svg("text", { x: x(mark), y: HEIGHT - BOTTOM + 20, "text-anchor": "middle" }, String(mark)));
  drawing.append(
    svg("text", { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 6, "text-anchor": "middle" }, axis),
    svg("text", { x: 0, y: 14 }, title),
  );
  if (isIdealShown) drawing.append(idealLine(x, y, least, most));
  const series = [...new Set(shown.map((point) => point.series))];
  const ends: number[] = [];
  for (const [index, name] of series.entries()) {
    const own = shown.filter((point) => point.series === name).toSorted((a, b) => a.x - b.x);
    const group = svg("g");
    const at = (point: BenchPointData): string => `${x(point.x)},${y(value(point)!.value)}`;
    const line = svg("path", { d: `M${own.map(at).join("L")}`, fill: "none", "stroke-width": 2 });
    group.append(line);
    for (const point of own)
      group.append(...marksOf(point, x(point.x) + spread(index, series.length), y, options, points.indexOf(point) === kneePoint));
    const last = own.at(-1)!;
    const place = freePlace(y(value(last)!.value), ends);
    ends.push(place);
    if (series.length > 1) group.append(svg("text", { x: x(last.x) + 17, y: place + 4 }, name));
    const paint = (): void => {
      const color = groupColor(colors(), index);
      group.style.color = color;
      line.style.stroke = color;
    };
    paint();
    onColorsChange(paint);
    drawing.append(group);
  }
  return element("div", { class: "plot" }, drawing);
}

function marksOf(
  point: BenchPointData,
  x: number,
  y: (value: number) => number,
  { value, dots, text }: PlotOptions,
  isKnee: boolean,
): SVGElement[] {
  const { value: middle, low, high } = value(point)!;
  const label = `${point.label}: ${text(middle)}${low === null || high === null ? "" : ` (${text(low)} – ${text(high)})`}`;
  return [
    ...dots(point).map((each) => svg("circle", { cx: x, cy: y(each), r: 1.8, fill: "currentColor", "fill-opacity": 0.35 })),
    ...(low === null || high === null
      ? []
      : [
          svg("line", {
            x1: x,
            x2: x,
            y1: y(low),
            y2: y(high),
            stroke: "currentColor",
            "stroke-width": 5,
            "stroke-opacity": 0.32,
            "stroke-linecap": "round",
          }),
        ]),
    svg("circle", { cx: x, cy: y(middle), r: isKnee ? 6.5 : 4, fill: "currentColor" }, svg("title", {}, label)),
    ...(isKnee
      ? [svg("circle", { cx: x, cy: y(middle), r: 10, fill: "none", stroke: "currentColor", "stroke-width": 1.5 })]
      : []),
  ];
}

function idealLine(
  x: (value: number) => number,
  y: { (value: number): number; domain(): number[] },
  least: number,
  most: number,
): SVGElement {
  const top = y.domain()[1]!;
  const places = Array.from({ length: 33 }, (_, index) => least * (most / least) ** (index / 32)).filter(
    (each) => each / least <= top,
  );
  return svg("path", { class: "ideal", d: `M${places.map((each) => `${x(each)},${y(each / least)}`).join("L")}` });
}

/** Marks of several series at one place stand beside each other. */
function spread(index: number, count: number): number {
  return (index - (count - 1) / 2) * 3;
}

function freePlace(wanted: number, taken: readonly number[]): number {
  let place = wanted;
  for (let tries = 0; tries < 40 && taken.some((each) => Math.abs(each - place) < 14); tries++) place += 3;
  return place;
}

function describe(points: readonly BenchPointData[], value: PlotOptions["value"], text: PlotOptions["text"]): string {
  return points.map((point) => `${point.label} ${text(value(point)!.value)}`).join("; ");
}
