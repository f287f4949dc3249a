/** Makes the event of an attempt's end, for the plans of jobs and of maps. Decides nothing. Pure. */

import type { AttemptEnded } from "../../domain/events.js";
import type { Outcome } from "../../domain/outcome.js";
import type { Report } from "../../domain/ports.js";

/** What its runner knows of an attempt beside how it ended. */
export type Known = Pick<Report, "begunAt" | "usage">;

/** Nothing stands in it that is not known. Made of every attempt, so nothing is made beside it. */
export function attemptEnded(
  task: string,
  attempt: number,
  outcome: Outcome,
  at: number,
  status: AttemptEnded["status"],
  error: string | null,
  retryAt: number | null,
  { begunAt, usage }: Known,
): AttemptEnded {
  const type = "attempt-ended";
  if (begunAt !== undefined && usage !== undefined) {
    return { type, at, task, attempt, outcome, begunAt, usage, status, error, retryAt };
  }
  if (begunAt !== undefined) return { type, at, task, attempt, outcome, begunAt, status, error, retryAt };
  return { type, at, task, attempt, outcome, status, error, retryAt };
}
