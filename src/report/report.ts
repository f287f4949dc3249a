/** Makes the page of a run from what is in its directory, or of a bench from its result: a visitor, which takes no lock and changes nothing. */

import { join } from "node:path";
import { AirError } from "../domain/errors.js";
import type { RunHistory } from "../domain/history.js";
import { readHistory } from "../store/history/read-history.js";
import type { JobPaths } from "../store/layout.js";
import { logFileName } from "../store/names.js";
import type { BenchResult } from "../sweep/result.js";
import { benchDataOf } from "./bench-data.js";
import { logTail } from "./log-tail.js";
import { makePage } from "./page.js";
import { runDataOf } from "./run-data.js";

export interface Report {
  /** One file that needs no other, and no network. */
  readonly html: string;
  /** What of it is not the whole truth, in a sentence: that the job still runs, that its record is damaged. Null if it is. */
  readonly note: string | null;
}

/** @throws AirError `AIR_NOT_FOUND` if nothing of it is on record, so that there is nothing to show. */
export function reportOfRun(paths: JobPaths, name: string, nowMs: number): Report {
  const history = readHistory(paths);
  if (history === null) {
    throw new AirError("AIR_NOT_FOUND", `nothing of job "${name}" is on record yet: no engine has taken it up`);
  }
  const note = noteOf(history);
  const run = runDataOf(history, {
    nowMs,
    slots: slotsOf(history),
    note,
    tailOf: ({ spec }) => logTail(join(paths.logs, logFileName(spec.id))),
  });
  return { html: makePage(`${history.job.name} · ${history.job.state}`, { run, bench: null }), note };
}

/** What its engine had, within the job's own limit. Null if neither is on record. */
function slotsOf({ slots, settings: { concurrency } }: RunHistory): number | null {
  return slots === null || concurrency === null ? (slots ?? concurrency) : Math.min(slots, concurrency);
}

export function reportOfBench(result: BenchResult): Report {
  const note = result.ended === "stopped" ? "It was stopped before its plan was through." : null;
  return { html: makePage(`${result.name} · bench`, { run: null, bench: benchDataOf(result) }), note };
}

function noteOf({ job, damage, pauses }: RunHistory): string | null {
  if (damage !== null) return `The record of this run is damaged; what stands before the damage is shown. ${damage}`;
  if (["completed", "failed", "cancelled"].includes(job.state)) return null;
  const isPaused = pauses.at(-1)?.to === null;
  return isPaused
    ? "This run is unfinished and nobody runs it just now; what is known so far is shown."
    : "This run is not over; what is known so far is shown.";
}
