/** How wide a text is on a terminal, where letters of some scripts take two places and colours none. */

import { createRequire } from "node:module";
import type * as Truncated from "fast-string-truncated-width";

/** What takes one place each, and never joins what is beside it. */
const PLAIN = /^[ -~]*$/;
/** UTF-16 units of one character that are looked at: letters with more marks are nobody's, and a command may have megabytes. */
const MOST_UNITS = 32;

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

/** The text, or as much of it as fits, with `…` behind; nothing that is read as one character is cut in two. Holds no colours. */
export function fit(text: string, width: number): string {
  if (width < 1) return "";
  if (!measureOf(text, { limit: width }).truncated) return text;
  const plain = text.slice(0, width);
  if (PLAIN.test(plain)) return `${plain.slice(0, -1)}…`;
  const kept: string[] = [];
  let room = width - 1;
  for (const { segment } of segmenterOf().segment(text.slice(0, width * MOST_UNITS))) {
    room -= widthOf(segment);
    if (room < 0) break;
    kept.push(segment);
  }
  // What stands side by side may be wider than its parts: a mark that joins nothing, half a flag.
  let shown = kept.join("");
  while (widthOf(shown) > width - 1) {
    kept.pop();
    shown = kept.join("");
  }
  return `${shown}…`;
}

let segmenter: Intl.Segmenter | null = null;

function segmenterOf(): Intl.Segmenter {
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return segmenter;
}
