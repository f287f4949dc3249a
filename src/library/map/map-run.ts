/**
 * A map from its first result to its end: opens the job, hands results over as tasks end, and brings the job down whichever way the reader
 * leaves. Called by AirExecutor. How input comes in is map-feed.ts's part.
 */

import type { JobSummary } from "../../domain/job.js";
import { MapFeed } from "./map-feed.js";
import type { CompleteMapOptions, MapInput, MapResult, ToTask } from "./map-options.js";
import type { Job } from "../../engine/job.js";
import type { RunningJob } from "../../engine/running-job.js";
import type { OpenedJob, WantedRun } from "../../store/directory/job-directory.js";

/** What of the executor is needed here. */
export interface MapHost {
  readonly graceMs: number;
  readonly onWarning: (message: string) => void;
  open(wanted: WantedRun): Promise<OpenedJob>;
  begin(opened: OpenedJob): Promise<RunningJob>;
  ended(opened: OpenedJob): Promise<Job>;
}

export async function* runMap<Input>(
  host: MapHost,
  inputs: MapInput<Input>,
  toTask: ToTask<Input>,
  { name, concurrency, maxFailures, env, window, cwd }: CompleteMapOptions,
): AsyncGenerator<MapResult<Input>, JobSummary, void> {
  const settings = { concurrency, maxFailures, env, cwd };
  const opened = await host.open({ name, owner: "map", tasks: [], settings });
  // Its engine died between the end of the map and telling of it.
  if (opened.picture.isOver) return (await host.ended(opened)).finished();
  const job = await host.begin(opened);
  const feed = new MapFeed(job, { inputs, toTask, window, onWarning: host.onWarning });
  try {
    for (let result = await feed.next(); result !== null; result = await feed.next()) yield result;
  } finally {
    await bringDown(feed, job, host.graceMs);
  }
  return job.job.finished();
}

/** Resolves when nothing of the map runs any more and all is on disk. Throws what the input threw. */
async function bringDown(feed: Pick<MapFeed<unknown>, "stop" | "failure">, job: RunningJob, graceMs: number): Promise<void> {
  await feed.stop();
  job.interrupt(graceMs);
  await job.job.finished();
  if (feed.failure !== null) throw feed.failure.cause;
}
