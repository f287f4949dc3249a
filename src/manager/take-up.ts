/** Has a dropped job taken up, or failed, and says how that went: what is thrown there is an answer here. Decides nothing. */

import { AirError, type AirExecutor, type Job } from "../index.js";
import { rejectDropped, type Glance } from "../internal.js";

/** What came of a job that was found ready, with the glance that found it so if it matters. */
export type TakeUp =
  | { readonly is: "taken-up"; readonly job: Job }
  | { readonly is: "refused"; readonly glance: Glance; readonly error: unknown };

/** What came of a job that was refused for good. */
export type Rejection =
  /** Its files say why now. */
  { readonly is: "rejected"; readonly reason: AirError } | { readonly is: "not-rejected"; readonly error: unknown };

export function takeUp(
  executor: AirExecutor,
  dir: string,
  glance: Glance,
  how: Parameters<AirExecutor["takeUp"]>[1],
): Promise<TakeUp> {
  return executor.takeUp(dir, { owner: "manager", ...how }).then(
    (job) => ({ is: "taken-up", job }),
    (error: unknown) => ({ is: "refused", glance, error }),
  );
}

export function reject(dir: string, glance: Glance, error: AirError): Promise<Rejection> {
  const reason = error.code === "AIR_NOT_FOUND" ? new AirError("AIR_INVALID_JOB", `${dir}: ${glance.reason}`) : error;
  return rejectDropped(dir, reason, Date.now(), glance.tasks).then(
    () => ({ is: "rejected", reason }),
    (cause: unknown) => ({ is: "not-rejected", error: cause }),
  );
}
