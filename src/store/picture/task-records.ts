/** What becomes of tasks, in the picture of a job: records as they begin, and what several say together. Pure. */

import type { AttemptEnded } from "../../domain/events.js";
import type { RecordedAttempt } from "../../domain/job.js";
import { isFinal, type TaskRecord, type TaskSpec } from "../../domain/task.js";

/** Of a task that nothing has happened to. */
export function newRecord(): TaskRecord {
  return {
    status: "pending",
    attempts: 0,
    startedAt: null,
    completedAt: null,
    error: null,
    exitCode: null,
    signal: null,
    usage: null,
    ranOn: null,
    left: null,
  };
}

/** An attempt of the task runs now. */
export function begin(
  record: TaskRecord,
  { attempt, startedAt, ranOn }: Pick<RecordedAttempt, "attempt" | "startedAt" | "ranOn">,
): void {
  record.attempts = attempt;
  record.startedAt = startedAt;
  record.error = null;
  record.exitCode = null;
  record.signal = null;
  record.usage = null;
  record.ranOn = ranOn ?? null;
}

/** The attempt that began last has ended, or was none after all. */
export function end(record: TaskRecord, { outcome, status, error, begunAt, usage }: AttemptEnded): void {
  record.startedAt = begunAt ?? record.startedAt;
  record.usage = usage ?? null;
  // It comes when nothing is left of what was ended.
  if (record.left?.isStuck === true) record.left = null;
  record.exitCode = outcome.kind === "exited" ? outcome.exitCode : null;
  record.signal = outcome.kind === "signaled" ? outcome.signal : null;
  if (outcome.kind === "not-begun") {
    record.attempts -= 1;
    record.startedAt = null;
  }
  record.error = outcome.kind === "not-begun" && !isFinal(status) ? null : error;
}

/** A record of a task that is to run again: attempts go on counting. */
export function renew(record: TaskRecord): void {
  Object.assign(record, { ...newRecord(), attempts: record.attempts });
}

/** The id of the task that failed first; null if none has failed. Looks at every record. */
export function findFirstFailure(tasks: readonly TaskSpec[], records: readonly TaskRecord[]): string | null {
  let first: { readonly index: number; readonly at: number } | null = null;
  for (const [index, { status, completedAt }] of records.entries()) {
    const at = completedAt ?? 0;
    if (status === "failed" && (first === null || at < first.at)) first = { index, at };
  }
  return first === null ? null : tasks[first.index]!.id;
}
