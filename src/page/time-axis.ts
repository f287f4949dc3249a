/**
 * The axis of time that all charts of a run share, and the ways to move along it: wheel with Ctrl, two fingers, dragging, buttons and keys.
 * The plain wheel scrolls the page, as it does everywhere. Draws nothing.
 */

import { scaleLinear, type ScaleLinear } from "d3-scale";
import { select, type Selection } from "d3-selection";
import { zoom, zoomIdentity, zoomTransform, type ZoomBehavior } from "d3-zoom";

/** Room beside the charts for labels. */
export const [LEFT, RIGHT] = [64, 16];
/** What can be seen at the closest, in milliseconds. */
const CLOSEST_MS = 0.5;

export class TimeAxis {
  readonly #surface: Selection<HTMLElement, unknown, null, undefined>;
  readonly #zoom: ZoomBehavior<HTMLElement, unknown>;
  readonly #whole: ScaleLinear<number, number>;
  readonly #end: number;
  #width = 0;

  constructor(surface: HTMLElement, end: number, onChange: () => void) {
    this.#end = Math.max(end, CLOSEST_MS);
    this.#whole = scaleLinear().domain([0, this.#end]);
    this.#surface = select(surface);
    this.#zoom = zoom<HTMLElement, unknown>()
      .filter((event: WheelEvent & MouseEvent) =>
        event.type === "wheel" ? event.ctrlKey || event.metaKey : event.button === 0 || event.button === undefined,
      )
      .scaleExtent([1, Math.max(1, this.#end / CLOSEST_MS)])
      .on("zoom", onChange);
    this.#surface.call(this.#zoom);
  }

  /** Of the whole surface, in pixels. */
  resize(width: number): void {
    this.#width = width;
    this.#whole.range([LEFT, Math.max(LEFT + 1, width - RIGHT)]);
    const area: [[number, number], [number, number]] = [
      [LEFT, 0],
      [Math.max(LEFT + 1, width - RIGHT), 1],
    ];
    this.#zoom.extent(area).translateExtent(area);
  }

  get width(): number {
    return this.#width;
  }

  /** From time to pixels, as it is now. */
  get scale(): ScaleLinear<number, number> {
    return zoomTransform(this.#surface.node()!).rescaleX(this.#whole);
  }

  get range(): readonly [from: number, to: number] {
    const [from, to] = this.scale.domain();
    return [from!, to!];
  }

  zoomBy(factor: number): void {
    this.#zoom.scaleBy(this.#surface, factor);
  }

  /** By a share of what is seen. */
  panBy(share: number): void {
    const { k } = zoomTransform(this.#surface.node()!);
    this.#zoom.translateBy(this.#surface, (-share * (this.#width - LEFT - RIGHT)) / k, 0);
  }

  showAll(): void {
    this.#zoom.transform(this.#surface, zoomIdentity);
  }

  /** Moves no more than it has to. */
  reveal(from: number, to: number): void {
    const [left, right] = this.range;
    if (from >= left && to <= right) return;
    this.#zoom.translateTo(this.#surface, this.#whole((from + Math.min(to, from + right - left)) / 2), 0);
  }
}
