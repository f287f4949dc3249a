/** The sentence that says why a task was skipped. Pure: whose fault it was is given. */

import type { TaskSpec } from "../../domain/task.js";
import type { TaskTable } from "./task-table.js";

/** Names the dependency that forbids the task to run and, at the far end of a chain of skips, what began it. */
export function blame(dependency: number, table: TaskTable, taskAt: (task: number) => TaskSpec): string {
  const culprit = table.culpritOf(dependency);
  const since = culprit === dependency ? "" : `, since ${whatBecameOf(culprit)}`;
  return `dependency ${whatBecameOf(dependency)}${since}`;

  function whatBecameOf(task: number): string {
    const status = table.statusOf(task);
    return `${JSON.stringify(taskAt(task).id)} ${status === "failed" ? "failed" : `was ${status}`}`;
  }
}
