/**
 * One bench from its plan to its answer: makes the runs that the schedule wants, one at a time, and keeps what was measured whatever
 * happens. The file with the result is written after each run, so that not even a crash loses one.
 */

import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { AirError } from "../domain/errors.js";
import type { JobSpec } from "../domain/job.js";
import { benchDir, benchLock } from "../store/layout.js";
import { checkJobName } from "../store/names.js";
import { takeLock } from "../system/lock/lock.js";
import { ensurePrivateDirectory } from "../system/write/private-directory.js";
import { temporaryOf, writeTemporary } from "../system/write/temporary-file.js";
import { answerOf } from "./answer.js";
import { completePlan, type BenchOptions, type Plan } from "./options.js";
import { pointsOf, pointText, type BenchPoint } from "./points.js";
import { RESULT_FORMAT, RESULT_VERSION, type BenchResult, type BenchRun } from "./result.js";
import { runPoint, type BenchEngine } from "./run-point.js";
import { Schedule, type Turn } from "./schedule.js";
import { seededRandom } from "./seeded-random.js";
import { fromHere } from "../system/look/current-directory.js";

/** The job at a point of the sweep, checked. */
export type JobAt = (point: BenchPoint) => Promise<JobSpec>;

export interface BenchHost {
  /** Of all jobs; the bench has a directory of its own in it. */
  readonly dir: string;
  readonly graceMs: number;
  /** An engine for one run, in a directory of jobs of its own. */
  readonly open: (dir: string, concurrency: number) => Promise<BenchEngine>;
}

type About = Pick<BenchResult, "format" | "version" | "id" | "name" | "created_at" | "dir" | "machine">;

/** Where the result of a bench is, in its directory. */
const RESULT_FILE = "result.json";
/** The result may take one part in so many of the time. */
const SPARING = 20;

export class Bench {
  readonly #jobAt: JobAt;
  readonly #options: BenchOptions;
  readonly #host: BenchHost;
  readonly #plan: Plan;
  readonly #points: readonly BenchPoint[];
  readonly #schedule: Schedule;
  readonly #runs: BenchRun[] = [];
  readonly #stopping = new AbortController();
  #graceMs: number;
  /** Of the run that is being made. */
  #engine: BenchEngine | null = null;
  #ended: BenchResult["ended"] = "complete";
  #finished: Promise<BenchResult> | null = null;
  /** When the result was written last, and how long it took to make. */
  #written = { at: 0, tookMs: 0 };

  /** @throws AirError `AIR_USAGE` for options that make no sense. */
  constructor(jobAt: JobAt, options: BenchOptions, host: BenchHost) {
    this.#jobAt = jobAt;
    this.#options = options;
    this.#host = host;
    this.#graceMs = host.graceMs;
    this.#plan = completePlan(options);
    this.#points = pointsOf(this.#plan);
    const { repeat, warmup, budget_s, seed } = this.#plan;
    const budgetMs = budget_s === null ? null : budget_s * 1000;
    this.#schedule = new Schedule({ points: this.#points.length, repeat, warmup, budgetMs, random: seededRandom(seed) });
  }

  /**
   * Resolves when all is measured, or when it was stopped, with what there is then.
   *
   * @throws AirError `AIR_INVALID_JOB` if the job is wrong at a point; that is found out before anything runs.
   */
  run(): Promise<BenchResult> {
    this.#finished ??= this.#run();
    return this.#finished;
  }

  /** Ends what runs and makes no more runs. May be called again with less time. Resolves when all is down. */
  async stop(graceMs: number): Promise<void> {
    this.#ended = "stopped";
    this.#halt(graceMs);
    await this.#finished?.catch(() => {});
  }

  #halt(graceMs: number): void {
    this.#graceMs = Math.min(this.#graceMs, graceMs);
    this.#stopping.abort();
    void this.#engine?.stop({ graceMs: this.#graceMs });
  }

  async #run(): Promise<BenchResult> {
    const specs: JobSpec[] = [];
    for (const point of this.#points) specs.push(await this.#jobAt(point));
    const name = this.#options.name ?? specs[0]!.name ?? "bench";
    const problem = checkJobName(name);
    if (problem !== null) throw new AirError("AIR_USAGE", `name: ${problem}`);
    const { id, dir } = makeBenchDir(this.#host.dir, name);
    const lock = await takeLock(benchLock(dir), `bench "${id}"`);
    try {
      return await this.#measure(specs, { id, name, dir });
    } finally {
      lock.release();
    }
  }

  async #measure(specs: readonly JobSpec[], { id, name, dir }: Pick<About, "id" | "name" | "dir">): Promise<BenchResult> {
    const machine = lookAtMachine();
    const about: About = {
      format: RESULT_FORMAT,
      version: RESULT_VERSION,
      id,
      name,
      created_at: new Date().toISOString(),
      dir,
      machine,
    };
    const begun = performance.now();
    const timer = this.#armBudget();
    try {
      for (let turn = this.#next(begun); turn !== null; turn = this.#next(begun)) {
        this.#tell(turn, null, begun);
        const run = await this.#make(turn, specs[turn.point]!, name, dir);
        if (run === null) break;
        this.#tell(null, run, begun);
        this.#save(about);
      }
    } finally {
      clearTimeout(timer);
    }
    if (this.#ended === "complete" && !this.#schedule.isSettled) this.#ended = "budget";
    const result = this.#result(about);
    writeResult(dir, result);
    return result;
  }

  /** Not each time, if there is much to compute. */
  #save(about: About): void {
    const began = performance.now();
    if (began - this.#written.at < SPARING * this.#written.tookMs) return;
    // If this file is the last one, the bench was killed.
    writeResult(about.dir, { ...this.#result(about), ended: "stopped" });
    const at = performance.now();
    this.#written = { at, tookMs: at - began };
  }

  #next(begun: number): Turn | null {
    return this.#stopping.signal.aborted ? null : this.#schedule.next(performance.now() - begun);
  }

  /** Null if it was stopped. */
  async #make(turn: Turn, spec: JobSpec, name: string, dir: string): Promise<BenchRun | null> {
    const number = String(this.#runs.length + 1).padStart(4, "0");
    const began = performance.now();
    const startedAt = new Date().toISOString();
    const { outcome, error, ownCpuMs, figures } = await runPoint({
      name,
      spec,
      point: this.#points[turn.point]!,
      dir: join(dir, number),
      cwd: fromHere(this.#options.cwd ?? "."),
      prepare: this.#plan.prepare,
      cleanup: this.#plan.cleanup,
      open: this.#host.open,
      signal: this.#stopping.signal,
      onEngine: (engine) => (this.#engine = engine),
    });
    if (outcome === null) return null;
    this.#schedule.ran(turn, figures?.wall_ms ?? null, performance.now() - began);
    const run: BenchRun = {
      point: turn.point,
      round: turn.round,
      warmup: turn.isWarmup,
      started_at: startedAt,
      dir: number,
      outcome,
      error,
      own_cpu_ms: ownCpuMs,
      figures,
    };
    this.#runs.push(run);
    return run;
  }

  #armBudget(): NodeJS.Timeout | undefined {
    const { budget_s } = this.#plan;
    if (budget_s === null) return undefined;
    return setTimeout(() => {
      if (this.#ended !== "stopped") this.#ended = "budget";
      this.#halt(this.#graceMs);
    }, budget_s * 1000);
  }

  #tell(begins: Turn | null, run: BenchRun | null, begun: number): void {
    const label = (point: number): string => pointText(this.#points[point]!, this.#plan);
    this.#options.onProgress?.({
      begins: begins === null ? null : label(begins.point),
      ended: run === null ? null : { run, label: label(run.point) },
      made: this.#runs.length,
      left: this.#schedule.left,
      elapsedMs: performance.now() - begun,
    });
  }

  #result(about: About): BenchResult {
    const { seed } = this.#plan;
    const measured = { points: this.#points, sweep: this.#plan, runs: this.#runs, seed, machine: about.machine };
    return { ...about, plan: this.#plan, ended: this.#ended, runs: this.#runs, ...answerOf(measured) };
  }
}

function makeBenchDir(base: string, name: string): { id: string; dir: string } {
  ensurePrivateDirectory(base);
  ensurePrivateDirectory(benchDir(base));
  const first = `${name}-${Math.floor(Date.now() / 1000)}`;
  for (let number = 1; ; number++) {
    const id = number === 1 ? first : `${first}-${number}`;
    const dir = join(benchDir(base), id);
    if (existsSync(dir)) continue;
    ensurePrivateDirectory(dir);
    return { id, dir };
  }
}

function writeResult(dir: string, result: BenchResult): void {
  const path = join(dir, RESULT_FILE);
  writeTemporary(temporaryOf(path), `${JSON.stringify(result)}\n`);
  renameSync(temporaryOf(path), path);
}

function lookAtMachine(): BenchResult["machine"] {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    memory_mb: Math.round(totalmem() / 2 ** 20),
    system: `${process.platform} ${process.arch}`,
    node: process.version,
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}
