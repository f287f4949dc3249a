/** What `--compare` and `--fail-above` ask for. */

import type { BenchOptions, BenchResult } from "../../index.js";
import { readBenchResult } from "../../sweep/read-result.js";
import type { Settings } from "./settings.js";
import { UsageError } from "./usage-error.js";

export interface Comparing {
  readonly earlier: BenchResult;
  /** A share; null if it was not given. */
  readonly failAbove: number | null;
}

export interface AskedSweep {
  /** Null if none was given. */
  readonly concurrency: readonly number[] | null;
  readonly params: NonNullable<BenchOptions["params"]>;
}

/** Null if nothing is compared. */
export function readComparing(settings: Settings): Comparing | null {
  const path = settings.text("compare");
  const limit = settings.text("fail-above");
  if (path === null && limit !== null) throw new UsageError("--fail-above needs --compare: say what to compare with");
  return path === null ? null : { earlier: readBenchResult(path), failAbove: limit === null ? null : readShare(limit) };
}

/** The sweep of the earlier bench, for whoever gives none. */
export function sweepAsBefore(asked: AskedSweep, comparing: Comparing | null): AskedSweep {
  const isSwept = asked.concurrency !== null || Object.keys(asked.params).length > 0;
  return comparing === null || isSwept ? asked : comparing.earlier.plan;
}

function readShare(text: string): number {
  const percent = /^(\d+(?:\.\d+)?)\s*%?$/.exec(text)?.[1];
  if (percent !== undefined) return Number(percent) / 100;
  throw new UsageError(`--fail-above is "${text}": expected a percentage such as 10%`);
}
