/** The charts of a run over time, one below the other, and what people do with them: zoom, look for tasks, choose one. */

import { makeSurface } from "./canvas.js";
import { colors, onColorsChange, type Colors } from "./colors.js";
import { drawCursor, drawTimes, type CurveChart } from "./curve-chart.js";
import { element } from "./element.js";
import { Gantt } from "./gantt.js";
import { barText } from "./bar-text.js";
import { chartTools, keyHelp } from "./chart-tools.js";
import { runCurves } from "./run-curves.js";
import type { Bar, RunModel } from "./run-model.js";
import { TimeAxis } from "./time-axis.js";

export class RunCharts {
  readonly root: HTMLElement;
  readonly #model: RunModel;
  readonly #axis: TimeAxis;
  readonly #gantt: Gantt;
  readonly #times = makeSurface("Time since the beginning");
  readonly #curves: readonly CurveChart[];
  readonly #chart = element("div", { class: "chart" });
  readonly #rows = element("div", {
    class: "rows",
    tabindex: 0,
    role: "group",
    "aria-label": "Tasks over time. Arrow keys go from task to task, plus and minus zoom, 0 shows all",
  });
  readonly #tip = element("div", { class: "tip", hidden: true });
  readonly #chosenLine = element("p", { class: "chosen", role: "status", "aria-live": "polite" });
  #colors: Colors = colors();
  #wanted: ReadonlySet<number> | null = null;
  #chosen: Bar | null = null;
  #cursor: number | null = null;
  #isPathShown = true;
  #isDrawing = false;

  constructor(model: RunModel) {
    this.#model = model;
    this.#axis = new TimeAxis(this.#chart, model.data.end, () => this.#redraw());
    this.#gantt = new Gantt(model);
    this.#curves = runCurves(model);
    this.#rows.append(this.#gantt.surface.canvas);
    this.#chart.append(this.#times.canvas, this.#rows, ...this.#curves.map(({ surface }) => surface.canvas), this.#tip);
    this.root = element(
      "div",
      {},
      chartTools({
        names: model.names,
        onWanted: (tasks) => this.want(tasks),
        onPathShown: (isShown) => {
          this.#isPathShown = isShown;
          this.#redraw();
        },
        onZoom: (factor) => (factor === null ? this.#axis.showAll() : this.#axis.zoomBy(factor)),
      }),
      this.#chart,
      this.#chosenLine,
      keyHelp(),
    );
    this.#listen();
    onColorsChange(() => {
      this.#colors = colors();
      this.#redraw();
    });
    new ResizeObserver(() => {
      this.#axis.resize(this.#chart.clientWidth);
      this.#redraw();
    }).observe(this.#chart);
  }

  /** Only these stand out; null for all. */
  want(tasks: ReadonlySet<number> | null): void {
    this.#wanted = tasks;
    this.#redraw();
  }

  choose(bar: Bar | null): void {
    this.#chosen = bar;
    this.#chosenLine.replaceChildren(...(bar === null ? [] : barText(this.#model, bar)));
    if (bar !== null) {
      this.#axis.reveal(bar.from, bar.to);
      const top = this.#gantt.topOf(bar);
      if (top < this.#rows.scrollTop || top > this.#rows.scrollTop + this.#rows.clientHeight - 30)
        this.#rows.scrollTop = top - this.#rows.clientHeight / 2;
    }
    this.#redraw();
  }

  /** A task is chosen by its last attempt. */
  chooseTask(task: number): void {
    const bar = this.#model.lastBar.get(task);
    if (bar === undefined) return;
    this.root.scrollIntoView({ block: "nearest" });
    this.choose(bar);
  }

  #listen(): void {
    const place = (event: MouseEvent): { x: number; y: number } => {
      const box = this.#gantt.surface.canvas.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    const barUnder = (event: MouseEvent): Bar | null => {
      const { x, y } = place(event);
      return this.#gantt.barAt(x, y, this.#axis.scale);
    };
    this.#chart.addEventListener("pointermove", (event) => {
      const { x } = place(event);
      this.#cursor = this.#axis.scale.invert(x);
      const bar = event.target === this.#gantt.surface.canvas && event.buttons === 0 ? barUnder(event) : null;
      this.#showTip(bar, event);
      this.#redraw();
    });
    this.#chart.addEventListener("pointerleave", () => {
      this.#cursor = null;
      this.#showTip(null, null);
      this.#redraw();
    });
    this.#gantt.surface.canvas.addEventListener("click", (event) => this.choose(barUnder(event)));
    this.#rows.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !this.#press(event)) return;
      event.preventDefault();
    });
  }

  /** True if the key means something here. */
  #press({ key, shiftKey }: KeyboardEvent): boolean {
    if (shiftKey && (key === "ArrowLeft" || key === "ArrowRight")) this.#axis.panBy(key === "ArrowLeft" ? -0.2 : 0.2);
    else if (key === "ArrowLeft" || key === "ArrowRight") this.#go(key === "ArrowLeft" ? -1 : 1);
    else if (key === "ArrowUp" || key === "ArrowDown") this.#changeRow(key === "ArrowUp" ? -1 : 1);
    else if (key === "+" || key === "=") this.#axis.zoomBy(2);
    else if (key === "-") this.#axis.zoomBy(0.5);
    else if (key === "0") this.#axis.showAll();
    else if (key === "Escape") this.choose(null);
    else return false;
    return true;
  }

  #go(by: number): void {
    const row = this.#model.rows[this.#chosen?.slot ?? 0] ?? [];
    const place = this.#chosen === null ? (by > 0 ? -1 : row.length) : row.indexOf(this.#chosen);
    const next = row[place + by];
    if (next !== undefined) this.choose(next);
  }

  #changeRow(by: number): void {
    const { rows } = this.#model;
    const from = this.#chosen;
    const row = rows[from === null ? 0 : from.slot + by];
    if (row === undefined || row.length === 0) return;
    const middle = from === null ? 0 : (from.from + from.to) / 2;
    const distance = (bar: Bar): number => Math.abs((bar.from + bar.to) / 2 - middle);
    this.choose(row.reduce((best, bar) => (distance(bar) < distance(best) ? bar : best)));
  }

  #showTip(bar: Bar | null, event: MouseEvent | null): void {
    this.#tip.hidden = bar === null || event === null;
    if (bar === null || event === null) return;
    this.#tip.replaceChildren(...barText(this.#model, bar));
    const box = this.#chart.getBoundingClientRect();
    const { offsetWidth: width } = this.#tip;
    const x = Math.min(event.clientX - box.left + 14, box.width - width - 8);
    this.#tip.style.left = `${Math.max(8, x)}px`;
    this.#tip.style.top = `${event.clientY - box.top + 18}px`;
  }

  /** Once a frame, however often it is asked for. */
  #redraw(): void {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { scale, width } = this.#axis;
    if (width === 0) return;
    performance.mark("draw-begin");
    drawTimes(this.#times, scale, width, this.#colors);
    const about = { wanted: this.#wanted, chosen: this.#chosen, isPathShown: this.#isPathShown };
    this.#gantt.draw({ scale, width, colors: this.#colors, ...about });
    if (this.#cursor !== null) drawCursor(this.#gantt.surface.context, scale(this.#cursor), this.#gantt.height, this.#colors);
    for (const curve of this.#curves) curve.draw(scale, width, this.#colors, this.#cursor);
    performance.measure("draw", "draw-begin");
  }
}
