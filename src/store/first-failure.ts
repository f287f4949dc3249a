/** Finds the task that failed first, for a record in which some failures do not count any more. Pure. */

import type { TaskRecord, TaskSpec } from "../domain/task.js";

/** Its id; null if none has failed. Looks at every record. */
export function findFirstFailure(tasks: readonly TaskSpec[], records: readonly TaskRecord[]): string | null {
  let first: { readonly index: number; readonly at: number } | null = null;
  for (const [index, { status, completedAt }] of records.entries()) {
    const at = completedAt ?? 0;
    if (status === "failed" && (first === null || at < first.at)) first = { index, at };
  }
  return first === null ? null : tasks[first.index]!.id;
}
