/** The tasks before and after all others of a batch: they come of no input, and have no result. */

import type { Job } from "../../index.js";
import { logFileName } from "../../internal.js";
import { readFailure } from "../first-failure.js";
import type { Failure } from "../render/summary.js";

const EDGES: readonly string[] = ["before", "after"];

export interface EdgeListener {
  readonly failed: (failure: Failure) => void;
  /** With the path of what it printed. */
  readonly ended: (log: string) => void;
}

export function watchEdges(job: Job, dir: string, { failed, ended }: EdgeListener): void {
  job.onEvents((events) => {
    for (const event of events) {
      if (event.type !== "attempt-ended" || !EDGES.includes(event.task)) continue;
      const log = `${dir}/logs/${logFileName(event.task)}`;
      if (event.status === "failed") failed(readFailure(event.task, event.error, event.attempt, log));
      if (event.status !== "pending") ended(log);
    }
  });
}
