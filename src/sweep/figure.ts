/** An estimate in the words of the result. Pure. */

import type { Estimate } from "./estimate.js";
import type { Figure } from "./result.js";

export function toFigure({ value, interval }: Estimate): Figure {
  return { value, low: interval?.[0] ?? null, high: interval?.[1] ?? null };
}
