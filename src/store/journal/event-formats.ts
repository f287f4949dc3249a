/**
 * Since which format there is each kind of event. Whoever reads a journal knows those of the format that its first line promises, and refuses
 * others: so one that an earlier version began is told none that came later, also when this version goes on with it. Pure.
 */

import type { JobEvent } from "../../domain/events.js";

const SINCE: Readonly<Record<JobEvent["type"], number>> = {
  "job-taken": 1,
  "tasks-added": 1,
  "records-restored": 1,
  "job-restored": 1,
  "attempt-started": 1,
  "attempt-begun": 1,
  "attempt-stopping": 1,
  "attempt-ended": 1,
  "task-ended": 1,
  "tasks-reset": 1,
  "edits-ignored": 1,
  "job-cancelling": 1,
  "job-interrupted": 1,
  "job-ended": 1,
  "held-back": 2,
  "history-restored": 2,
  "job-taken-up": 3,
  "attempt-outlived": 3,
  "settings-changed": 4,
};

/** None of those that came later says what a job's tasks are or what becomes of them. */
export function isOfFormat({ type }: JobEvent, format: number): boolean {
  return SINCE[type] <= format;
}

/** False for what a newer version writes. */
export function isKnownEvent(type: unknown): boolean {
  return typeof type === "string" && Object.hasOwn(SINCE, type);
}
