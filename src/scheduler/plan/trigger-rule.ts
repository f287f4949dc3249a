/**
 * When a task that waits may run: its trigger rule. Pure: knows no task but by what is passed in.
 */

import { impossible } from "../../domain/errors.js";
import type { TriggerRule } from "../../domain/task.js";

/**
 * `skip-for-trouble`: something that it depends on failed. `skip-for-gap`: nothing did, but something was skipped harmlessly. `skip-unneeded`: it
 * was there for trouble, and there was none.
 */
export type Decision = "wait" | "run" | "skip-for-trouble" | "skip-for-gap" | "skip-unneeded";

/**
 * Decides after the end of a dependency, or for a task that has none. What comes of it does not depend on the order in which they ended: so a
 * harmless skip is not passed on before all have.
 *
 * @param unmet dependencies that have not ended
 * @param hasTrouble whether one of those that ended failed, was cancelled, or was skipped and not harmlessly
 * @param hasGap whether one of those was skipped harmlessly
 */
export function decide(rule: TriggerRule, unmet: number, hasTrouble: boolean, hasGap: boolean): Decision {
  switch (rule) {
    case "all_success":
      if (hasTrouble) return "skip-for-trouble";
      return unmet > 0 ? "wait" : hasGap ? "skip-for-gap" : "run";
    case "all_done":
      return unmet === 0 ? "run" : "wait";
    case "any_failed":
      return unmet > 0 ? "wait" : hasTrouble ? "run" : "skip-unneeded";
    default:
      return impossible(rule);
  }
}
