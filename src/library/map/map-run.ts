/**
 * A map from its first result to its end: opens the job, hands results over as tasks end, and brings the job down whichever way the reader
 * leaves. How input comes in is map-feed.ts's part.
 */

import { EndedJob } from "../../engine/ended-job.js";
import type { Engine } from "../../engine/engine.js";
import type { JobOpener } from "../../engine/job-opener.js";
import type { RunningJob } from "../../engine/running-job.js";
import type { JobChanges } from "../../engine/changes/job-changes.js";
import type { TaskSpec } from "../../domain/task.js";
import type { WantedRun } from "../../store/directory/wanted-run.js";
import { checkMapTask } from "../../store/text/check-job.js";
import { invalidJob, locateData, placeFaults, type PathFault } from "../../store/text/places.js";
import type { WrittenPools } from "../../engine/options.js";
import { Job } from "../job.js";
import { AFTER, BEFORE, isStillborn } from "./map-edges.js";
import { MapFeed } from "./map-feed.js";
import type { CompleteMapOptions, MapInput, MapResult, MapSummary, MapTask, ToTask } from "./map-options.js";

/** Where it runs. */
export interface MapPlace {
  readonly engine: Engine;
  readonly opener: JobOpener;
  readonly changes: JobChanges;
  readonly graceMs: number;
  readonly onWarning: (message: string) => void;
}

export async function* runMap<Input>(
  { engine, opener, changes, graceMs, onWarning }: MapPlace,
  inputs: MapInput<Input>,
  toTask: ToTask<Input>,
  {
    name,
    concurrency,
    env,
    cwd,
    stderr,
    isFresh,
    before,
    after,
    mapOf,
    onBegin,
    pools,
    resources,
    ...options
  }: CompleteMapOptions<Input>,
): AsyncGenerator<MapResult<Input>, MapSummary, void> {
  const edges = { before: await edgeOf(before, BEFORE, name), after: await edgeOf(after, AFTER, name) };
  const wanted: WantedRun = {
    name,
    owner: "map",
    tasks: [],
    settings: { concurrency, maxFailures: null, pools, slurm: {}, stderr, env, cwd },
    mapOf,
  };
  const usual = resources === null ? null : await usualOf(resources, name, (spec) => engine.fit([spec], pools));
  void engine.prepare(Infinity);
  let opened = await opener.openWanted(wanted, isFresh);
  if (isStillborn(opened.picture)) {
    await opened.giveBack();
    opened = await opener.openWanted(wanted, true);
  }
  // Its engine died between the end of the map and telling of it.
  if (opened.picture.isOver) return { ...(await (await EndedJob.of(opened)).finished), halted: null };
  const job = await engine.begin(opened, { isFed: true, endsDecide: options.halt !== null });
  try {
    onBegin(new Job(job, changes));
  } catch (error) {
    job.endInput({ isWhole: false, last: null });
    job.interrupt(graceMs);
    await job.finished;
    throw error;
  }
  const whole: ToTask<Input> = usual === null ? toTask : async (input, index) => ({ ...usual, ...(await toTask(input, index)) });
  const feed = new MapFeed(job, { inputs, toTask: whole, edges, graceMs, onWarning, fit: engine.fit, ...options });
  try {
    for (let result = await feed.next(); result !== null; result = await feed.next()) yield result;
  } finally {
    await bringDown(feed, job, graceMs);
  }
  return { ...(await job.finished), halted: feed.halted };
}

/**
 * What tasks have that say nothing of it.
 *
 * @throws AirError `AIR_INVALID_JOB` if such a task could never run here: before anything is made.
 */
async function usualOf(
  resources: WrittenPools,
  map: string,
  fit: (task: TaskSpec) => Promise<readonly PathFault[]>,
): Promise<Pick<MapTask, "resources">> {
  const faults = await fit(await checkMapTask({ command: "true", resources }, 1, map));
  const placed = faults.map(({ path, message }) => ({ path: path.slice(2), message }));
  if (faults.length > 0) throw invalidJob(`map "${map}"`, placeFaults(placed, locateData({ resources })));
  return { resources };
}

/** @throws AirError `AIR_INVALID_JOB` with every fault. */
async function edgeOf(task: MapTask | null, id: string, map: string): Promise<TaskSpec | null> {
  return task === null ? null : { ...(await checkMapTask(task, 1, map)), id };
}

/** Resolves when nothing of the map runs any more and all is on disk. Throws what the input threw. */
async function bringDown(feed: Pick<MapFeed<unknown>, "stop" | "failure">, job: RunningJob, graceMs: number): Promise<void> {
  await feed.stop();
  job.interrupt(graceMs);
  await job.finished;
  if (feed.failure !== null) throw feed.failure.cause;
}
