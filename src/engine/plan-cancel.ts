/**
 * Which of the tasks that a user wants cancelled there is something left to cancel of, and what that is on record where nobody runs the
 * job. Pure; called by job-control.ts.
 */

import { AirError } from "../domain/errors.js";
import type { JobEvent } from "../domain/events.js";
import { isFinal } from "../domain/task.js";
import { CANCELLED_BY_USER } from "../scheduler/plan/verdict.js";
import type { Picture } from "../store/picture/picture.js";

/**
 * Those that have not ended, each once.
 *
 * @throws AirError `AIR_NOT_FOUND` for a task that the job doesn't have.
 */
export function unended(tasks: readonly string[], { name, ids, records, had }: Picture): readonly string[] {
  return [...new Set(tasks)].filter((task) => {
    const index = ids.get(task);
    // What has ended has left a map.
    if (index === undefined && had?.has(task) !== true)
      throw new AirError("AIR_NOT_FOUND", `There is no task ${JSON.stringify(task)} in job ${JSON.stringify(name)}.`);
    return index !== undefined && !isFinal(records[index]!.status);
  });
}

/** Tasks that wait end at once. What follows for others is found out when the job is taken up. */
export function cancellations(tasks: readonly string[], { ids, records }: Picture, at: number): JobEvent[] {
  return tasks.flatMap((task): JobEvent[] => {
    if (records[ids.get(task)!]!.status !== "pending") return [];
    return [{ type: "task-ended", at, task, status: "cancelled", error: CANCELLED_BY_USER, isHarmless: false }];
  });
}
