/**
 * One run of the engine over a job file with a runner that runs nothing; prints an OverheadReport as JSON. Started by the overhead
 * scenario, in a fresh directory.
 *
 *     node overhead-run.js JOB_FILE SLOTS
 */

import { AirExecutor, readJobFile } from "../src/index.js";
import { NoOpRunner } from "./no-op-runner.js";

/** Times are milliseconds since the epoch. */
export interface OverheadReport {
  readonly started: number;
  readonly firstStartAt: number;
  /** When the job had ended and its files were exact. */
  readonly endedAt: number;
}

const [path = "", slots = ""] = process.argv.slice(2);
const runner = new NoOpRunner(Number(slots));
const executor = await AirExecutor.open({ dir: ".air-executor", concurrency: Number(slots), runner });
const job = await executor.submitChecked("overhead", await readJobFile(path));
await job.finished();
const report: OverheadReport = {
  started: runner.started,
  firstStartAt: runner.firstStartAt ?? Number.NaN,
  endedAt: performance.timeOrigin + performance.now(),
};
await executor.close();
console.log(JSON.stringify(report));
