/**
 * One entry of `jobs/` as the manager sees it: glanced at when something changed, taken up when it is ready, failed when its files stay
 * unreadable. While its job runs, the executor alone looks after it.
 *
 * All that happens to it comes in through `tell`, and nothing gets out of there: what goes wrong is its own trouble, told once, and no
 * other job's.
 */

import { join } from "node:path";
import { AirError, type AirExecutor, type Job, type JobSummary } from "../index.js";
import { fingerprintOf, glanceAt, jobsDir, type Glance } from "../internal.js";
import { isForbidden, isSystemError, systemWords } from "../system/look/error-code.js";
import { DirectoryWatch } from "../system/watch/directory-watch.js";
import { Alarm } from "./alarm.js";
import { KnownFiles, type Experience } from "./known-files.js";
import type { ManagerLog } from "./log.js";
import { reject, takeUp, type Rejection, type TakeUp } from "./take-up.js";
import { WHY_SET_ASIDE, type OpeningRecord } from "./opening-record.js";
import type { Turns } from "./turns.js";
import { Voice } from "./voice.js";
import type { Waits } from "./waits.js";

export interface JobSurroundings {
  readonly executor: AirExecutor;
  readonly log: ManagerLog;
  /** For opening a job. */
  readonly turns: Turns;
  /** For opening one of which a manager has died: by itself. */
  readonly lonely: Turns;
  readonly opening: OpeningRecord;
  readonly waits: Waits;
  readonly onGone: (job: KeptJob) => void;
  /** Whether one more ended job may be watched. */
  readonly hasRoomForWatch: () => boolean;
  readonly onEndedWatched: (job: KeptJob) => void;
}

/** What can happen to an entry, as far as the manager is concerned. */
type Signal =
  /** Something was written there, says the system, or a moment has come that was asked for. */
  | { readonly is: "changed" }
  /** The slow look has come by. */
  | { readonly is: "passed" }
  | TakeUp
  | Rejection
  | { readonly is: "over"; readonly summary: JobSummary }
  | { readonly is: "given-up"; readonly error: unknown };

type State =
  /** Nothing is to be done before something changes. */
  | "resting"
  /** From being found ready to its end. */
  | "open"
  | "ended"
  /** Nobody looks after it any more. */
  | "closed";

/** Looking takes at most one part in so many of the time, however often a file is written. */
const LOOK_SHARE = 10;
/** First wait for somebody else's lock, or for room, on average; it doubles up to the longest. */
const RETRY_MS = 20;
const LONGEST_RETRY_MS = 2000;
/** Who changes a job that has ended holds it for a moment: of tries that are closer than this nothing is said. */
const BRIEF_MS = 300;

export class KeptJob {
  readonly name: string;
  readonly #surroundings: JobSurroundings;
  readonly #dir: string;
  readonly #voice: Voice;
  readonly #known = new KnownFiles();
  readonly #alarm = new Alarm(() => this.tell({ is: "changed" }));
  #state: State = "resting";
  #watch: DirectoryWatch | null = null;
  /** No look before that. */
  #restUntil = 0;
  #retryMs = RETRY_MS;
  /** Its files are made to say why it is refused. */
  #rejecting: Promise<void> | null = null;

  constructor(name: string, surroundings: JobSurroundings) {
    this.name = name;
    this.#surroundings = surroundings;
    this.#voice = new Voice(surroundings.log, name);
    this.#dir = join(jobsDir(surroundings.executor.dir), name);
  }

  tell(signal: Signal): void {
    // How it ended is said, also of what ends while we stop.
    if (this.#state === "closed" && signal.is !== "over") return;
    try {
      this.#meet(signal);
    } catch (error) {
      this.#tryAgain(error);
    }
  }

  unwatchIfEnded(): void {
    if (this.#state === "ended") this.#unwatch();
  }

  close(): void {
    this.#unwatch();
    this.#alarm.stop();
    this.#surroundings.waits.note(this.name, null);
    this.#state = "closed";
  }

  #meet(signal: Signal): void {
    switch (signal.is) {
      case "changed":
        if (this.#state !== "open") this.#lookWhenRested();
        return;
      case "passed":
        if (this.#state !== "open" && !this.#known.isAs(this.#fingerprint())) this.#lookWhenRested();
        return;
      case "taken-up":
        return this.#follow(signal.job);
      case "refused":
        return this.#refused(signal.glance, signal.error);
      case "rejected":
        return this.#rejected(signal.reason);
      case "not-rejected":
        return this.#notRejected(signal.error);
      case "over":
        return this.#over(signal.summary);
      case "given-up":
        return this.#givenUp(signal.error);
    }
  }

  /** At once, or as soon as it may be. */
  #lookWhenRested(): void {
    if (performance.now() < this.#restUntil) this.#alarm.ringAt(this.#restUntil);
    else this.#look();
  }

  #look(): void {
    const before = performance.now();
    let glance = glanceAt(this.#surroundings.executor.dir, this.name);
    if (this.#watch === null && this.#wantsWatch(glance)) {
      this.#startWatch();
      // What was written before the watch stood.
      if (this.#fingerprint() !== glance.fingerprint) glance = glanceAt(this.#surroundings.executor.dir, this.name);
    }
    const now = performance.now();
    this.#restUntil = now + LOOK_SHARE * (now - before);
    this.#known.see(glance, now);
    this.#act(glance);
  }

  #act(glance: Glance): void {
    if (glance.kind !== "ended") this.#state = "resting";
    if (glance.kind !== "ready" && glance.kind !== "unsettled") this.#surroundings.waits.note(this.name, null);
    switch (glance.kind) {
      case "gone":
        return this.#surroundings.onGone(this);
      case "refused":
        return this.#voice.tellTrouble("warn", `jobs/${this.name} is not taken: ${glance.reason}`);
      case "owned":
      case "waiting":
        return;
      case "ended":
        return this.#end();
      case "unsettled":
        return this.#takeUpOnceSettled(glance);
      case "ready":
        break;
    }
    if (this.#known.is === "new") this.#takeUp(glance);
    else if (this.#known.is === "unreadable") this.#takeUpOnceSettled(glance);
    else if (this.#known.is === "ended") this.#end();
  }

  #end(): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    if (this.#watch !== null) this.#surroundings.onEndedWatched(this);
  }

  #takeUpOnceSettled(glance: Glance): void {
    if (this.#hasSettled()) this.#takeUp(glance);
  }

  /** False as long as somebody may still be writing; then it is looked at again in time. */
  #hasSettled(): boolean {
    const { settledAt } = this.#known;
    if (performance.now() >= settledAt) return true;
    this.#alarm.ringAt(settledAt);
    return false;
  }

  #takeUp(glance: Glance): void {
    const { executor, opening, turns, lonely } = this.#surroundings;
    if (opening.isSetAside(this.name, glance.fingerprint)) return this.#setAside();
    this.#state = "open";
    (opening.isSuspect(this.name) ? lonely : turns).take(async () => {
      const onOpening = (): void => opening.begin(this.name, glance.fingerprint);
      // Those that are opened by themselves come late, and what runs of them holds what others would be given.
      const leaving = glance.mayRun ? 0 : lonely.urgent;
      const outcome = await takeUp(executor, this.#dir, glance, { onOpening, leaving });
      opening.end(this.name);
      this.tell(outcome);
      await this.#rejecting;
    }, glance.mayRun);
  }

  /** A manager has died of it twice: it is not to bring this one down. */
  #setAside(): void {
    this.#known.note("aside");
    this.#voice.tellTrouble("error", `job "${this.name}" is set aside: ${WHY_SET_ASIDE}`);
  }

  #follow(job: Job): void {
    this.#retryMs = RETRY_MS;
    this.#voice.forgetTrouble();
    this.#surroundings.waits.note(this.name, null);
    this.#known.note("ended");
    const { state } = job.status();
    if (state === "waiting" || state === "working") this.#voice.tell("info", `job "${this.name}" is taken up`, { run: job.id });
    job.finished().then(
      (summary) => this.tell({ is: "over", summary }),
      (error: unknown) => this.tell({ is: "given-up", error }),
    );
  }

  #over(summary: JobSummary): void {
    const { state, durationMs, error, counts, id: run, isInterrupted } = summary;
    // Only an executor that is closing interrupts.
    if (isInterrupted) return this.#voice.tell("info", `job "${this.name}" is unfinished`, { run, counts });
    if (durationMs > 0) {
      const level = state === "completed" ? "info" : "warn";
      this.#voice.tell(level, `job "${this.name}" ${state}${error === null ? "" : `: ${error}`}`, { run, counts, durationMs });
    }
    // It may have been written again meanwhile, and may soon be.
    if (this.#state !== "closed") this.#lookAgain();
  }

  /** What the system refuses passes; a fault of ours comes again, and is not met a second time without a reason. */
  #givenUp(error: unknown): void {
    if (error instanceof AirError || isSystemError(error)) return this.#tryAgain(error);
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    const way = "it is tried again when its files change, or at the next start of a manager";
    const words = `is set aside (${message}): ${way}`;
    this.#voice.tellTrouble("error", `job "${this.name}" ${words}`, { stack });
    this.#rest("aside", `it ${words}`);
  }

  #refused(glance: Glance, error: unknown): void {
    if (!(error instanceof AirError)) return this.#tryAgain(error);
    const { code, message } = error;
    if (code === "AIR_CLOSED") return;
    if (code === "AIR_NOT_FOUND" && glance.kind !== "unsettled") return this.#rest("waiting", message);
    // What may not be read is no evidence of anything, and whoever it belongs to can let us.
    if (isForbidden(error.cause)) return this.#tryAgain(error);
    // Its tasks may run on: what lies in the place of a file of ours, say, is no verdict on them, and can be put right.
    if (glance.isUnfinished && code !== "AIR_NOT_FOUND") return this.#tryAgain(error);
    if (code !== "AIR_NOT_FOUND" && code !== "AIR_INVALID_JOB" && code !== "AIR_UNSAFE_PATH") return this.#tryAgain(error);
    if (!this.#hasSettled()) return this.#rest("unreadable");
    this.#rejecting = reject(this.#dir, glance, error).then((outcome) => this.tell(outcome));
  }

  #rejected({ message, faults }: AirError): void {
    const inWords = faults.map((fault) => `${fault.place}: ${fault.message}`);
    this.#voice.tell("error", `job "${this.name}" failed: ${message}`, { faults: inWords });
    this.#rest("ended");
  }

  #notRejected(error: unknown): void {
    if (!(error instanceof AirError) || error.code !== "AIR_UNSAFE_PATH") return this.#tryAgain(error);
    this.#voice.tellTrouble("error", `jobs/${this.name} is not taken: ${error.message}`);
    this.#rest("ended");
  }

  /** Somebody else holds it, or it can't be told what is there, or something is wrong with ourselves: told once, and tried again. */
  #tryAgain(error: unknown): void {
    if (this.#state === "closed") return;
    const { why, stack } =
      error instanceof Error ? { why: systemWords(error), stack: error.stack } : { why: String(error), stack: undefined };
    const isFault = !(error instanceof AirError) && !isSystemError(error);
    const isBrief = error instanceof AirError && error.code === "AIR_LOCKED" && this.#retryMs < BRIEF_MS;
    if (!isBrief) {
      this.#voice.tellTrouble("warn", `job "${this.name}" has to wait: ${why}`, isFault ? { stack } : {});
      this.#surroundings.waits.note(this.name, why);
    }
    this.#known.forget();
    // Not all that wait for the same at the same moments.
    this.#restUntil = performance.now() + this.#retryMs * (0.5 + Math.random());
    this.#retryMs = Math.min(LONGEST_RETRY_MS, 2 * this.#retryMs);
    this.#state = "resting";
    this.#alarm.ringAt(this.#restUntil);
  }

  /** With these files it is so; nothing is done until they are others. What it waited for is not over where its author may still be writing. */
  #rest(is: Experience, waitsFor: string | null = null): void {
    this.#known.note(is);
    if (is !== "unreadable") this.#surroundings.waits.note(this.name, waitsFor);
    this.#lookAgain();
  }

  /** Something may have changed while it was open. */
  #lookAgain(): void {
    this.#state = "resting";
    if (this.#watch === null) this.#startWatch();
    this.#lookWhenRested();
  }

  #startWatch(): void {
    this.#watch = new DirectoryWatch(this.#dir, () => this.tell({ is: "changed" }));
  }

  #unwatch(): void {
    this.#watch?.close();
    this.#watch = null;
  }

  #wantsWatch({ kind }: Glance): boolean {
    if (kind === "ended") return this.#surroundings.hasRoomForWatch();
    return kind === "waiting" || kind === "unsettled";
  }

  #fingerprint(): string | null {
    return fingerprintOf(this.#surroundings.executor.dir, this.name);
  }
}
