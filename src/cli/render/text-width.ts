/** How wide a text is on a terminal, where letters of some scripts take two places and colours none. */

import { createRequire } from "node:module";
import type * as Truncated from "fast-string-truncated-width";

type Measure = (typeof Truncated)["default"];

let measure: Measure | null = null;

/** Only when a terminal is drawn on: most commands need none. */
function measureOf(...args: Parameters<Measure>): ReturnType<Measure> {
  measure ??= (createRequire(import.meta.url)("fast-string-truncated-width") as { default: Measure }).default;
  return measure(...args);
}

export function widthOf(text: string): number {
  return measureOf(text).width;
}

/** The text, or as much of it as fits, with `…` behind. Holds no colours. */
export function fit(text: string, width: number): string {
  if (width < 1) return "";
  const { index, ellipsed } = measureOf(text, { limit: width, ellipsis: "…" });
  return ellipsed ? `${text.slice(0, index)}…` : text.slice(0, index);
}
