/**
 * When the attempts that an earlier engine left in flight began, as far as their logs tell: one that waited behind others in its slot began
 * when its log was made, and the journal only knows when it was handed over. Decides nothing about them.
 */

import { join } from "node:path";
import type { RecordedAttempt } from "../domain/job.js";
import type { JobPaths } from "../store/layout.js";
import { logFileName } from "../store/names.js";
import { lookAt } from "../system/look/path-look.js";

/** @param now for those that have no log yet */
export function inFlightStarts(inFlight: readonly RecordedAttempt[], { logs }: JobPaths, now: number): RecordedAttempt[] {
  return inFlight.map((each) => {
    if (!each.isQueued) return each;
    const madeAt = birthOf(join(logs, logFileName(each.task)));
    // An older one is of an earlier attempt.
    return { ...each, startedAt: madeAt < each.startedAt ? now : Math.round(madeAt) };
  });
}

/** 0 if there is none, or none that we may see: nothing else is in the way of taking the job up. */
function birthOf(log: string): number {
  const look = lookAt(log);
  return look.answer === "yes" ? look.found.birthtimeMs : 0;
}
