/** Draws the bars of a run, a row a slot, and says which bar is where. Knows no events. */

import type { ScaleLinear } from "d3-scale";
import { makeSurface, type Surface } from "./canvas.js";
import { groupColor, type Colors } from "./colors.js";
import type { Bar, RunModel } from "./run-model.js";
import { LEFT, RIGHT } from "./time-axis.js";

export interface GanttState {
  readonly scale: ScaleLinear<number, number>;
  readonly width: number;
  readonly colors: Colors;
  /** The tasks that are looked for; null for all. */
  readonly wanted: ReadonlySet<number> | null;
  readonly chosen: Bar | null;
  readonly isPathShown: boolean;
}

const PADDING = 6;
/** Bars that are nearer than this, in pixels, are drawn as one. */
const NEAR = 0.4;

export class Gantt {
  readonly surface: Surface;
  readonly #model: RunModel;
  readonly #rowHeight: number;

  constructor(model: RunModel) {
    this.#model = model;
    this.#rowHeight = rowHeightOf(model.rows.length);
    this.surface = makeSurface(`Gantt chart: ${model.bars.length} attempts in ${model.rows.length} slots`);
  }

  get height(): number {
    return Math.max(1, this.#model.rows.length) * this.#rowHeight + 2 * PADDING;
  }

  draw(state: GanttState): void {
    const { scale, width, colors, chosen, isPathShown } = state;
    const context = this.surface.clear(width, this.height);
    const [from, to] = scale.domain() as [number, number];
    this.#drawLabels(context, colors);
    context.save();
    context.beginPath();
    context.rect(LEFT, 0, width - LEFT - RIGHT, this.height);
    context.clip();
    const hatch = hatchOf(context, colors.raised);
    for (const row of this.#model.rows) {
      let drawnTo = -Infinity;
      for (let index = firstAfter(row, from); index < row.length && row[index]!.from <= to; index++) {
        const bar = row[index]!;
        const [x, end] = [scale(bar.from), scale(bar.to)];
        // What is a fraction of a pixel wide is not drawn again and again.
        if (end < drawnTo + NEAR && !bar.isFailed && bar !== chosen) continue;
        this.#drawBar(context, bar, Math.max(x, LEFT - 2), Math.max(end, x + 0.75), state, hatch);
        drawnTo = end;
      }
    }
    if (isPathShown) this.#drawPath(context, state);
    if (chosen !== null) this.#drawChosen(context, chosen, state);
    context.restore();
  }

  /** @param y from the top of the canvas. */
  barAt(x: number, y: number, scale: ScaleLinear<number, number>): Bar | null {
    const row = this.#model.rows[Math.floor((y - PADDING) / this.#rowHeight)];
    if (row === undefined || x < LEFT) return null;
    let best: Bar | null = null;
    let nearest = 4;
    for (let index = firstAfter(row, scale.invert(x - 6)); index < row.length; index++) {
      const bar = row[index]!;
      const [start, end] = [scale(bar.from), scale(bar.to)];
      if (start > x + 6) break;
      const distance = x < start ? start - x : x > end ? x - end : 0;
      if (distance < nearest) [best, nearest] = [bar, distance];
    }
    return best;
  }

  /** Where a bar is, from the top. */
  topOf({ slot }: Bar): number {
    return PADDING + slot * this.#rowHeight;
  }

  #drawBar(
    context: CanvasRenderingContext2D,
    bar: Bar,
    x: number,
    end: number,
    { wanted, colors }: GanttState,
    hatch: CanvasPattern | null,
  ): void {
    const gap = this.#rowHeight >= 8 ? 2 : this.#rowHeight >= 4 ? 1 : 0;
    const [y, height] = [this.topOf(bar) + gap / 2, this.#rowHeight - gap];
    const width = end - x;
    context.globalAlpha = wanted === null || wanted.has(bar.task) ? 1 : 0.14;
    const fill = bar.isFailed ? colors.bad : groupColor(colors, this.#model.group(bar.task));
    context.fillStyle = fill;
    // A hair of space between neighbours, where there is room for it.
    const shown = width > 4 ? width - 1 : width;
    if (shown > 6 && height > 8) {
      context.beginPath();
      context.roundRect(x, y, shown, height, 2);
      context.fill();
    } else context.fillRect(x, y, shown, height);
    if (bar.isFailed && hatch !== null && shown > 3) {
      context.fillStyle = hatch;
      context.fillRect(x, y, shown, height);
    }
    if (shown > 34 && height >= 13) this.#drawName(context, bar, { x, y, width: shown, height }, fill);
    context.globalAlpha = 1;
  }

  #drawName(
    context: CanvasRenderingContext2D,
    bar: Bar,
    { x, y, width, height }: { x: number; y: number; width: number; height: number },
    fill: string,
  ): void {
    const left = Math.max(x, LEFT);
    const room = x + width - left - 10;
    if (room < 20) return;
    context.fillStyle = inkOn(fill);
    context.textBaseline = "middle";
    context.textAlign = "left";
    context.fillText(fitted(context, this.#model.name(bar.task), room), left + 5, y + height / 2 + 0.5);
  }

  /** Underlined, and joined from the end of one to the beginning of the next. */
  #drawPath(context: CanvasRenderingContext2D, { scale, colors }: GanttState): void {
    const thick = this.#rowHeight >= 10 ? 3 : 2;
    context.fillStyle = context.strokeStyle = colors.ink;
    context.lineWidth = 1.2;
    let before: Bar | null = null;
    for (const { task } of this.#model.data.path) {
      const bar = this.#model.lastBar.get(task);
      if (bar === undefined) continue;
      const bottom = this.topOf(bar) + this.#rowHeight - (this.#rowHeight >= 8 ? 1 : 0);
      const [x, end] = [scale(bar.from), scale(bar.to)];
      context.fillRect(x, bottom - thick, Math.max(1, end - x - (end - x > 4 ? 1 : 0)), thick);
      if (before !== null) {
        const [fromX, fromY] = [scale(before.to), this.topOf(before) + this.#rowHeight - thick / 2 - 1];
        context.globalAlpha = 0.55;
        context.beginPath();
        context.moveTo(fromX, fromY);
        context.lineTo(fromX, bottom - thick / 2);
        context.lineTo(x, bottom - thick / 2);
        context.stroke();
        context.globalAlpha = 1;
      }
      before = bar;
    }
  }

  #drawChosen(context: CanvasRenderingContext2D, bar: Bar, { scale, colors }: GanttState): void {
    const { wait } = this.#model.waitText(bar);
    const [x, end, y] = [scale(bar.from), scale(bar.to), this.topOf(bar)];
    context.strokeStyle = colors.ink;
    context.lineWidth = 2;
    context.strokeRect(x - 0.5, y + 0.5, Math.max(3, end - x), this.#rowHeight - 1);
    if (wait <= 0) return;
    // How long it was ready before it began.
    context.setLineDash([2, 3]);
    context.beginPath();
    context.moveTo(scale(bar.from - wait), y + this.#rowHeight / 2);
    context.lineTo(x, y + this.#rowHeight / 2);
    context.stroke();
    context.setLineDash([]);
  }

  #drawLabels(context: CanvasRenderingContext2D, colors: Colors): void {
    context.fillStyle = colors.faint;
    context.textAlign = "right";
    context.textBaseline = "middle";
    const every = this.#rowHeight >= 14 ? 1 : Math.ceil(14 / this.#rowHeight / 5) * 5;
    for (let slot = 0; slot < this.#model.rows.length; slot++) {
      if ((slot + 1) % every !== 0 && slot !== 0) continue;
      const y = PADDING + (slot + 0.5) * this.#rowHeight;
      context.fillText(slot === 0 ? `slot ${slot + 1}` : String(slot + 1), LEFT - 10, y);
    }
  }
}

function rowHeightOf(rows: number): number {
  if (rows <= 16) return 26;
  if (rows <= 48) return 16;
  return rows <= 160 ? 8 : 4;
}

/** The first bar that reaches beyond a time: in a row none overlaps another. */
function firstAfter(row: readonly Bar[], time: number): number {
  let [low, high] = [0, row.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (row[middle]!.to < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function hatchOf(context: CanvasRenderingContext2D, color: string): CanvasPattern | null {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const own = tile.getContext("2d")!;
  own.strokeStyle = color;
  own.globalAlpha = 0.45;
  own.lineWidth = 1.5;
  for (const shift of [-8, 0, 8]) {
    own.moveTo(shift, 8);
    own.lineTo(shift + 8, 0);
  }
  own.stroke();
  return context.createPattern(tile, "repeat");
}

/** Black or white, whichever can be read on it. */
function inkOn(color: string): string {
  const [red, green, blue] = [1, 3, 5].map((place) => Number.parseInt(color.slice(place, place + 2), 16) / 255);
  return 0.299 * red! + 0.587 * green! + 0.114 * blue! > 0.55 ? "#14161a" : "#ffffff";
}

function fitted(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (context.measureText(`${text.slice(0, middle)}…`).width <= room) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? "" : `${text.slice(0, low)}…`;
}
