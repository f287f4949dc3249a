/** A narrow chart of a value over time below the bars, and the marks of time. Draws; knows no events. */

import type { ScaleLinear } from "d3-scale";
import { makeSurface, type Surface } from "./canvas.js";
import type { Colors } from "./colors.js";
import { highest, type Curve } from "./run-model.js";
import { timeMarks } from "./time-text.js";
import { LEFT, RIGHT } from "./time-axis.js";

export interface CurveOptions {
  readonly title: string;
  readonly curve: Curve;
  /** Lies on top of the other, lighter. */
  readonly above?: Curve;
  /** A line across, such as the number of slots. */
  readonly limit?: number;
  readonly text: (value: number) => string;
  readonly aboveText?: (value: number) => string;
  readonly color: (colors: Colors) => string;
}

const HEIGHT = 78;
const [TOP, BOTTOM] = [24, 8];

export class CurveChart {
  readonly surface: Surface;
  readonly #options: CurveOptions;
  /** Both together. */
  readonly #whole: Curve;
  readonly #most: number;

  constructor(options: CurveOptions) {
    this.#options = options;
    const { curve, above, limit = 0, title } = options;
    this.#whole = above === undefined ? curve : sumOf(curve, above);
    this.#most = Math.max(limit, highest(this.#whole), 1e-9);
    this.surface = makeSurface(`${title} over time, at most ${options.text(highest(curve))}`);
    this.surface.canvas.classList.add("curve");
  }

  /** @param cursor a time to tell the values of; null for none. */
  draw(scale: ScaleLinear<number, number>, width: number, colors: Colors, cursor: number | null): void {
    const { curve, above, limit, title, text, aboveText, color } = this.#options;
    const context = this.surface.clear(width, HEIGHT);
    const y = (value: number): number => HEIGHT - BOTTOM - (value / this.#most) * (HEIGHT - TOP - BOTTOM);
    context.save();
    context.beginPath();
    context.rect(LEFT, 0, width - LEFT - RIGHT, HEIGHT);
    context.clip();
    if (above !== undefined) {
      context.globalAlpha = 0.28;
      fillStairs(context, this.#whole, scale, y, color(colors));
    }
    context.globalAlpha = above === undefined ? 0.75 : 0.9;
    fillStairs(context, curve, scale, y, color(colors));
    context.globalAlpha = 1;
    if (limit !== undefined) dashed(context, y(limit), width, colors.faint);
    context.restore();
    context.strokeStyle = colors.line;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(LEFT, HEIGHT - BOTTOM + 0.5);
    context.lineTo(width - RIGHT, HEIGHT - BOTTOM + 0.5);
    context.stroke();
    context.textBaseline = "middle";
    context.fillStyle = colors.faint;
    context.textAlign = "right";
    context.fillText(text(this.#most), LEFT - 10, y(this.#most) + 1);
    context.fillText("0", LEFT - 10, y(0));
    context.textAlign = "left";
    context.fillStyle = colors.soft;
    context.fillText(title, LEFT, 12);
    if (cursor === null) return;
    const values = text(valueAt(curve, cursor)) + (above === undefined ? "" : `, ${aboveText!(valueAt(above, cursor))}`);
    context.fillStyle = colors.ink;
    context.textAlign = "right";
    context.fillText(values, width - RIGHT, 12);
    drawCursor(context, scale(cursor), HEIGHT, colors);
  }
}

export function drawCursor(context: CanvasRenderingContext2D, x: number, height: number, { faint }: Colors): void {
  context.fillStyle = faint;
  context.fillRect(Math.round(x), 0, 1, height);
}

/** The marks of time, and faint lines down from them. */
export function drawTimes(surface: Surface, scale: ScaleLinear<number, number>, width: number, colors: Colors): void {
  const context = surface.clear(width, 26);
  const [from, to] = scale.domain() as [number, number];
  context.fillStyle = colors.faint;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const { at, text } of timeMarks(from, to, (width - LEFT - RIGHT) / 96)) {
    const x = scale(at);
    context.fillText(text, Math.min(Math.max(x, LEFT), width - RIGHT - 12), 12);
    context.fillRect(Math.round(x), 21, 1, 5);
  }
}

/** Steps: a value holds until the next. */
function fillStairs(
  context: CanvasRenderingContext2D,
  { at, value }: Curve,
  scale: ScaleLinear<number, number>,
  y: (value: number) => number,
  color: string,
): void {
  const [from, to] = scale.domain() as [number, number];
  context.fillStyle = color;
  context.beginPath();
  context.moveTo(scale(from), y(0));
  let index = Math.max(0, placeOf(at, from));
  context.lineTo(scale(from), y(index < at.length && at[index]! <= from ? value[index]! : 0));
  for (; index < at.length && at[index]! <= to; index++) {
    const x = scale(Math.max(from, at[index]!));
    const before = at[index]! <= from ? value[index]! : (value[index - 1] ?? 0);
    context.lineTo(x, y(before));
    context.lineTo(x, y(value[index]!));
  }
  context.lineTo(scale(to), y(value[index - 1] ?? 0));
  context.lineTo(scale(to), y(0));
  context.fill();
}

function dashed(context: CanvasRenderingContext2D, y: number, width: number, color: string): void {
  context.strokeStyle = color;
  context.lineWidth = 1;
  context.setLineDash([3, 4]);
  context.beginPath();
  context.moveTo(LEFT, Math.round(y) + 0.5);
  context.lineTo(width - RIGHT, Math.round(y) + 0.5);
  context.stroke();
  context.setLineDash([]);
}

function valueAt({ at, value }: Curve, time: number): number {
  const place = placeOf(at, time);
  return place < 0 ? 0 : value[place]!;
}

/** The last that is not after a time, -1 if none. */
function placeOf(at: readonly number[], time: number): number {
  let [low, high] = [0, at.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at[middle]! <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function sumOf(below: Curve, above: Curve): Curve {
  const at = [...new Set([...below.at, ...above.at])].sort((a, b) => a - b);
  let [one, other] = [-1, -1];
  const value = at.map((time) => {
    while (one + 1 < below.at.length && below.at[one + 1]! <= time) one += 1;
    while (other + 1 < above.at.length && above.at[other + 1]! <= time) other += 1;
    return (below.value[one] ?? 0) + (above.value[other] ?? 0);
  });
  return { at, value };
}
