/** The first failure of a job, with the end of what the task wrote to stderr, where that stands apart, or else of what it printed. */

import { viewJob, viewPaths, type JobSummary } from "../index.js";
import { errorsPathOf, logPathOf, readLogEnd } from "./log-file.js";
import { commandOfView } from "./task-command.js";
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
    {
      task: firstFailure,
      error: task?.error ?? null,
      attempts: task?.attempts ?? 1,
      command: task === undefined ? null : commandOfView(task),
    },
    task === undefined ? null : logPathOf(view, task),
  );
  // Where the tasks can't be read nothing is known of what it printed.
  return view.tasks === null ? { ...failure, problem: view.problem } : failure;
}

export function readFailure(known: Omit<Failure, "tail" | "problem">, log: string | null): Failure {
  const errors = log === null ? null : readLogEnd(errorsPathOf(log), TAIL_BYTES).end;
  const { end, problem } = log === null || errors !== null ? { end: errors, problem: null } : readLogEnd(log, TAIL_BYTES);
  return { ...known, tail: end === null ? [] : lastLines(end, TAIL_LINES), problem };
}
