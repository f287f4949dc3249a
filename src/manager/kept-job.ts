/**
 * One directory in `jobs/` as the manager sees it: glanced at when something changed, taken up when it is ready, failed when its files
 * stay unreadable. Made by the keeper. While its job runs, the executor alone looks after it.
 */

import { join } from "node:path";
import { AirError, type AirExecutor, type JobSummary } from "../index.js";
import { fingerprintOf, glanceAt, jobsDir, rejectDropped, SETTLE_MS, type Glance } from "../internal.js";
import { Alarm } from "./alarm.js";
import { DirectoryWatch } from "../system/directory-watch.js";
import type { LogLevel, ManagerLog } from "./log.js";
import type { Turns } from "./turns.js";

export interface JobSurroundings {
  readonly executor: AirExecutor;
  readonly log: ManagerLog;
  /** For opening a job. */
  readonly turns: Turns;
  readonly onGone: (job: KeptJob) => void;
  /** Whether one more ended job may be watched. */
  readonly hasRoomForWatch: () => boolean;
  readonly onEndedWatched: (job: KeptJob) => void;
}

/** Looking takes at most one part in so many of the time, however often a file is written. */
const LOOK_SHARE = 10;
/** First wait for somebody else's lock, or for room; it doubles up to the longest. */
const RETRY_MS = 20;
const LONGEST_RETRY_MS = 2000;

export class KeptJob {
  readonly name: string;
  readonly #surroundings: JobSurroundings;
  readonly #dir: string;
  /** `open`: between being found ready and its end. */
  #phase: "resting" | "open" | "ended" = "resting";
  #watch: DirectoryWatch | null = null;
  readonly #alarm = new Alarm(() => this.#look());
  /** No look before that. */
  #restUntil = 0;
  #retryMs = RETRY_MS;
  #fingerprint: string | null = null;
  /** What came of the last attempt to take it up, and with which files: the same again is not tried before something has changed. */
  #outcome: { readonly fingerprint: string; readonly is: "ended" | "waiting" | "unreadable" } | null = null;
  /** Since when its files are as unreadable as they are. */
  #unreadable: { readonly fingerprint: string; readonly since: number } | null = null;
  #lastSaid = "";
  #isClosed = false;

  constructor(name: string, surroundings: JobSurroundings) {
    this.name = name;
    this.#surroundings = surroundings;
    this.#dir = join(jobsDir(surroundings.executor.dir), name);
  }

  /** Something changed: looks at once, or as soon as it may. */
  changed(): void {
    if (this.#phase !== "open" && !this.#isClosed) this.#alarm.ringAt(this.#restUntil);
  }

  /** For changes that no event told of. */
  lookIfChanged(): void {
    if (this.#phase === "open") return;
    if (fingerprintOf(this.#surroundings.executor.dir, this.name) !== this.#fingerprint) this.changed();
  }

  unwatchIfEnded(): void {
    if (this.#phase === "ended") this.#unwatch();
  }

  close(): void {
    this.#unwatch();
    this.#alarm.stop();
    this.#isClosed = true;
  }

  #unwatch(): void {
    this.#watch?.close();
    this.#watch = null;
  }

  #look(): void {
    const before = performance.now();
    let glance = this.#glance();
    if (this.#watch === null && this.#wantsWatch(glance)) {
      this.#watch = new DirectoryWatch(this.#dir, () => this.changed());
      // What was written before the watch stood.
      if (fingerprintOf(this.#surroundings.executor.dir, this.name) !== glance.fingerprint) glance = this.#glance();
    }
    const now = performance.now();
    this.#restUntil = now + LOOK_SHARE * (now - before);
    this.#fingerprint = glance.fingerprint;
    this.#act(glance, now);
  }

  #wantsWatch({ kind }: Glance): boolean {
    if (kind === "ended") return this.#surroundings.hasRoomForWatch();
    return kind === "waiting" || kind === "unfinished";
  }

  #glance(): Glance {
    try {
      return glanceAt(this.#surroundings.executor.dir, this.name);
    } catch (error) {
      return { kind: "refused", reason: (error as Error).message, isKnown: false, fingerprint: "" };
    }
  }

  #act(glance: Glance, now: number): void {
    if (glance.kind !== "ended") this.#phase = "resting";
    switch (glance.kind) {
      case "gone":
        return this.#surroundings.onGone(this);
      case "refused":
        return this.#say("warn", `jobs/${this.name} is not taken: ${glance.reason}`);
      case "foreign":
      case "waiting":
        return;
      case "ended":
        return this.#end();
      case "unfinished":
        return this.#takeUpOnceSettled(glance, now);
      case "ready":
        break;
    }
    const known = this.#outcome?.fingerprint === glance.fingerprint ? this.#outcome.is : null;
    if (known === null) this.#takeUp(glance);
    else if (known === "unreadable") this.#takeUpOnceSettled(glance, now);
    else if (known === "ended") this.#end();
  }

  #takeUpOnceSettled(glance: Glance, now: number): void {
    if (this.#hasSettled(glance, now)) this.#takeUp(glance);
  }

  #end(): void {
    if (this.#phase === "ended") return;
    this.#phase = "ended";
    if (this.#watch !== null) this.#surroundings.onEndedWatched(this);
  }

  /** False as long as somebody may still be writing; then it is looked at again in time. */
  #hasSettled({ fingerprint }: Glance, now: number): boolean {
    if (this.#unreadable?.fingerprint !== fingerprint) this.#unreadable = { fingerprint, since: now };
    const settledAt = this.#unreadable.since + SETTLE_MS;
    if (now >= settledAt) return true;
    this.#alarm.ringAt(settledAt);
    return false;
  }

  #takeUp(glance: Glance): void {
    this.#phase = "open";
    this.#surroundings.turns.take(async () => {
      try {
        const job = await this.#surroundings.executor.takeUp(this.#dir, { owner: "manager" });
        this.#retryMs = RETRY_MS;
        this.#unreadable = null;
        this.#lastSaid = "";
        this.#outcome = { fingerprint: glance.fingerprint, is: "ended" };
        const { state } = job.status();
        if (state === "waiting" || state === "working") this.#tell("info", `job "${this.name}" is taken up`, { run: job.id });
        job.finished().then(
          (summary) => this.#finished(summary),
          (error: Error) => this.#tryAgain(error),
        );
      } catch (error) {
        await this.#refused(glance, error as Error);
      }
    });
  }

  #finished(summary: JobSummary): void {
    const { state, durationMs, error, counts, id: run, isInterrupted } = summary;
    if (isInterrupted) return this.#tell("info", `job "${this.name}" is unfinished`, { run, counts });
    if (durationMs > 0) {
      const level = state === "completed" ? "info" : "warn";
      this.#tell(level, `job "${this.name}" ${state}${error === null ? "" : `: ${error}`}`, { run, counts, durationMs });
    }
    // It may have been written again meanwhile, and may soon be.
    this.#rest();
  }

  async #refused(glance: Glance, error: Error): Promise<void> {
    const { fingerprint } = glance;
    const code = error instanceof AirError ? error.code : "";
    const isIncomplete = code === "AIR_NOT_FOUND" && glance.kind !== "unfinished";
    if (isIncomplete) {
      this.#outcome = { fingerprint, is: "waiting" };
      this.#rest();
    } else if (code === "AIR_INVALID_JOB" || code === "AIR_UNSAFE_PATH" || code === "AIR_NOT_FOUND") {
      if (this.#hasSettled(glance, performance.now())) return this.#reject(glance, error as AirError);
      this.#outcome = { fingerprint, is: "unreadable" };
      this.#rest();
    } else if (code === "AIR_DAMAGED") {
      this.#say("error", error.message);
      this.#outcome = { fingerprint, is: "ended" };
      this.#rest();
    } else if (code !== "AIR_CLOSED") {
      this.#tryAgain(error);
    }
  }

  async #reject(glance: Glance, error: AirError): Promise<void> {
    const reason = error.code === "AIR_NOT_FOUND" ? new AirError("AIR_INVALID_JOB", `${this.#dir}: ${glance.reason}`) : error;
    try {
      await rejectDropped(this.#dir, reason, Date.now());
      const faults = reason.faults.map(({ place, message }) => `${place}: ${message}`);
      this.#tell("error", `job "${this.name}" failed: ${reason.message}`, { faults });
    } catch (cause) {
      if (!(cause instanceof AirError) || cause.code !== "AIR_UNSAFE_PATH") return this.#tryAgain(cause as Error);
      this.#say("error", `jobs/${this.name} is not taken: ${cause.message}`);
    }
    this.#outcome = { fingerprint: glance.fingerprint, is: "ended" };
    this.#rest();
  }

  /** Somebody else holds it, or the machine or the disk refuses for now. */
  #tryAgain(error: Error): void {
    this.#say("warn", `job "${this.name}" has to wait: ${error.message}`);
    this.#restUntil = performance.now() + this.#retryMs;
    this.#retryMs = Math.min(LONGEST_RETRY_MS, 2 * this.#retryMs);
    this.#rest();
  }

  /** Looks again: something may have changed while it was open. */
  #rest(): void {
    this.#phase = "resting";
    if (this.#isClosed) return;
    this.#watch ??= new DirectoryWatch(this.#dir, () => this.changed());
    this.changed();
  }

  /** Once, however often it is so. */
  #say(level: LogLevel, message: string): void {
    if (message !== this.#lastSaid) this.#tell(level, message);
    this.#lastSaid = message;
  }

  #tell(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#surroundings.log.write(level, message, { job: this.name, ...fields });
  }
}
