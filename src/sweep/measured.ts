/** What was measured, before anything is made of it. */

import type { BenchPoint, Sweep } from "./points.js";
import type { BenchResult, BenchRun } from "./result.js";

export interface Measured {
  readonly points: readonly BenchPoint[];
  readonly sweep: Sweep;
  readonly runs: readonly BenchRun[];
  readonly seed: number;
  readonly machine: BenchResult["machine"];
}
