/**
 * One job while this executor runs it: its files on one side, its place in the scheduler on the other. Made by AirExecutor; brings the
 * job to its end on disk, in this order: journal synced, both JSON files exact, lock released, and only then anybody told.
 */

import { setTimeout as delay } from "node:timers/promises";
import { AirError } from "./domain/errors.js";
import type { JobSummary } from "./domain/job.js";
import type { Clock, Descriptor, Placement } from "./domain/ports.js";
import type { TaskSpec } from "./domain/task.js";
import { Job } from "./job.js";
import type { Obstacle } from "./patience.js";
import type { JobHandle, JobPorts } from "./scheduler/job-run.js";
import type { Scheduler } from "./scheduler/scheduler.js";
import { describeAttempt } from "./describe-attempt.js";
import { closeJob, openWriter, type OpenedJob } from "./store/job-directory.js";
import type { Standing } from "./store/state-guard.js";
import type { Durability, JobWriter } from "./store/writer.js";

export interface RunningJobContext {
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  readonly durability: Durability;
  readonly onWarning: (message: string) => void;
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
  /** Null for a job that had ended before: only its files may want to be brought up to date. */
  readonly #handle: JobHandle | null;
  readonly #startedAt: number;
  /** The disk refuses, and since when. */
  #trouble: { readonly since: number; readonly cause: Error } | null = null;
  #hopeless: AirError | null = null;
  /** Looks now and then whether the job's files are still ours. */
  readonly #vigil: NodeJS.Timeout;
  #standing: Standing = "ours";

  constructor(opened: OpenedJob, context: RunningJobContext) {
    const { picture } = opened;
    this.#opened = opened;
    this.#context = context;
    this.#startedAt = context.clock.monotonic();
    this.#writer = openWriter(opened, {
      durability: context.durability,
      onTrouble: (error) => this.#tellTrouble(error),
      onReady: () => context.scheduler.resume(),
    });
    let onOver = (): void => {};
    const finished = new Promise<void>((resolve) => (onOver = resolve)).then(() => this.#finish());
    const backend = { status: () => picture.status(), cancel: (tasks: readonly string[] | null) => this.#cancel(tasks) };
    this.job = new Job(picture.name, picture.run.id, backend, finished);
    const ports: JobPorts = {
      recorder: this.#writer,
      describe: (task: TaskSpec, attempt: number, key: number, placement: Placement): Descriptor =>
        describeAttempt(opened.paths, picture, task, attempt, key, placement),
      listener: { onEvents: (events) => this.job.deliver(events), onOver },
    };
    this.#handle = picture.isOver ? null : context.scheduler.addJob(picture.load(), ports);
    if (this.#handle === null) onOver();
    this.#vigil = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
    if (opened.isSuperseded === true) this.#look();
  }

  /** Whoever writes another job in our place, or removes the directory, ends the run; one that is out of reach is waited for. */
  #look(): void {
    const standing = this.#writer.look();
    if (standing === this.#standing) return;
    this.#standing = standing;
    const { onWarning } = this.#context;
    const { name } = this.job;
    if (standing === "superseded")
      onWarning(`job "${name}": another run was written in its place, so run ${this.job.id} is ended`);
    if (standing === "removed") onWarning(`job "${name}": its directory was removed, so it is cancelled`);
    if (standing === "away")
      onWarning(`job "${name}": ${this.#opened.paths.dir} can't be found; nothing new is started until it is back`);
    if (standing === "superseded" || standing === "removed") this.#handle?.cancel();
  }

  #cancel(tasks: readonly string[] | null): void {
    if (tasks === null) this.#handle?.cancel();
    else this.#handle?.cancel(tasks);
  }

  /** What keeps the job from going on; null if nothing does. */
  get obstacle(): Obstacle | null {
    const error = this.#trouble;
    return error === null ? null : { since: error.since, error: this.#diskError(error.cause) };
  }

  /** Ends the wait for a disk or machine that refuses: the job stays unfinished, and `finished()` rejects with this. */
  giveUp(error: AirError): void {
    this.#hopeless = error;
  }

  async #finish(): Promise<JobSummary> {
    const { clock, onClosed } = this.#context;
    let isRecorded = false;
    try {
      await this.#settle();
      isRecorded = true;
      const { picture } = this.#opened;
      return { ...picture.status(), isInterrupted: !picture.isOver, durationMs: clock.monotonic() - this.#startedAt };
    } finally {
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
        this.#tellTrouble(error as Error);
        if (this.#hopeless !== null) throw this.#hopeless;
        await delay(DISK_RETRY_MS);
      }
    }
    if (this.#hopeless !== null) throw this.#hopeless;
  }

  #diskError(cause: Error): AirError {
    return new AirError(
      "AIR_DISK",
      `job "${this.job.name}": its records could not be written for too long (${cause.message}). ` +
        "It is unfinished and nothing is lost: see to the disk, then run it again.",
      { cause },
    );
  }

  #tellTrouble(error: Error | null): void {
    const { name } = this.job;
    if (error !== null && this.#trouble !== null) return;
    this.#trouble = error === null ? null : { since: this.#context.clock.monotonic(), cause: error };
    this.#context.onWarning(
      error === null
        ? `job "${name}": the disk takes its records again, going on`
        : `job "${name}": its records can't be written (${error.message}); nothing new is started until they can`,
    );
  }
}
