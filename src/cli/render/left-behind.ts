/** What of a task was still there when that was last looked at, in words. */

import type { TaskView } from "../../index.js";
import { formatCount } from "./figures.js";
import { printableLine } from "./printable.js";

/** Without a full stop, to be gone on with. */
export function leftText(task: string, left: NonNullable<TaskView["left_behind"]>): string {
  const what = left.processes === 1 ? "a process" : `${formatCount(left.processes)} processes`;
  return `${what} of ${printableLine(task)}${left.can_not_be_ended ? ", which can't be ended" : ""}`;
}
