/**
 * When a task that waits may run: its trigger rule. Pure: knows no task but by what is passed in.
 */

import { impossible } from "../../domain/errors.js";
import type { TriggerRule } from "../../domain/task.js";

/**
 * `skip-for-culprit`: the dependency that just ended forbids the task to run. `skip-unneeded`: it was there for trouble, and
 * there was none.
 */
export type Decision = "wait" | "run" | "skip-for-culprit" | "skip-unneeded";

/**
 * Decides after the end of a dependency (or for a task that has none, with `hasCompleted` true).
 * @param unmet dependencies that have not ended
 * @param hasCompleted whether the one that just ended completed
 * @param hasTrouble whether one of those that ended failed, was cancelled, or was skipped and not harmlessly
 */
export function decide(rule: TriggerRule, unmet: number, hasCompleted: boolean, hasTrouble: boolean): Decision {
  switch (rule) {
    case "all_success":
      return hasCompleted ? (unmet === 0 ? "run" : "wait") : "skip-for-culprit";
    case "all_done":
      return unmet === 0 ? "run" : "wait";
    case "any_failed":
      return unmet > 0 ? "wait" : hasTrouble ? "run" : "skip-unneeded";
    default:
      return impossible(rule);
  }
}
