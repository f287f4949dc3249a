/**
 * What it means for a batch that some of its attempts were reported. Once for all the reports of a turn; judges no outcome.
 */

import type { Clock } from "../domain/ports.js";
import type { Dispatcher } from "./dispatcher.js";
import type { Batch } from "./in-flight.js";

/** The first that was not reported runs now, and what the slot took tells how long attempts of the job are. */
export function followBatch(
  { job, handedAt, size, left, isBroken }: Batch,
  dispatcher: Pick<Dispatcher, "begin">,
  clock: Clock,
): void {
  const now = clock.monotonic();
  const [first] = left;
  if (first === undefined) {
    if (size > 0) job.pace?.note(size, now - handedAt);
    return;
  }
  if (isBroken) job.pace?.note(1, now - handedAt);
  if (!first.isQueued) return;
  dispatcher.begin(first);
  job.plan.begin(first.task, clock.now());
}
