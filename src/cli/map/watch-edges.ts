/** The tasks before and after all others of a batch: they come of no input, and have no result. */

import type { Job } from "../../index.js";
import { logFileName } from "../../internal.js";
import { readFailure } from "../first-failure.js";
import type { Failure } from "../render/summary.js";

const EDGES = ["before", "after"] as const;

export interface EdgeListener {
  readonly failed: (failure: Failure) => void;
  readonly ended: (edge: (typeof EDGES)[number]) => void;
}

export function watchEdges(job: Job, dir: string, { failed, ended }: EdgeListener): void {
  job.onEvents((events) => {
    for (const event of events) {
      const edge = event.type === "attempt-ended" && EDGES.find((id) => id === event.task);
      if (event.type !== "attempt-ended" || !edge) continue;
      const log = `${dir}/logs/${logFileName(event.task)}`;
      if (event.status === "failed")
        failed(readFailure({ task: event.task, error: event.error, attempts: event.attempt, command: null }, log));
      if (event.status !== "pending") ended(edge);
    }
  });
}
