/** What became of a job's tasks, in words. */

import type { Counts, TaskStatus } from "../../index.js";
import { formatCount } from "./figures.js";
import { styleOf, type Style } from "./style.js";

const inOrder: readonly TaskStatus[] = ["completed", "failed", "cancelled", "skipped", "running", "pending"];

/** How many tasks have ended. */
export function endedCount(counts: Counts): number {
  return counts.completed + counts.failed + counts.skipped + counts.cancelled;
}

/** `9 completed, 1 failed, 2 skipped`: what there is, without zeros. */
export function countsText(counts: Counts, style: Style, statuses: readonly TaskStatus[] = inOrder): string {
  return statuses
    .filter((status) => counts[status] > 0)
    .map((status) => styleOf(status, style)(`${formatCount(counts[status])} ${status}`))
    .join(", ");
}
