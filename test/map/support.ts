/** An executor for maps in a directory that goes with the test, and what its files say. */

import type { TestContext } from "node:test";
import { AirExecutor, viewJob, viewPaths, type ExecutorOptions, type JobView, type MapResult } from "../../src/index.js";
import { temporaryPlace, type Place } from "../support/temporary-directory.js";

export interface MapPlace extends Place {
  readonly executor: AirExecutor;
  readonly warnings: readonly string[];
  /** What the two files of a job say. */
  readonly view: (name: string) => JobView;
}

export async function mapPlace(t: TestContext, options: ExecutorOptions = {}): Promise<MapPlace> {
  const place = temporaryPlace(t);
  const warnings: string[] = [];
  const onWarning = (message: string): void => void warnings.push(message);
  const executor = await AirExecutor.open({ dir: place.dir, concurrency: 2, graceMs: 1000, onWarning, ...options });
  t.after(() => executor.close());
  return {
    ...place,
    executor,
    warnings,
    view: (name) => viewJob(viewPaths(place.dir, name), name, { withTasks: true }),
  };
}

/** Numbers from 0 up, without end, and how many were pulled. */
export class Counter implements Iterable<number> {
  pulled = 0;
  isClosed = false;

  *[Symbol.iterator](): Generator<number> {
    try {
      for (;;) yield this.pulled++;
    } finally {
      this.isClosed = true;
    }
  }
}

export async function collect<Input>(results: AsyncIterable<MapResult<Input>>): Promise<MapResult<Input>[]> {
  const all: MapResult<Input>[] = [];
  for await (const result of results) all.push(result);
  return all;
}
