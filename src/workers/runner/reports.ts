/** What local-runner.ts tells the engine of attempts, from what the thread and their descriptors say. Pure. */

import type { Begun, Descriptor, OrphanedAttempt, Report } from "../../domain/ports.js";
import type { EndedByItself } from "../../domain/outcome.js";
import { exited, signaled, usageOf } from "../spool/end-result.js";
import { AFTER_LIMIT, AFTER_STOP, BY_SIGNAL, IN_SHUTDOWN, OUT_OF_MEMORY } from "./messages.js";

/** @param at where the numbers of the end begin in `ends` */
export function reportOf(ends: Float64Array, at: number): Report {
  const how = ends[at + 1]!;
  const value = ends[at + 2]!;
  const usage = usageOf(ends[at + 5]!, ends[at + 6]!, ends[at + 7]!);
  return {
    key: ends[at]!,
    at: ends[at + 4]! / 1000,
    // As exact as the record is: no attempt is to end before it began.
    begunAt: Math.floor(ends[at + 3]! / 1000),
    result: resultOf(how, value),
    ...(usage !== null && { usage }),
    wasStopped: (how & AFTER_STOP) !== 0,
    ...((how & AFTER_LIMIT) !== 0 && { hasTimedOut: true }),
    ...((how & IN_SHUTDOWN) !== 0 && { isInShutdown: true }),
  };
}

function resultOf(how: number, value: number): EndedByItself {
  const result = (how & BY_SIGNAL) === 0 ? exited(value) : signaled(value);
  return (how & OUT_OF_MEMORY) === 0 ? result : { ...result, isOutOfMemory: true };
}

/** @param pairs of a key and when it began, in µs. @param isOurs whether it is still in flight */
export function begunOf(pairs: readonly number[], isOurs: (key: number) => boolean): Begun[] {
  const begun: Begun[] = [];
  for (let at = 0; at < pairs.length; at += 2) {
    const key = pairs[at]!;
    if (isOurs(key)) begun.push({ key, at: Math.floor(pairs[at + 1]! / 1000) });
  }
  return begun;
}

/** An attempt of ours whose runner is gone. */
export function orphanOf(attempt: Descriptor, claim: string): OrphanedAttempt {
  const { key, job, task, attempt: number, log, limitMs, graceMs } = attempt;
  return { key, claim, claimKey: key, job, task, attempt: number, isQueued: false, log, limitMs, graceMs };
}
