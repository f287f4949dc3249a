/** What the exit code of a batch says: as of every job, and how its output and an early stop went. Pure. */

import type { MapSummary } from "../../index.js";
import { exitCode, exitCodeOfSignal, exitCodeOfSummary, type StopSignal } from "../exit-codes.js";
import type { Wish } from "./wish.js";

/** How telling of it went. */
export interface Told {
  readonly signal: StopSignal | null;
  /** True if its reader did not take all of the output. */
  readonly isCut: boolean;
  /** True if lines of its joblog could not be written, or output of its tasks not be read. */
  readonly isLacking: boolean;
}

/** As of a program that SIGPIPE ended. */
export const READER_GONE = 141;

export function exitCodeOfBatch(summary: MapSummary, { halt, before }: Wish, { signal, isCut, isLacking }: Told): number {
  const { halted, firstFailure, counts } = summary;
  if (isCut && signal !== null) return exitCodeOfSignal(signal);
  if (isLacking && signal === null) return exitCode.environment;
  // It is unfinished, but that was a task's doing, or who cancelled it: nothing was pulled.
  const isStillborn = firstFailure === "before" || (counts.total === 1 && counts.cancelled === 1);
  if (before !== null && isStillborn && signal === null) return exitCode.failed;
  if (halted === null) return exitCodeOfSummary(summary, signal);
  return halt?.kind === "completed" || counts.failed === 0 ? exitCode.completed : exitCode.failed;
}
