/** What is told of a failure of a batch: the end of what the task wrote to stderr, or else of what it printed. */

import { readLogEnd } from "../log-file.js";
import { lastLines } from "../render/log-lines.js";
import type { Failure } from "../render/summary.js";

const TAIL_LINES = 10;
const TAIL_BYTES = 64 * 1024;

export function readFailure(task: string, error: string | null, attempts: number, log: string | null): Failure {
  const errors = log === null ? null : readLogEnd(log.replace(/\.log$/, ".err"), TAIL_BYTES).end;
  const { end, problem } = log === null || errors !== null ? { end: errors, problem: null } : readLogEnd(log, TAIL_BYTES);
  return { task, error, attempts, tail: end === null ? [] : lastLines(end, TAIL_LINES), problem };
}
