/** What the spool of a killed engine says to have begun and not to have ended, and what is there of it. */

import { findProcesses, type Trace } from "../ending/trace.js";
import type { ProcessEntry } from "../../system/process/process-table.js";
import { openAdopted, type AdoptedPlace } from "./open-adopted.js";

export interface Unended {
  readonly key: number;
  readonly trace: Trace;
  /** The oldest first. */
  readonly processes: readonly ProcessEntry[];
}

/** @throws the system's error if that can't be told now. */
export async function unendedIn(path: string, place: AdoptedPlace = {}): Promise<Unended[]> {
  const first = await openAdopted(path, [], place);
  if (first === null) return [];
  first.read();
  // Of one that was copied what runs is not this directory's.
  const keys = place.isRemoved !== true && first.isCopy() ? [] : [...first.unended];
  first.close();
  const spool = keys.length === 0 ? null : await openAdopted(path, keys, place);
  if (spool === null) return [];
  spool.read();
  // What has ended meanwhile is on record. Without mark and group it is known by its environment alone, and whose that is is not known here.
  const traces = keys.filter((key) => spool.unended.has(key)).map((key) => ({ key, trace: spool.trace(key, []) }));
  spool.close();
  const processes = processesOf(traces.map(({ trace }) => trace));
  return traces.map(({ key, trace }) => ({ key, trace, processes: processes.get(trace)! }));
}

function processesOf(traces: readonly Trace[]): Map<Trace, ProcessEntry[]> {
  if (traces.length === 0) return new Map();
  const found = findProcesses(traces);
  if (found.answer === "unknown") throw found.why;
  return found.found;
}
