/**
 * One job while it runs here: its files on one side, its place in the scheduler on the other. Brings the job to its end on disk, in this
 * order: journal synced, both JSON files exact, lock released, and only then anybody told. Decides nothing about tasks.
 */

import { setTimeout as delay } from "node:timers/promises";
import { AirError } from "../domain/errors.js";
import type { LiveState } from "../domain/held-back.js";
import type { JobEvent } from "../domain/events.js";
import type { JobSummary } from "../domain/job.js";
import type { Clock, Outlived } from "../domain/ports.js";
import type { TaskSpec } from "../domain/task.js";
import type { JobHandle, JobPorts } from "../scheduler/job-run.js";
import type { InputEnd } from "../scheduler/plan/map-plan.js";
import type { Scheduler } from "../scheduler/scheduler.js";
import type { OpenedJob } from "../store/directory/opened-job.js";
import { tasksAdded } from "../store/journal/new-journal.js";
import type { JobPaths } from "../store/layout.js";
import type { Picture } from "../store/picture/picture.js";
import { inShort, newsOf } from "../store/snapshot/rewrite-news.js";
import type { Standing } from "../store/snapshot/state-guard.js";
import type { TasksGuardOptions } from "../store/snapshot/tasks-guard.js";
import type { Rewrite } from "../store/snapshot/tasks-rewrite.js";
import type { Durability, JobWriter } from "../store/writer.js";
import { describeAttempt, runName } from "./describe-attempt.js";
import { DiskTrouble } from "./disk-trouble.js";
import { Listeners, type OnEvents } from "./listeners.js";
import type { Obstacle } from "./patience.js";

export interface RunningJobOptions extends Pick<TasksGuardOptions, "fit"> {
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  readonly durability: Durability;
  /** What a task has to end by itself when its time is over. */
  readonly graceMs: number;
  readonly onWarning: (message: string) => void;
  /** How many tasks of one cpu the engine runs at once. */
  readonly concurrency: number;
  /** If given, only the attempts in flight of these tasks are adopted, nothing is started, and the job is left unfinished. */
  readonly only?: readonly string[] | undefined;
  /** True for a map whose input is at hand: `feed` and `endInput` will be called. Default: false. */
  readonly isFed?: boolean | undefined;
  /** As of `JobPorts`. */
  readonly endsDecide?: boolean | undefined;
  /** What keeps it from going on beside the disk, in words; null if nothing does. */
  readonly machineTrouble: () => string | null;
  /** Resolves when it has been told what is left of attempts that have ended. */
  readonly whatIsLeft: () => Promise<void>;
  /** As in `LiveState`; undefined where they are always there. */
  readonly slots: () => string | undefined;
  /** The job is given back. `isRecorded`: all that happened is on disk. */
  readonly onClosed: (isRecorded: boolean) => void;
}

/** How much the end of a job is worth waiting for. */
type Ending =
  /** For the disk as long as it takes. */
  | { readonly is: "awaited" }
  /** We are told to hurry: what the disk refuses is left to the next start. */
  | { readonly is: "hurried" }
  /** The job is given up, unfinished. */
  | { readonly is: "given-up"; readonly error: Error }
  | { readonly is: "closed" };

const DISK_RETRY_MS = 250;
/** How often we look whether the job's files are still ours. */
const LOOK_EVERY_MS = 500;

export class RunningJob {
  readonly picture: Picture;
  readonly paths: JobPaths;
  /** Resolves when the job has ended, or was left unfinished, and has been given back. Rejects if it was given up. */
  readonly finished: Promise<JobSummary>;
  readonly #opened: OpenedJob;
  readonly #options: RunningJobOptions;
  readonly #writer: JobWriter;
  readonly #listeners = new Listeners();
  /** Null for a job that had ended before, until something reopens it. */
  #handle: JobHandle | null;
  /** Resolves when the scheduler is done with the job, for now: what is added before all is on disk reopens it. */
  #over: Promise<void> = Promise.resolve();
  /** Resolves when nobody waits for the scheduler any more. */
  readonly #abandoned: Promise<void>;
  #stopWaiting = (): void => {};
  #ending: Ending = { is: "awaited" };
  readonly #startedAt: number;
  readonly #trouble: DiskTrouble;
  /** Looks now and then whether the job's files are still ours. */
  readonly #vigil: NodeJS.Timeout;
  #standing: Standing = "ours";
  /** Why it is cancelled, if the user has not asked for it. */
  #whyCancelled: string | null = null;
  /** Since when its directory is out of reach (monotonic milliseconds). */
  #awaySince: number | null = null;

  constructor(opened: OpenedJob, options: RunningJobOptions) {
    const { picture, paths } = opened;
    this.picture = picture;
    this.paths = paths;
    this.#opened = opened;
    this.#options = options;
    this.#startedAt = options.clock.monotonic();
    this.#abandoned = new Promise((resolve) => (this.#stopWaiting = resolve));
    this.#trouble = new DiskTrouble(picture.name, options.clock, options.onWarning);
    this.#writer = opened.write({
      durability: options.durability,
      onTrouble: (what, error) => this.#trouble.tell(what, error),
      onFault: (error) => this.#break(error),
      onReady: () => options.scheduler.resume(),
      fit: options.fit,
      onRewrite: (rewrite) => this.#guard(() => this.#takeIn(rewrite)),
    });
    this.#handle = picture.isOver ? null : this.#enter();
    // Its first task may be a long time coming: people see that it is there.
    if (this.#handle !== null && !opened.isSuperseded) this.#writer.record([]);
    this.finished = this.#finish();
    // Nobody has to wait for the end: then trouble shows in the files, and in the warnings.
    this.finished.catch(() => {});
    this.#vigil = setInterval(() => this.#guard(() => this.#look()), LOOK_EVERY_MS).unref();
    if (opened.isSuperseded) this.#look();
    if (picture.isRunningMap && options.isFed !== true) this.#endUnfed();
  }

  /** True if the scheduler has nothing more to do with it. */
  get isIdle(): boolean {
    return this.#handle?.isOver ?? true;
  }

  /** What disk or machine refuse now, or what nothing is heard of, in words; null if nothing. */
  get trouble(): string | null {
    if (this.#trouble.words !== null) return this.#trouble.words;
    if (this.#awaySince !== null) return `${this.paths.dir} can't be found; nothing new is started until it is back`;
    return this.#options.machineTrouble();
  }

  /** Why what happened last is not on record yet; null if it is. */
  get unrecorded(): string | null {
    return this.#trouble.refusalOf("records");
  }

  /** What holds it back just now: limits, trouble such as a full disk, slots that don't come. */
  get live(): LiveState {
    const slots = this.#options.slots();
    return { holds: this.#handle?.holds() ?? [], trouble: this.trouble, ...(slots !== undefined && { slots }) };
  }

  /** What keeps the job from going on; null if nothing does. */
  get obstacle(): Obstacle | null {
    return this.#trouble.obstacle ?? (this.#awaySince === null ? null : this.#outOfReach(this.#awaySince));
  }

  #outOfReach(since: number): Obstacle {
    const message =
      `job "${this.picture.name}": ${this.paths.dir} could not be reached for too long. ` +
      "It is unfinished and nothing is lost: see to the disk, then run it again.";
    return { since, error: new AirError("AIR_DISK", message) };
  }

  /** Processes of an attempt are still there. Of another run of its name nothing is noted, nor when it is given back. */
  noteOutlived({ run, task, attempt, processes, isStuck }: Outlived): void {
    const { picture } = this;
    if (this.#ending.is === "closed" || (run !== null && run !== runName(picture.run))) return;
    if (!picture.isRunningMap && !picture.ids.has(task)) return;
    const event: JobEvent = {
      type: "attempt-outlived",
      at: this.#options.clock.now(),
      task,
      attempt,
      processes,
      ...(isStuck && { isStuck }),
    };
    this.#writer.record([event]);
    this.#listeners.tell([event]);
  }

  /** Calls back with what happens from now on. Gives a function that ends it. */
  onEvents(listener: OnEvents): () => void {
    return this.#listeners.add(listener);
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
      throw new AirError("AIR_CONFLICT", `job "${this.picture.name}" is being cancelled: add to it when it has ended.`);
    }
    this.#grow(tasks);
  }

  /** Has tasks that have ended run again, some of them edited (and checked), likewise. */
  reset(tasks: readonly string[], edited: readonly TaskSpec[]): void {
    if (this.#handle === null || this.#handle.isOver)
      this.#reopen([{ type: "tasks-reset", at: this.#options.clock.now(), tasks, edited }]);
    else this.#handle.reset(tasks, edited);
  }

  /** Of a map: takes in checked tasks that came of its input. False if nothing more of it will run. */
  feed(tasks: readonly TaskSpec[]): boolean {
    if (this.#handle === null || this.#handle.isOver || this.#handle.isBarred) return false;
    this.#handle.add(tasks);
    return true;
  }

  /** Of a map: nothing more comes of its input. */
  endInput(end: InputEnd): void {
    if (!this.isIdle) this.#handle?.endInput(end);
  }

  /** Starts nothing more and stops what runs, with null lets it end: the job stays unfinished. */
  interrupt(graceMs: number | null): void {
    if (!this.isIdle) this.#handle?.interrupt(graceMs);
  }

  /** Ends the wait for a disk or machine that refuses: the job stays unfinished, and `finished` rejects with this. */
  giveUp(error: Error): void {
    if (this.#ending.is !== "closed") this.#ending = { is: "given-up", error };
  }

  /** What the disk refuses is not waited for any more: what ended is in the runner's claims too. */
  hurry(): void {
    if (this.#ending.is === "awaited") this.#ending = { is: "hurried" };
  }

  /**
   * As if we had died: nothing more is recorded, what runs runs on, or can't be ended, and whoever takes the job up next adopts it.
   * `finished` rejects with this.
   */
  abandon(error: Error): void {
    if (!this.isIdle) this.#handle?.leave();
    this.giveUp(error);
    this.#stopWaiting();
  }

  /** Something that no waiting mends: a fault of ours, or what can't be written down. It is this job's trouble and no other's. */
  #break(error: unknown): void {
    this.abandon(error instanceof Error ? error : new Error(String(error)));
  }

  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#break(error);
    }
  }

  /** Whoever writes another job in our place, or removes the directory, ends the run; one that is out of reach is waited for. */
  #look(): void {
    const standing = this.#writer.look();
    this.#opened.keepHold(standing);
    if (standing === this.#standing) return;
    this.#standing = standing;
    this.#awaySince = standing === "away" ? this.#options.clock.monotonic() : null;
    if (standing === "superseded")
      this.#cancelUnasked("another run was written in its place", `run ${this.picture.run.id} is ended`);
    if (standing === "removed") this.#cancelUnasked("its directory was removed", "it is cancelled");
    if (standing === "away") this.#warn(`${this.paths.dir} can't be found; nothing new is started until it is back`);
  }

  #cancelUnasked(why: string, outcome: string): void {
    this.#warn(`${why}, so ${outcome}`);
    if (!this.picture.isCancelling) this.#whyCancelled = why;
    this.#handle?.cancel();
  }

  #warn(words: string): void {
    this.#options.onWarning(`job "${this.picture.name}": ${words}`);
  }

  #enter(): JobHandle {
    let onOver = (): void => {};
    this.#over = new Promise((resolve) => (onOver = resolve));
    const { paths, picture } = this;
    const { clock, only, scheduler, graceMs, concurrency, endsDecide = false } = this.#options;
    if (only === undefined) {
      const { name } = picture;
      const isRenamed = name !== picture.load().name;
      this.#writer.record([{ type: "job-taken-up", at: clock.now(), slots: concurrency, ...(isRenamed && { name }) }]);
    }
    const { inFlight, ...loaded } = picture.load();
    const mine = inFlight.filter(({ task }) => only?.includes(task) ?? true);
    const ports: JobPorts = {
      recorder: this.#writer,
      describe: (task, attempt, key, placement) => describeAttempt(paths, picture, graceMs, task, attempt, key, placement),
      listener: { onEvents: (events) => this.#listeners.tell(events), onOver, onBroken: (error) => this.#break(error) },
      mayStart: only === undefined,
      endsDecide,
    };
    return scheduler.addJob({ ...loaded, inFlight: mine }, ports);
  }

  #endUnfed(): void {
    this.endInput({ isWhole: false, last: null });
    if (!this.picture.isCancelling && this.#options.only === undefined)
      this.#warn("it is a map: what was taken in is run, and it stays unfinished until it is mapped again with its input");
  }

  #grow(tasks: readonly TaskSpec[]): void {
    if (this.#handle === null || this.#handle.isOver) this.#reopen([...tasksAdded(tasks, this.#options.clock.now())]);
    else this.#handle.add(tasks);
  }

  /** The scheduler is done with the job, but it has not been given back yet. */
  #reopen(events: readonly JobEvent[]): void {
    if (this.#ending.is === "closed" || this.#ending.is === "given-up")
      throw new AirError("AIR_CLOSED", `job "${this.picture.name}" is over.`);
    this.#writer.record(events);
    this.#listeners.tell(events);
    // An executor that is closing leaves it to the next one.
    if (!this.#options.scheduler.isClosing) this.#handle = this.#enter();
  }

  /** Somebody wrote into tasks.json. */
  #takeIn(rewrite: Rewrite): void {
    const { added, edited, notes } = newsOf(rewrite, this.picture);
    if (notes.length + edited.length > 0)
      this.#writer.record([{ type: "edits-ignored", at: this.#options.clock.now(), edited, notes }]);
    if (notes.length > 0) this.#warn(inShort(notes));
    if (added.length > 0) this.#grow(added);
  }

  async #finish(): Promise<JobSummary> {
    const { clock, onClosed } = this.#options;
    const { picture } = this;
    let isRecorded = false;
    try {
      for (let isSettled = false; !isSettled;) {
        await Promise.race([this.#over.then(() => this.#options.whatIsLeft()), this.#abandoned]);
        const { version } = picture;
        await this.#settle();
        isSettled = this.isIdle && picture.version === version;
      }
      isRecorded = true;
      const durationMs = clock.monotonic() - this.#startedAt;
      const error = (picture.state === "cancelled" ? this.#whyCancelled : null) ?? picture.error;
      return { ...picture.status(), error, isInterrupted: !picture.isOver, durationMs };
    } finally {
      this.#ending = { is: "closed" };
      clearInterval(this.#vigil);
      await this.#opened.giveBack().catch(() => {});
      onClosed(isRecorded);
    }
  }

  /** The end of a job waits for the disk as long as there is patience: nothing is lost without it. */
  async #settle(): Promise<void> {
    for (;;) {
      if (this.#writer.hasFailed) break;
      try {
        this.#opened.keepJournal();
        await this.#writer.settle();
        break;
      } catch (error) {
        if (!this.#writer.hasFailed) this.#trouble.tell("records", error as Error);
        if (this.#ending.is === "given-up" || this.#writer.hasFailed) break;
        if (this.#ending.is === "hurried") throw this.#trouble.obstacle?.error ?? error;
        await delay(DISK_RETRY_MS);
      }
    }
    if (this.#ending.is === "given-up") throw this.#ending.error;
  }
}
