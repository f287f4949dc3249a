/**
 * One job while this executor runs it: its files on one side, its place in the scheduler on the other. Made by AirExecutor; brings the
 * job to its end on disk, in this order: journal synced, both JSON files exact, lock released, and only then anybody told.
 */

import { setTimeout as delay } from "node:timers/promises";
import { AirError } from "../domain/errors.js";
import type { JobEvent } from "../domain/events.js";
import type { JobSummary } from "../domain/job.js";
import type { Clock } from "../domain/ports.js";
import type { TaskSpec } from "../domain/task.js";
import { newsOf } from "./growth.js";
import { inFlightStarts } from "./in-flight-starts.js";
import { Job, type JobBackend } from "./job.js";
import { DiskTrouble } from "./disk-trouble.js";
import type { Obstacle } from "./patience.js";
import type { RetryPlan } from "./plan-retry.js";
import type { JobHandle, JobPorts } from "../scheduler/job-run.js";
import type { Scheduler } from "../scheduler/scheduler.js";
import { describeAttempt } from "./describe-attempt.js";
import { closeJob, openWriter, type OpenedJob } from "../store/directory/job-directory.js";
import type { JobPaths } from "../store/layout.js";
import { tasksAdded } from "../store/journal/new-journal.js";
import type { Picture } from "../store/picture/picture.js";
import type { Standing } from "../store/snapshot/state-guard.js";
import type { Rewrite } from "../store/snapshot/tasks-rewrite.js";
import type { Durability, JobWriter } from "../store/writer.js";

export interface RunningJobContext {
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  readonly durability: Durability;
  /** What a task has to end by itself when its time is over. */
  readonly graceMs: number;
  readonly onWarning: (message: string) => void;
  /** If given, only the attempts in flight of these tasks are adopted, nothing is started, and the job is left unfinished. */
  readonly only?: readonly string[] | undefined;
  /** True for a map whose input is at hand: `feed` and `endInput` will be called. Default: false. */
  readonly isFed?: boolean | undefined;
  readonly backendOf: (job: RunningJob) => JobBackend;
  /** The job is over for this executor. `isRecorded`: all that happened is on disk. */
  readonly onClosed: (job: RunningJob, isRecorded: boolean) => void;
}

const DISK_RETRY_MS = 250;
/** How often we look whether the job's files are still ours. */
const LOOK_EVERY_MS = 500;

export class RunningJob {
  readonly job: Job;
  readonly #opened: OpenedJob;
  readonly #context: RunningJobContext;
  readonly #writer: JobWriter;
  /** Null for a job that had ended before, until something reopens it. */
  #handle: JobHandle | null;
  /** Resolves when the scheduler is done with the job, for now: what is added before all is on disk reopens it. */
  #over: Promise<void> = Promise.resolve();
  #isClosed = false;
  readonly #startedAt: number;
  readonly #trouble: DiskTrouble;
  #hopeless: AirError | null = null;
  /** Looks now and then whether the job's files are still ours. */
  readonly #vigil: NodeJS.Timeout;
  #standing: Standing = "ours";

  constructor(opened: OpenedJob, context: RunningJobContext) {
    const { picture } = opened;
    this.#opened = opened;
    this.#context = context;
    this.#startedAt = context.clock.monotonic();
    this.#trouble = new DiskTrouble(picture.name, context.clock, context.onWarning);
    this.#writer = openWriter(opened, {
      durability: context.durability,
      onTrouble: (what, error) => this.#trouble.tell(what, error),
      onReady: () => context.scheduler.resume(),
      onRewrite: (rewrite) => this.#takeIn(rewrite),
    });
    let onFinished: (summary: Promise<JobSummary>) => void = () => {};
    const finished = new Promise<JobSummary>((resolve) => (onFinished = resolve));
    this.job = new Job(picture.name, picture.run.id, context.backendOf(this), finished);
    this.#handle = picture.isOver ? null : this.#enter();
    onFinished(this.#finish());
    this.#vigil = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
    if (opened.isSuperseded === true) this.#look();
    if (picture.had !== null && context.isFed !== true) this.#endUnfed();
  }

  /** Whoever writes another job in our place, or removes the directory, ends the run; one that is out of reach is waited for. */
  #look(): void {
    const standing = this.#writer.look();
    if (standing === this.#standing) return;
    this.#standing = standing;
    if (standing === "superseded") this.#warn(`another run was written in its place, so run ${this.job.id} is ended`);
    if (standing === "removed") this.#warn("its directory was removed, so it is cancelled");
    if (standing === "away") this.#warn(`${this.paths.dir} can't be found; nothing new is started until it is back`);
    if (standing === "superseded" || standing === "removed") this.#handle?.cancel();
  }

  #warn(words: string): void {
    this.#context.onWarning(`job "${this.job.name}": ${words}`);
  }

  /** True if the scheduler has nothing more to do with it. */
  get isIdle(): boolean {
    return this.#handle?.isOver ?? true;
  }

  #enter(): JobHandle {
    let onOver = (): void => {};
    this.#over = new Promise((resolve) => (onOver = resolve));
    const { paths, picture } = this.#opened;
    const { clock, only, scheduler, graceMs } = this.#context;
    const { inFlight, ...loaded } = picture.load();
    const mine = inFlight.filter(({ task }) => only?.includes(task) ?? true);
    const ports: JobPorts = {
      recorder: this.#writer,
      describe: (task, attempt, key, placement) => describeAttempt(paths, picture, graceMs, task, attempt, key, placement),
      listener: { onEvents: (events) => this.job.deliver(events), onOver },
      mayStart: only === undefined,
    };
    return scheduler.addJob({ ...loaded, inFlight: inFlightStarts(mine, paths, clock.now()) }, ports);
  }

  get picture(): Picture {
    return this.#opened.picture;
  }

  get paths(): JobPaths {
    return this.#opened.paths;
  }

  /** As `JobHandle.cancel`; nothing happens to a job that is over. */
  cancel(tasks: readonly string[] | null): void {
    if (tasks === null) this.#handle?.cancel();
    else this.#handle?.cancel(tasks);
  }

  /**
   * Takes in tasks that were checked against the picture. A job whose last task has just ended goes on with them.
   *
   * @throws AirError `AIR_CLOSED` if it is over and given back, `AIR_CONFLICT` if it is being cancelled.
   */
  add(tasks: readonly TaskSpec[]): void {
    if (this.picture.isCancelling && !this.picture.isOver) {
      throw new AirError("AIR_CONFLICT", `job "${this.job.name}" is being cancelled: add to it when it has ended.`);
    }
    this.#grow(tasks);
  }

  /** Of a map: takes in checked tasks that came of its input. False if nothing more of it will run. */
  feed(tasks: readonly TaskSpec[]): boolean {
    if (this.#handle === null || this.#handle.isOver || this.#handle.isBarred) return false;
    this.#handle.add(tasks);
    return true;
  }

  /** Of a map: nothing more comes of its input. `isWhole` is false if there may be more another time. */
  endInput(isWhole: boolean): void {
    if (!this.isIdle) this.#handle?.endInput(isWhole);
  }

  #endUnfed(): void {
    this.endInput(false);
    if (!this.picture.isCancelling && this.#context.only === undefined)
      this.#warn("it is a map: what was taken in is run, and it stays unfinished until it is mapped again with its input");
  }

  /** Starts nothing more and stops what runs: the job stays unfinished. */
  interrupt(graceMs: number): void {
    if (!this.isIdle) this.#handle?.interrupt(graceMs);
  }

  /** Has tasks that have ended run again, some of them edited (and checked), likewise. */
  reset({ tasks, edited }: RetryPlan): void {
    if (this.#handle === null || this.#handle.isOver)
      this.#reopen([{ type: "tasks-reset", at: this.#context.clock.now(), tasks, edited }]);
    else this.#handle.reset(tasks, edited);
  }

  #grow(tasks: readonly TaskSpec[]): void {
    if (this.#handle === null || this.#handle.isOver) this.#reopen([...tasksAdded(tasks, this.#context.clock.now())]);
    else this.#handle.add(tasks);
  }

  /** The scheduler is done with the job, but it has not been given back yet. */
  #reopen(events: readonly JobEvent[]): void {
    if (this.#isClosed || this.#hopeless !== null) throw new AirError("AIR_CLOSED", `job "${this.job.name}" is over.`);
    this.#writer.record(events);
    this.job.deliver(events);
    // An executor that is closing leaves it to the next one.
    if (!this.#context.scheduler.isClosing) this.#handle = this.#enter();
  }

  /** Somebody wrote into tasks.json. */
  #takeIn(rewrite: Rewrite): void {
    const { added, edited, notes } = newsOf(rewrite, this.picture);
    if (notes.length + edited.length > 0)
      this.#writer.record([{ type: "edits-ignored", at: this.#context.clock.now(), edited, notes }]);
    const more = notes.length < 2 ? "" : ` (and ${notes.length - 1} more: see its status)`;
    if (notes.length > 0) this.#warn(`${notes[0]}${more}`);
    if (added.length > 0) this.#grow(added);
  }

  /** What keeps the job from going on; null if nothing does. */
  get obstacle(): Obstacle | null {
    return this.#trouble.obstacle;
  }

  /** Ends the wait for a disk or machine that refuses: the job stays unfinished, and `finished()` rejects with this. */
  giveUp(error: AirError): void {
    this.#hopeless = error;
  }

  async #finish(): Promise<JobSummary> {
    const { clock, onClosed } = this.#context;
    const { picture } = this;
    let isRecorded = false;
    try {
      for (let isSettled = false; !isSettled;) {
        await this.#over;
        const { version } = picture;
        await this.#settle();
        isSettled = this.isIdle && picture.version === version;
      }
      isRecorded = true;
      return { ...picture.status(), isInterrupted: !picture.isOver, durationMs: clock.monotonic() - this.#startedAt };
    } finally {
      this.#isClosed = true;
      clearInterval(this.#vigil);
      await this.#writer.close();
      await closeJob(this.#opened);
      onClosed(this, isRecorded);
    }
  }

  /** The end of a job waits for the disk as long as there is patience: what ended is in the spools too, so nothing is lost without it. */
  async #settle(): Promise<void> {
    for (;;) {
      try {
        await this.#writer.settle();
        break;
      } catch (error) {
        this.#trouble.tell("records", error as Error);
        if (this.#hopeless !== null) throw this.#hopeless;
        await delay(DISK_RETRY_MS);
      }
    }
    if (this.#hopeless !== null) throw this.#hopeless;
  }
}
