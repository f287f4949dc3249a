/**
 * A map from its first result to its end: opens the job, hands results over as tasks end, and brings the job down whichever way the reader
 * leaves. How input comes in is map-feed.ts's part.
 */

import type { JobSummary } from "../../domain/job.js";
import { EndedJob } from "../../engine/ended-job.js";
import type { Engine } from "../../engine/engine.js";
import type { JobOpener } from "../../engine/job-opener.js";
import type { RunningJob } from "../../engine/running-job.js";
import { MapFeed } from "./map-feed.js";
import type { CompleteMapOptions, MapInput, MapResult, ToTask } from "./map-options.js";

/** Where it runs. */
export interface MapPlace {
  readonly engine: Engine;
  readonly opener: JobOpener;
  readonly graceMs: number;
  readonly onWarning: (message: string) => void;
}

export async function* runMap<Input>(
  { engine, opener, graceMs, onWarning }: MapPlace,
  inputs: MapInput<Input>,
  toTask: ToTask<Input>,
  { name, concurrency, maxFailures, env, window, cwd, isFresh }: CompleteMapOptions,
): AsyncGenerator<MapResult<Input>, JobSummary, void> {
  const settings = { concurrency, maxFailures, env, cwd };
  void engine.prepare(Infinity);
  const opened = await opener.openWanted({ name, owner: "map", tasks: [], settings }, isFresh);
  // Its engine died between the end of the map and telling of it.
  if (opened.picture.isOver) return (await EndedJob.of(opened)).finished;
  const job = await engine.begin(opened, { isFed: true });
  const feed = new MapFeed(job, { inputs, toTask, window, onWarning });
  try {
    for (let result = await feed.next(); result !== null; result = await feed.next()) yield result;
  } finally {
    await bringDown(feed, job, graceMs);
  }
  return job.finished;
}

/** Resolves when nothing of the map runs any more and all is on disk. Throws what the input threw. */
async function bringDown(feed: Pick<MapFeed<unknown>, "stop" | "failure">, job: RunningJob, graceMs: number): Promise<void> {
  await feed.stop();
  job.interrupt(graceMs);
  await job.finished;
  if (feed.failure !== null) throw feed.failure.cause;
}
