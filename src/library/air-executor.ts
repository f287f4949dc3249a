/**
 * The library's face: opens the jobs of a directory, has the engine run them, and does with them what users want. Holds no state of a job
 * itself.
 */

import { ControlServer } from "../control/server.js";
import { TAKING_UP } from "../domain/held-back.js";
import type { JobSpec, JobSummary, RetryWish } from "../domain/job.js";
import { addition, tasksOfAddition } from "../engine/changes/add.js";
import type { Added } from "../engine/changes/ask-holder.js";
import { cancellation } from "../engine/changes/cancel.js";
import { JobChanges } from "../engine/changes/job-changes.js";
import { retrial } from "../engine/changes/retry.js";
import { clock } from "../engine/clock.js";
import { EndedJob } from "../engine/ended-job.js";
import { Engine } from "../engine/engine.js";
import { JobOpener, requireName } from "../engine/job-opener.js";
import { JobPlaces } from "../engine/job-places.js";
import {
  completeDir,
  completeOptions,
  completeSubmitOptions,
  demand,
  demandIds,
  demandKnown,
  demandWish,
  graceOf,
  type CompleteOptions,
  type ExecutorOptions,
  type SubmitOptions,
} from "../engine/options.js";
import { prepareBase } from "../store/directory/base-directory.js";
import type { WantedRun } from "../store/directory/wanted-run.js";
import { controlDir } from "../store/layout.js";
import { checkJob, type JobInput } from "../store/text/check-job.js";
import { isObject } from "../store/text/describe.js";
import { viewPaths } from "../store/view/job-view.js";
import { Benches, type BenchJob, type BenchOptions, type BenchResult, type JobAt } from "./benches.js";
import { inHands, Job, type HeldJob, type Retried } from "./job.js";
import {
  checkMapped,
  completeMapOptions,
  type MapInput,
  type MapOptions,
  type MapResult,
  type MapSummary,
  type ToTask,
} from "./map/map-options.js";
import { runMap } from "./map/map-run.js";
import { explainRefusal } from "../system/look/refusal.js";
import { prune, type PrunedRun, type PrunePolicy } from "./prune.js";
import { removeJob } from "./remove-job.js";
import type { Report } from "../report/report.js";
import type { SlurmOptions } from "../domain/slurm-options.js";
import { clusterLimits, openSlurm } from "./slurm-options.js";
import { OTHERS } from "../system/write/slate.js";
import { directoryFromHere } from "../system/look/current-directory.js";
import { startThreadPool } from "../system/process/thread-pool.js";

export interface OpenOptions extends ExecutorOptions {
  /** Run tasks on the nodes of a Slurm cluster; `{}` for all its defaults. Default: on this machine. */
  readonly slurm?: SlurmOptions;
}

export class AirExecutor {
  readonly dir: string;
  readonly #options: CompleteOptions;
  readonly #engine: Engine;
  readonly #opener: JobOpener;
  readonly #places = new JobPlaces();
  #isHeld = false;
  readonly #changes: JobChanges;
  readonly #server: ControlServer;
  readonly #benches: Benches;
  /** Set when `close` was called first. */
  #closing: Promise<void> | null = null;

  private constructor(dir: string, options: CompleteOptions, engine: Engine) {
    this.dir = dir;
    this.#options = options;
    this.#engine = engine;
    this.#server = new ControlServer({
      directory: controlDir(dir),
      answer: (request) => this.#changes.answer(request),
      troubles: () => new Map([...(this.#isHeld ? [[OTHERS, TAKING_UP] as const] : []), ...engine.troubles()]),
      onTrouble: ({ message }) => options.onWarning(`other processes can't reach this engine: ${message}`),
    });
    this.#opener = new JobOpener(dir, engine, this.#server);
    this.#changes = new JobChanges(dir, engine, this.#opener, options.onWarning);
    const { graceMs, durability, onWarning, patienceMs } = options;
    this.#benches = new Benches(dir, graceMs, (own, concurrency) =>
      AirExecutor.open({ dir: own, concurrency, graceMs, durability, onWarning, patienceMs }),
    );
  }

  /**
   * @throws AirError `AIR_USAGE` for an option that makes no sense, `AIR_UNSAFE_PATH` for a directory that is a link or somebody else's.
   */
  static async open(given: OpenOptions = {}): Promise<AirExecutor> {
    const { slurm, ...options } = Object(given) as OpenOptions;
    const complete = completeOptions(
      !isObject(given) ? given : slurm === undefined ? options : { ...options, ...clusterLimits(slurm) },
    );
    const dir = directoryFromHere(options.dir ?? (process.env["AIR_EXECUTOR_DIR"] || ".air-executor"));
    await startThreadPool();
    try {
      prepareBase(dir).forEach(complete.onWarning);
      const runner = slurm === undefined ? (options.runner ?? null) : await openSlurm(dir, slurm, complete);
      return new AirExecutor(dir, complete, new Engine(dir, complete, runner));
    } catch (error) {
      throw explainRefusal(error, dir);
    }
  }

  /**
   * Takes a job in and begins to run it. Resolves when it is on disk. An unfinished run of the same name and tasks is taken up where it
   * stopped; an ended one is kept in `runs/`, and a new one begins.
   *
   * @param tasks what a job file holds: the bare array of tasks, or the object with `tasks`, `defaults` and so on.
   * @throws AirError `AIR_INVALID_JOB` with every fault, `AIR_CONFLICT`, `AIR_LOCKED`, `AIR_DISK`.
   */
  async submit(name: string, tasks: JobInput, options: SubmitOptions = {}): Promise<Job> {
    completeSubmitOptions(options);
    const { params = {} } = options;
    return this.submitChecked(name, await checkJob(tasks, { params }), options);
  }

  /** As `submit`, for a job that `readJobFile` has read and checked. */
  async submitChecked(name: string, spec: JobSpec, options: SubmitOptions = {}): Promise<Job> {
    const { name: _own, tasks, ...said } = spec;
    const { owner, cwd, isFresh, isOnce } = completeSubmitOptions(options);
    if (!isOnce) void this.#engine.prepare(tasks.length);
    const wanted: WantedRun = { name, owner, tasks, settings: { ...said, cwd }, isOnce };
    const opened = await this.#opener.openWanted(wanted, isFresh);
    return this.#inHands(isOnce && opened.picture.isOver ? await EndedJob.of(opened) : await this.#engine.begin(opened));
  }

  /**
   * Runs a task for each input, and gives the results in the order in which tasks end. Nothing begins before the first result is asked for.
   * Inputs are pulled as there is room: for tasks that run, and for results that wait to be read (`options.window`), so neither the input
   * nor the tasks are ever in memory as a whole.
   *
   * Results of tasks that failed are data like others. If the input or `toTask` throws, what was pulled is run to its end, its results are
   * given, and then the error is thrown; who leaves early (`break`, `return()`) stops what runs, as `stop` does. In both cases the job is
   * unfinished: the same call with the same name and input goes on with it, and gives no second result for what has ended.
   *
   * @returns an iterator whose return value is the job's summary.
   * @throws AirError from the call `AIR_USAGE`; from the iterator `AIR_INVALID_JOB` for a task that is wrong or whose id was there before,
   *   `AIR_CONFLICT`, `AIR_LOCKED`, `AIR_DISK`.
   */
  map<Input>(
    inputs: MapInput<Input>,
    toTask: ToTask<Input>,
    options: MapOptions<Input> = {},
  ): AsyncGenerator<MapResult<Input>, MapSummary, void> {
    checkMapped(inputs, toTask);
    const complete = completeMapOptions(options, this.#options.concurrency);
    const { graceMs, onWarning } = this.#options;
    return runMap(
      { engine: this.#engine, opener: this.#opener, changes: this.#changes, graceMs, onWarning },
      inputs,
      toTask,
      complete,
    );
  }

  /** Starts nothing of any job before the function that it gives is called: for whoever takes up several at once. */
  holdStarts(): () => void {
    const release = this.#engine.hold();
    this.#isHeld = true;
    return () => {
      this.#isHeld = false;
      release();
    };
  }

  /**
   * Takes up the job that lies in a directory: dropped there by somebody, left unfinished, or ended with tasks appended since. If it was
   * written anew while attempts of its earlier run were in flight, they are ended first.
   *
   * @throws AirError `AIR_NOT_FOUND` if its files are not all there yet, `AIR_INVALID_JOB`, `AIR_LOCKED`, `AIR_UNSAFE_PATH`, `AIR_DAMAGED`;
   *   `AIR_SYSTEM` as long as so many jobs run here that the limit of open files has no room for one more.
   * @param options.onOpening told when there is room for it, before any of it is read. Default: nobody.
   * @param options.leaving so much room as for so many others is to be left. Default: none.
   */
  async takeUp(
    dir: string,
    {
      onOpening,
      leaving,
      ...options
    }: Pick<SubmitOptions, "owner"> & { readonly onOpening?: () => void; readonly leaving?: number } = {},
  ): Promise<Job> {
    const { owner } = completeSubmitOptions(options);
    const path = completeDir(dir);
    void this.#engine.prepare(0);
    return this.#places.enter(async () => {
      onOpening?.();
      const opened = await this.#opener.open(path, owner);
      return this.#inHands(opened.picture.isOver ? await EndedJob.of(opened) : await this.#engine.begin(opened));
    }, leaving);
  }

  /** `submit`, and waits for the end. That tasks failed is data in the summary. */
  async run(name: string, tasks: JobInput, options: SubmitOptions = {}): Promise<JobSummary> {
    return (await this.submit(name, tasks, options)).finished();
  }

  /**
   * Adds tasks to a job, whoever runs it. If nobody does they are put on record; an ended job is unfinished again by them. All are taken
   * or none.
   *
   * @throws AirError `AIR_INVALID_JOB` with every fault, `AIR_NOT_FOUND`, `AIR_CONFLICT` if the job is being cancelled, `AIR_LOCKED`.
   */
  async add(name: string, tasks: JobInput): Promise<Added> {
    return this.addChecked(name, await checkJob(tasks, { isAddition: true }));
  }

  /** As `add`, for tasks that `readJobFile` has read and checked as an addition. */
  async addChecked(name: string, spec: JobSpec): Promise<Added> {
    return this.#changes.make(name, addition(tasksOfAddition(spec)));
  }

  /**
   * Cancels a job, whoever runs it, or only some of its tasks. Resolves when it is on record; if nobody runs the job, when what survived
   * its engine has ended.
   *
   * @returns those of `tasks` that are cancelled; the others had ended before. Empty for a job as a whole.
   * @throws AirError `AIR_NOT_FOUND`, `AIR_LOCKED`.
   */
  async cancel(name: string, tasks?: readonly string[]): Promise<readonly string[]> {
    demandIds(tasks ?? []);
    return (await this.#changes.make(name, cancellation(tasks ?? null))).cancelled;
  }

  /**
   * Runs tasks of a job again that have ended, with fresh budgets; what completed stays, unless it is `from` or behind it. If nobody runs
   * the job this executor does, and takes up the edits of those tasks in tasks.json.
   *
   * @throws AirError `AIR_NOT_FOUND`, `AIR_CONFLICT`, `AIR_INVALID_JOB` if an edit is wrong, `AIR_LOCKED`.
   */
  async retry(name: string, wish: RetryWish = {}): Promise<Retried> {
    demandWish(wish);
    return inHands(await this.#changes.make(name, retrial(wish)), this.#changes);
  }

  /**
   * Measures a job: runs it again and again over a sweep of concurrency and params, one run at a time, each by an engine and in a directory
   * of its own below `bench/`. Runs that fail are data in the result; so is that it was stopped before its plan was through.
   *
   * @param job what a job file holds, or a function that gives it for each point of the sweep.
   * @throws AirError `AIR_USAGE`, `AIR_INVALID_JOB` if the job is wrong at a point.
   */
  async bench(job: BenchJob, options: BenchOptions = {}): Promise<BenchResult> {
    return this.#benches.run(job, options);
  }

  /** As `bench`, for a job that `readJobFile` reads and checks at each point. */
  async benchChecked(jobAt: JobAt, options: BenchOptions = {}): Promise<BenchResult> {
    return this.#benches.runChecked(jobAt, options);
  }

  /**
   * Makes a page of a job's run, or of a bench: one HTML file that needs no other and no network. Of a run that is not over it tells what is
   * known so far. Takes no lock: the job may run elsewhere.
   *
   * @param job the name of a job, or what `bench` gave.
   * @param options.run the id of an earlier run. Default: the current one.
   * @throws AirError `AIR_NOT_FOUND`.
   */
  async report(job: string | BenchResult, options: { run?: string } = {}): Promise<Report> {
    demandKnown(options, ["run"]);
    demand(options.run === undefined || typeof options.run === "string", "run", "the id of a run", options.run);
    const { reportOfBench, reportOfRun } = await import("../report/report.js");
    demand(typeof job === "string" || isObject(job), "job", "a name, or what bench gave", job);
    if (typeof job !== "string") return reportOfBench(job);
    requireName(job);
    return reportOfRun(viewPaths(this.dir, job, options), job, clock.now());
  }

  /** Removes a job, its logs and its earlier runs. An unfinished one is cancelled first, and its end waited for. */
  async remove(name: string): Promise<void> {
    requireName(name);
    return removeJob(this.dir, name, { end: () => this.cancel(name), onWarning: this.#options.onWarning });
  }

  /**
   * Removes ended jobs and earlier runs by age and count, and says which. Unfinished jobs are never touched.
   *
   * @throws AirError `AIR_USAGE` without an age and without a count.
   */
  async prune(policy: PrunePolicy): Promise<PrunedRun[]> {
    return prune(this.dir, policy, clock.now(), this.#options.onWarning);
  }

  /**
   * Stops: nothing new is started, TERM goes to what runs, after the grace period KILL. Jobs stay unfinished and can be taken up again; a
   * bench gives what it has measured.
   * Resolves when all is down and on disk. Called again with a shorter grace it shortens it; 0 kills at once. Nothing can be begun or
   * changed by this executor any more: that takes another one.
   */
  async stop(options: { graceMs?: number } = {}): Promise<void> {
    const graceMs = graceOf(options, this.#options.graceMs);
    await Promise.all([this.#engine.stop(graceMs), this.#benches.stop(graceMs)]);
  }

  /** As `stop`, but what runs may finish. Jobs that have not ended then stay unfinished. */
  async drain(): Promise<void> {
    return this.#engine.drain();
  }

  /** Stops what still runs, as `stop` does, and gives everything back. Once a job has run here, the process does not end without it. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.stop();
    await this.#server.close();
    await this.#engine.close();
  }

  #inHands(job: HeldJob): Job {
    return new Job(job, this.#changes);
  }
}
