/**
 * The composition root: opens store, workers and scheduler, wires them through the ports of domain/ports.ts, owns the one timer and the
 * order of shutdown. Decides nothing about tasks and writes no file itself.
 */

import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { checkJob, graphFaults, type JobInput } from "./check-job.js";
import { AirError } from "./domain/errors.js";
import type { JobOwner, JobSpec, JobSummary } from "./domain/job.js";
import type { Clock, TaskRunner } from "./domain/ports.js";
import { endedJob } from "./ended-job.js";
import type { Job } from "./job.js";
import { Patience, type Obstacle } from "./patience.js";
import { RunningJob } from "./running-job.js";
import { Scheduler } from "./scheduler/scheduler.js";
import { prepareBase } from "./store/base-directory.js";
import { openDropped, openFreshRun, openRun, pathsOfJob, type OpenedJob, type WantedRun } from "./store/job-directory.js";
import { readPicture } from "./store/recovery.js";
import { spoolsInUse } from "./store/spools-in-use.js";
import type { Durability } from "./store/writer.js";
import { Pool } from "./workers/pool.js";

export interface ExecutorOptions {
  /** The directory of jobs. Default: `AIR_EXECUTOR_DIR`, else `./.air-executor`. Made if missing. */
  readonly dir?: string;
  /** How many tasks may run at once, over all jobs of this executor. Default: the number of cores. */
  readonly concurrency?: number;
  /** `grouped` (default): the journal is synced at least once a second and when a job ends; `strict`: also before a dependent starts. */
  readonly durability?: Durability;
  /** From TERM to KILL when a task is stopped, in milliseconds. Default: 10,000. */
  readonly graceMs?: number;
  /** Told what a user should know and no error says: a directory that was tightened, a disk that is full. Default: nobody. */
  readonly onWarning?: (message: string) => void;
  /**
   * How long to wait, in milliseconds after the last running task has ended, for a disk that takes no records or a machine that starts
   * no process. Then jobs are given up, unfinished. Default: 60,000; `Infinity` waits as long as it takes.
   */
  readonly patienceMs?: number;
  /** Runs the attempts. Default: lanes on this machine. */
  readonly runner?: TaskRunner;
}

export interface SubmitOptions {
  /** Begin anew, even if an unfinished run of that name is there; what it did is kept in `runs/`. Default: false. */
  readonly fresh?: boolean;
  /** Working directory of tasks that name none. Default: the current one. */
  readonly cwd?: string;
  /** Default: `run`. */
  readonly owner?: JobOwner;
}

const clock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** The longest delay of a Node timer; later wake-ups are reached in several. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export class AirExecutor {
  readonly dir: string;
  readonly #options: Required<Omit<ExecutorOptions, "dir" | "runner">>;
  readonly #runner: TaskRunner;
  /** Loading the pool takes longer than reading a job: the two go side by side. */
  readonly #runnerOpened: Promise<void>;
  readonly #pool: Pool | null;
  readonly #scheduler: Scheduler;
  readonly #running = new Set<RunningJob>();
  readonly #patience: Patience;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  private constructor(dir: string, options: ExecutorOptions) {
    this.dir = dir;
    this.#options = {
      concurrency: options.concurrency ?? availableParallelism(),
      durability: options.durability ?? "grouped",
      graceMs: options.graceMs ?? 10_000,
      onWarning: options.onWarning ?? (() => {}),
      patienceMs: options.patienceMs ?? 60_000,
    };
    const { concurrency, graceMs } = this.#options;
    const pool = options.runner === undefined ? new Pool({ directory: dir, concurrency }) : null;
    this.#pool = pool;
    this.#runner = options.runner ?? pool!;
    this.#runnerOpened = pool?.open() ?? Promise.resolve();
    this.#runnerOpened.catch(() => {});
    const onWakeup = (at: number | null): void => this.#arm(at);
    this.#scheduler = new Scheduler({ runner: this.#runner, clock, concurrency, graceMs, random: Math.random, onWakeup });
    const look = () => ({ inFlight: this.#scheduler.inFlightCount, obstacle: this.#obstacle() });
    this.#patience = new Patience(clock, this.#options.patienceMs, look, (error) => this.#giveUp(error));
  }

  /**
   * @throws AirError `AIR_USAGE` for an option that makes no sense, `AIR_UNSAFE_PATH` for a directory that is a link or somebody else's.
   */
  static async open(options: ExecutorOptions = {}): Promise<AirExecutor> {
    const { concurrency, graceMs } = options;
    if (concurrency !== undefined && !(Number.isSafeInteger(concurrency) && concurrency >= 1)) {
      throw new AirError("AIR_USAGE", `concurrency: expected a whole number of at least 1, got ${concurrency}`);
    }
    if (graceMs !== undefined && !(graceMs >= 0)) {
      throw new AirError("AIR_USAGE", `graceMs: expected milliseconds of at least 0, got ${graceMs}`);
    }
    if (options.dir === "") throw new AirError("AIR_USAGE", "dir: expected the path of a directory, got an empty text");
    const dir = resolve(options.dir ?? (process.env["AIR_EXECUTOR_DIR"] || ".air-executor"));
    const warnings = prepareBase(dir);
    const executor = new AirExecutor(dir, options);
    for (const warning of warnings) executor.#options.onWarning(warning);
    return executor;
  }

  /**
   * Takes a job in and begins to run it. Resolves when it is on disk. An unfinished run of the same name and tasks is taken up where it
   * stopped; an ended one is kept in `runs/`, and a new one begins.
   *
   * @param tasks what a job file holds: the bare array of tasks, or the object with `tasks`, `defaults` and so on.
   * @throws AirError `AIR_INVALID_JOB` with every fault, `AIR_CONFLICT`, `AIR_LOCKED`, `AIR_DISK`.
   */
  async submit(name: string, tasks: JobInput, options: SubmitOptions = {}): Promise<Job> {
    return this.submitChecked(name, await checkJob(tasks), options);
  }

  /** As `submit`, for a job that `readJobFile` has read and checked. */
  async submitChecked(name: string, spec: JobSpec, options: SubmitOptions = {}): Promise<Job> {
    const { tasks, concurrency, maxFailures, env } = spec;
    const settings = { concurrency, maxFailures, env, cwd: resolve(options.cwd ?? ".") };
    const wanted: WantedRun = { name, owner: options.owner ?? "run", tasks, settings };
    if (options.fresh === true) await this.#endUnfinished(name);
    const opened =
      options.fresh === true
        ? await openFreshRun(this.dir, wanted, graphFaults, clock.now())
        : await openRun(this.dir, wanted, graphFaults, clock.now());
    return (await this.#begin(opened)).job;
  }

  /**
   * Takes up the job that lies in a directory: dropped there by somebody, or left unfinished. If it was written anew while attempts of its
   * earlier run were in flight, they are ended first.
   *
   * @throws AirError `AIR_NOT_FOUND` if its files are not all there yet, `AIR_INVALID_JOB`, `AIR_LOCKED`, `AIR_UNSAFE_PATH`, `AIR_DAMAGED`.
   */
  async takeUp(dir: string, options: { owner?: JobOwner } = {}): Promise<Job> {
    for (;;) {
      const opened = await openDropped(resolve(dir), options.owner ?? "run", graphFaults, clock.now());
      if (opened.picture.isOver) return endedJob(opened);
      const { job } = await this.#begin(opened);
      if (opened.isSuperseded !== true) return job;
      await job.finished();
    }
  }

  /** `submit`, and waits for the end. That tasks failed is data in the summary. */
  async run(name: string, tasks: JobInput, options: SubmitOptions = {}): Promise<JobSummary> {
    return (await this.submit(name, tasks, options)).finished();
  }

  /**
   * Stops: nothing new is started, TERM goes to what runs, after the grace period KILL. Jobs stay unfinished and can be taken up again.
   * Resolves when all is down and on disk. Called again with a shorter grace it shortens it; 0 kills at once.
   */
  async stop(options: { graceMs?: number } = {}): Promise<void> {
    this.#scheduler.stop(options.graceMs ?? this.#options.graceMs);
    await Promise.allSettled([...this.#running].map(({ job }) => job.finished()));
  }

  /** Starts nothing new; what runs may finish. Resolves when it has and all is on disk; jobs that have not ended then stay unfinished. */
  async drain(): Promise<void> {
    this.#scheduler.drain();
    await Promise.allSettled([...this.#running].map(({ job }) => job.finished()));
  }

  /** Stops what still runs, as `stop` does, and gives everything back. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    await this.stop();
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#patience.end();
    // A pool that is still opening could not be closed.
    await this.#runnerOpened.catch(() => {});
    this.#pool?.reclaimSpools(() => spoolsInUse(this.dir));
    await this.#runner.close();
  }

  async #begin(opened: OpenedJob): Promise<RunningJob> {
    try {
      await this.#runnerOpened;
      return this.#runOpened(opened);
    } catch (error) {
      await opened.journal.close();
      opened.lock.release();
      throw error;
    }
  }

  #runOpened(opened: OpenedJob): RunningJob {
    if (opened.warning !== null) this.#options.onWarning(opened.warning);
    const running = new RunningJob(opened, {
      scheduler: this.#scheduler,
      clock,
      durability: this.#options.durability,
      onWarning: this.#options.onWarning,
      onClosed: (job, isRecorded) => {
        this.#running.delete(job);
        if (!isRecorded) this.#pool?.keepSpools();
      },
    });
    this.#running.add(running);
    return running;
  }

  /** Before a run is put aside: what an earlier engine started of it must not run on beside the new run. */
  async #endUnfinished(name: string): Promise<void> {
    const paths = pathsOfJob(this.dir, name);
    const found = readPicture(paths);
    if (found === null || found.picture.load().inFlight.length === 0) return;
    const job = await this.takeUp(paths.dir);
    await job.cancel();
    await job.finished();
  }

  #obstacle(): Obstacle | null {
    const since = this.#scheduler.noRoomSince;
    if (since !== null) {
      const message =
        "the machine has started no process for too long (no memory, handles or processes left). Jobs stay unfinished.";
      return { since, error: new AirError("AIR_SYSTEM", message) };
    }
    for (const { obstacle } of this.#running) if (obstacle !== null) return obstacle;
    return null;
  }

  #giveUp(error: AirError): void {
    for (const running of this.#running) running.giveUp(error);
    this.#scheduler.stop(0);
  }

  /** One timer for all deadlines. */
  #arm(at: number | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (at === null) return;
    const delay = Math.min(MAX_TIMER_MS, Math.max(0, Math.ceil(at - clock.monotonic())));
    this.#timer = setTimeout(() => this.#scheduler.tick(), delay);
  }
}
