/** The benches of an executor: begins them, and stops them with it. What a bench is is loaded with the first one. */

import { AirError } from "../domain/errors.js";
import type { JobSpec } from "../domain/job.js";
import { checkJob, type JobInput } from "../store/text/check-job.js";
import type { Bench, BenchHost, JobAt } from "../sweep/bench.js";
import type { BenchOptions } from "../sweep/options.js";
import type { BenchPoint } from "../sweep/points.js";
import type { BenchResult } from "../sweep/result.js";

export type { JobAt } from "../sweep/bench.js";
export type { BenchOptions, BenchProgress } from "../sweep/options.js";
export type { BenchPoint } from "../sweep/points.js";
export type { BenchResult } from "../sweep/result.js";

/** What a job file holds, or what gives it for a point of the sweep. */
export type BenchJob = JobInput | ((point: BenchPoint) => JobInput | Promise<JobInput>);

export class Benches {
  readonly #host: BenchHost;
  readonly #running = new Set<Bench>();
  #isStopped = false;

  constructor(dir: string, graceMs: number, open: BenchHost["open"]) {
    this.#host = { dir, graceMs, open };
  }

  run(job: BenchJob, options: BenchOptions): Promise<BenchResult> {
    return this.runChecked(
      async (point): Promise<JobSpec> =>
        typeof job === "function" ? checkJob(await job(point)) : checkJob(job, { params: point.params }),
      options,
    );
  }

  async runChecked(jobAt: JobAt, options: BenchOptions): Promise<BenchResult> {
    const { Bench } = await import("../sweep/bench.js");
    if (this.#isStopped) throw new AirError("AIR_CLOSED", "the executor was stopped or closed: open another one.");
    const bench = new Bench(jobAt, options, this.#host);
    this.#running.add(bench);
    try {
      return await bench.run();
    } finally {
      this.#running.delete(bench);
    }
  }

  async stop(graceMs: number): Promise<void> {
    this.#isStopped = true;
    await Promise.all([...this.#running].map((bench) => bench.stop(graceMs)));
  }
}
