/**
 * The composition root: wires runner and scheduler through the ports of domain/ports.ts, owns the jobs that run here, the one timer and
 * the order of shutdown. Decides nothing about tasks, opens no job and writes no file itself.
 */

import { AirError } from "../domain/errors.js";
import { slotText } from "../domain/slot-news.js";
import type { TaskRunner } from "../domain/ports.js";
import { Scheduler } from "../scheduler/scheduler.js";
import type { OpenedJob } from "../store/directory/opened-job.js";
import { claimsInUse } from "../store/view/claims-in-use.js";
import { lookAt } from "../system/look/path-look.js";
import type { Picture } from "../store/picture/picture.js";
import type { FitCheck } from "../store/text/demand-faults.js";
import { LocalRunner } from "../workers/runner/local-runner.js";
import { clock, later } from "./clock.js";
import type { CompleteOptions } from "./options.js";
import { DEVICES_OF_SLOTS, GpuDevices, PLENTY_OF_GPUS } from "./gpu-devices.js";
import { MachinePools, requireFit } from "./machine-pools.js";
import { requireKnown } from "./known-claims.js";
import { MachineRefusals } from "./machine-refusals.js";
import { Patience, type Obstacle } from "./patience.js";
import { RunningJob } from "./running-job.js";
import { endStrays } from "./strays.js";
import { Standstills } from "./standstills.js";

/** Slots that are made ready before it is known that the job can run. */
const MOST_AHEAD = 8;
/** Whatever has not ended so long after KILL is stuck in the system. */
const STUCK_MS = 6000;

export interface BeginOptions {
  /** If given, only the attempts in flight of these tasks are adopted, and nothing is started. */
  readonly only?: readonly string[] | undefined;
  /** True for a map whose input is at hand. Default: false. */
  readonly isFed?: boolean;
  /** True if each end may decide whether anything more starts. Default: false. */
  readonly endsDecide?: boolean;
}

export class Engine {
  readonly #dir: string;
  readonly #options: CompleteOptions;
  readonly #runner: TaskRunner;
  /** Null until the first job is about to run. */
  #runnerOpened: Promise<void> | null = null;
  readonly #scheduler: Scheduler;
  /** By the name of the job. */
  readonly #running = new Map<string, RunningJob>();
  readonly #patience: Patience;
  readonly #standstills: Standstills;
  readonly #refusals: MachineRefusals;
  readonly #pools: MachinePools;
  readonly #gpus: GpuDevices;
  #timer: NodeJS.Timeout | null = null;

  /** @param runner null for one of this machine. */
  constructor(dir: string, options: CompleteOptions, runner: TaskRunner | null) {
    this.#dir = dir;
    this.#options = options;
    this.#pools = new MachinePools(options, (numbers) => this.#haveGpus(numbers));
    this.#runner = runner ?? new LocalRunner({ directory: dir, concurrency: options.concurrency, onNotice: options.onWarning });
    this.#gpus = new GpuDevices(
      dir,
      (by) => this.#scheduler.freeGpus(by),
      ({ message }) => this.#options.onWarning(`GPUs can't be had: ${message}`),
    );
    this.#scheduler = new Scheduler({
      runner: this.#runner,
      clock,
      slots: options.concurrency,
      pools: this.#pools.known,
      devices: this.#runner.hasKinds === true ? DEVICES_OF_SLOTS : this.#gpus,
      graceMs: options.graceMs,
      random: Math.random,
      onWakeup: (at) => this.#arm(at),
    });
    this.#runner.onOutlived?.((outlived) => this.#running.get(outlived.job)?.noteOutlived(outlived));
    this.#standstills = new Standstills(this.#runner, options.onWarning);
    this.#refusals = new MachineRefusals(this.#scheduler, options.onWarning);
    const look = () => {
      this.#refusals.tell();
      this.#standstills.tell();
      return { inFlight: this.#scheduler.inFlightCount - this.#standstills.unclearCount, obstacle: this.#obstacle() };
    };
    this.#patience = new Patience(clock, options.patienceMs, look, (error) => this.#giveUp(error));
  }

  #haveGpus(numbers: readonly number[]): void {
    const isOfSlots = this.#runner.hasKinds === true;
    if (!isOfSlots) this.#gpus.open(numbers);
    this.#scheduler.declareGpus(isOfSlots ? PLENTY_OF_GPUS : numbers.length);
    if (isOfSlots) this.#scheduler.freeGpus(PLENTY_OF_GPUS);
  }

  /** Throws `AIR_CLOSED` if no job can begin here any more: to be asked before anything is made for one. */
  requireOpen(): void {
    if (!this.#scheduler.isClosing) return;
    throw new AirError("AIR_CLOSED", "the executor was stopped or closed: open another one.");
  }

  /** Gets the runner ready for a job of so many tasks, 0 if that is not known, while it is read and recorded. Throws as `requireOpen`. */
  prepare(tasks: number): Promise<void> {
    this.requireOpen();
    const opened = (this.#runnerOpened ??= this.#runner.open());
    // What failed once, for want of handles, may go well the next time.
    opened.catch(() => (this.#runnerOpened = null));
    const ready = opened.then(() => this.#runner.warm(Math.min(this.#options.concurrency, tasks, MOST_AHEAD)));
    ready.catch(() => {});
    return ready;
  }

  /** Whether tasks can ever run here. */
  get fit(): FitCheck {
    return this.#pools.fit;
  }

  /** The job of that name, if it runs here. */
  find(name: string): RunningJob | undefined {
    return this.#running.get(name);
  }

  /** Runs an opened job, and gives it back at its end. If it can't be run it is given back at once. */
  async begin(opened: OpenedJob, options: BeginOptions = {}): Promise<RunningJob> {
    try {
      await this.prepare(0);
      this.accept(opened.picture);
      const open = { requireOpen: () => this.requireOpen(), runner: this.#runner, dir: this.#dir };
      await endStrays(opened.picture, { ...this.#options, ...open });
      if (options.only === undefined) await requireFit(opened, this.fit);
      // That took its time, and we may have been stopped meanwhile.
      this.requireOpen();
      return this.#begin(opened, options);
    } catch (error) {
      // A new run is on record and waits to be taken up: people have to see it.
      if (lookAt(opened.paths.state).answer === "no") await opened.bringUpToDate().catch(() => {});
      await opened.giveBack();
      throw error;
    }
  }

  /** What jobs that run here wait for, in words, by name: those that wait for something. */
  troubles(): Map<string, string> {
    const troubles = new Map<string, string>();
    for (const [name, job] of this.#running) {
      const { trouble, slots = "" } = job.live;
      if (trouble !== null || slots !== "") troubles.set(name, trouble ?? slots);
    }
    return troubles;
  }

  /** Throws if what runs of it is not this engine's to adopt. */
  readonly accept = (run: Picture): void => requireKnown(run, this.#runner);

  /** Starts nothing before the function that it gives is called. */
  readonly hold = (): (() => void) => this.#scheduler.hold();

  /** Resolves when nothing runs any more. */
  async stop(graceMs: number): Promise<void> {
    this.#scheduler.stop(graceMs);
    const hurried = later(graceMs, () => this.#each((job) => job.hurry()));
    const abandoned = later(graceMs + STUCK_MS, () => this.#each((job) => job.abandon(stuck(job))));
    await this.#idle();
    for (const timer of [hurried, abandoned]) clearTimeout(timer);
  }

  async drain(): Promise<void> {
    this.#scheduler.drain();
    await this.#idle();
  }

  /** Gives everything back. Nothing may run any more. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#patience.end();
    if (this.#runnerOpened === null) return;
    // One that is still opening could not be closed.
    await this.#runnerOpened.catch(() => {});
    this.#runner.reclaim(() => claimsInUse(this.#dir));
    await this.#runner.close();
    await this.#gpus.close();
  }

  #begin(opened: OpenedJob, { only, isFed, endsDecide }: BeginOptions): RunningJob {
    const { durability, graceMs, onWarning, concurrency } = this.#options;
    if (opened.warning !== null) onWarning(opened.warning);
    // While the scheduler makes its plan the runner can start.
    this.#runner.warm(Math.min(this.#options.concurrency, isFed === true ? Infinity : opened.picture.counts.pending));
    const { name } = opened.picture;
    const running: RunningJob = new RunningJob(opened, {
      scheduler: this.#scheduler,
      clock,
      durability,
      graceMs,
      onWarning,
      concurrency,
      only,
      isFed,
      endsDecide,
      fit: this.fit,
      whatIsLeft: () => this.#runner.whatIsLeft?.() ?? Promise.resolve(),
      slots: () => slotText(this.#runner.slots),
      machineTrouble: () => this.#standstills.wordsOf(name) ?? this.#refusals.words,
      onClosed: (isRecorded) => {
        if (this.#running.get(name) === running) this.#running.delete(name);
        this.#runner.leave(name, isRecorded);
      },
    });
    this.#running.set(name, running);
    return running;
  }

  #each(act: (job: RunningJob) => void): void {
    for (const running of this.#running.values()) act(running);
  }

  async #idle(): Promise<void> {
    await Promise.allSettled([...this.#running.values()].map(({ finished }) => finished));
  }

  #obstacle(): Obstacle | null {
    const { obstacle: refusal } = this.#refusals;
    if (refusal !== null) return refusal;
    const { hopeless = null } = this.#runner;
    if (hopeless !== null) return { since: 0, error: hopeless, isForGood: true };
    for (const { obstacle } of this.#running.values()) if (obstacle !== null) return obstacle;
    return this.#standstills.obstacle;
  }

  /** What nothing is known of must not be ended, nor seem to be: it stays in flight, for whoever takes the job up next. */
  #giveUp(error: AirError): void {
    const unclear = this.#standstills.unclearJobs;
    this.#each((job) => (unclear.has(job.picture.name) ? job.abandon(error) : job.giveUp(error)));
    this.#scheduler.stop(0);
  }

  /** One timer for all deadlines. */
  #arm(at: number | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (at === null) return;
    this.#timer = later(Math.ceil(at - clock.monotonic()), () => this.#scheduler.tick());
  }
}

function stuck({ picture }: RunningJob): AirError {
  const message = `job "${picture.name}" has tasks that can't be ended: it stays unfinished, and the next start waits for them.`;
  return new AirError("AIR_SYSTEM", message);
}
