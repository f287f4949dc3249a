/**
 * One map of the library over numbers, each result read at once; prints a MapReport as JSON. Started by the map scenario, in a fresh
 * directory.
 *
 *     node map-run.js COUNT SLOTS no-op|true
 */

import { AirExecutor } from "../src/index.js";
import { NoOpRunner } from "./no-op-runner.js";

/** Times are milliseconds since the epoch. */
export interface MapReport {
  readonly completed: number;
  readonly firstResultAt: number;
  readonly lastResultAt: number;
  /** When the job had ended and its files were exact. */
  readonly endedAt: number;
}

const [count = "", slots = "", kind = ""] = process.argv.slice(2);
const now = (): number => performance.timeOrigin + performance.now();
const options = { dir: ".air-executor", concurrency: Number(slots) };
const executor = await AirExecutor.open(kind === "no-op" ? { ...options, runner: new NoOpRunner(Number(slots)) } : options);

function* numbers(): Generator<number> {
  for (let number = 0; number < Number(count); number++) yield number;
}

let completed = 0;
let firstResultAt = Number.NaN;
let lastResultAt = Number.NaN;
const toTask = (number: number) => ({ command: "/bin/true", args: [String(number)] });
for await (const { status } of executor.map(numbers(), toTask, { name: "map" })) {
  if (status === "completed") completed += 1;
  lastResultAt = now();
  if (completed === 1) firstResultAt = lastResultAt;
}
const report: MapReport = { completed, firstResultAt, lastResultAt, endedAt: now() };
await executor.close();
console.log(JSON.stringify(report));
