/** The first failure of a job, with the end of what the task wrote to stderr, where that stands apart, or else of what it printed. */

import { viewJob, viewPaths, type JobSummary } from "../index.js";
import { errorsPathOf, logPathOf, readLogEnd } from "./log-file.js";
import { lastLines } from "./render/log-lines.js";
import type { Failure } from "./render/summary.js";

const TAIL_LINES = 10;
const TAIL_BYTES = 64 * 1024;

/** Reads the files, which are exact by now. Null if no task has failed. */
export function findFailure({ name, firstFailure }: JobSummary, dir: string): Failure | null {
  if (firstFailure === null) return null;
  const view = viewJob(viewPaths(dir, name), name, { withTasks: true });
  const task = view.tasks?.find(({ id }) => id === firstFailure);
  const failure = readFailure(
    firstFailure,
    task?.error ?? null,
    task?.attempts ?? 1,
    task === undefined ? null : logPathOf(view, task),
  );
  // Where the tasks can't be read nothing is known of what it printed.
  return view.tasks === null ? { ...failure, problem: view.problem } : failure;
}

export function readFailure(task: string, error: string | null, attempts: number, log: string | null): Failure {
  const errors = log === null ? null : readLogEnd(errorsPathOf(log), TAIL_BYTES).end;
  const { end, problem } = log === null || errors !== null ? { end: errors, problem: null } : readLogEnd(log, TAIL_BYTES);
  return { task, error, attempts, tail: end === null ? [] : lastLines(end, TAIL_LINES), problem };
}
