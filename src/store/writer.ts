/**
 * The single writer of a job's files, and the store's side of the port `Recorder`: what happens goes to the journal first, then into the
 * picture, and from there, when it is worth it, into the snapshots.
 *
 * Trouble with the disk never throws at the scheduler: facts are kept in memory and tried again, starts are refused meanwhile, and
 * whoever listens to `onTrouble` can say so. A crash meanwhile loses nothing either: the runner's spools hold the results.
 */

import { AirError } from "../domain/errors.js";
import type { AttemptStarted, JobEvent } from "../domain/events.js";
import type { Outcome } from "../domain/outcome.js";
import type { Recorder } from "../domain/ports.js";
import { isSystemError } from "../system/look/error-code.js";
import { GroupCommit } from "./journal/group-commit.js";
import type { Journal } from "./journal/journal.js";
import { LogPlace } from "./log-place.js";
import type { Picture } from "./picture/picture.js";
import type { Snapshots } from "./snapshot/snapshot.js";
import { SnapshotSchedule } from "./snapshot/snapshot-schedule.js";
import type { Standing } from "./snapshot/state-guard.js";

/** `grouped`: synced at least once a second and at the end; `strict`: also before a dependent starts. */
export type Durability = "grouped" | "strict";

/** `logs`: an attempt has not begun since its log could not be made. */
export type Refused = "records" | "logs";

export interface WriterOptions {
  readonly durability: Durability;
  /** The disk refuses something (its error), or takes it again (null). */
  readonly onTrouble: (what: Refused, error: Error | null) => void;
  /** Something that no waiting mends: an event that can't be written down, a fault of ours. Nothing is written from then on. Called once. */
  readonly onFault: (error: unknown) => void;
  /** Starts may be possible again: the disk took the facts, or the sync that they waited for is done. */
  readonly onReady: () => void;
}

const RETRY_EVERY_MS = 250;

export class JobWriter implements Recorder {
  readonly #journal: Journal;
  readonly #commit: GroupCommit;
  readonly #picture: Picture;
  readonly #snapshots: Snapshots;
  readonly #schedule: SnapshotSchedule;
  readonly #options: WriterOptions;
  readonly #logs: LogPlace;
  /** Facts that the disk has refused so far, in order. */
  #held: JobEvent[] = [];
  #retryTimer: NodeJS.Timeout | null = null;
  /**
   * What the disk refuses: until that very thing has worked again, the trouble is not over. `probe`: it refused an append, and a start may
   * be tried to see whether it takes one again.
   */
  #trouble: "append" | "probe" | "sync" | null = null;
  #isClosed = false;
  #hasFailed = false;
  #isAway = false;
  /** Size of the journal after the last fact: synced up to there, dependents may start also under strict durability. */
  #factsSize = 0;

  /** @param options.logs path of the directory of logs. */
  constructor(journal: Journal, picture: Picture, snapshots: Snapshots, options: WriterOptions & { readonly logs: string }) {
    this.#journal = journal;
    this.#picture = picture;
    this.#snapshots = snapshots;
    this.#schedule = new SnapshotSchedule(snapshots, picture, (error) => this.#fail(error));
    this.#options = options;
    const refused = (error: Error): void => this.#meetTrouble("sync", error);
    this.#commit = new GroupCommit(journal, options.durability === "strict", () => this.#noteSynced(), refused);
    this.#logs = new LogPlace(options.logs, () => {
      options.onTrouble("logs", null);
      options.onReady();
    });
  }

  /** True if it met what no waiting mends. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  record(events: readonly JobEvent[]): void {
    // Its descriptor may be another file's by now.
    if (this.#hasFailed || this.#journal.isClosed) return;
    for (const event of events) {
      this.#picture.apply(event);
      if (event.type === "attempt-ended" && event.outcome.kind === "not-begun") this.#noteNotBegun(event.outcome);
    }
    this.#held = this.#held.length === 0 ? [...events] : this.#held.concat(events);
    this.#flush();
    this.#schedule.plan();
  }

  recordStarts(events: readonly AttemptStarted[]): boolean {
    if (!this.isReady()) return false;
    try {
      this.#journal.append(events);
    } catch (error) {
      this.#meetTrouble("append", error as Error);
      return false;
    }
    this.#endTrouble("append");
    for (const event of events) this.#picture.apply(event);
    this.#commit.plan();
    this.#schedule.plan();
    return true;
  }

  isReady(): boolean {
    if (
      this.#hasFailed ||
      this.#journal.isClosed ||
      this.#isAway ||
      this.#logs.isRefusing ||
      this.#held.length > 0 ||
      this.#trouble === "append" ||
      this.#trouble === "sync"
    )
      return false;
    return this.#options.durability === "grouped" || this.#journal.syncedSize >= this.#factsSize;
  }

  /** Everything on disk, exactly and synced. Throws the disk's error if it refuses; may be called again. */
  async settle(): Promise<void> {
    this.#cancelTimers();
    try {
      if (this.#held.length > 0) {
        this.#journal.append(this.#held);
        this.#held = [];
      }
      await this.#schedule.settle(() => this.#journal.sync());
    } catch (error) {
      if (!mayPass(error)) this.#fail(error);
      throw error;
    }
  }

  /** Has the journal synced now: it may have to be put where it belongs. */
  sync(): void {
    if (!this.#isClosed && !this.#hasFailed && this.#trouble === null) this.#commit.now();
  }

  /**
   * Looks whether the job's files are ours to write: another run may have been put in our place, or the directory be gone. While it is
   * out of reach nothing may start.
   */
  look(): Standing {
    const wasAway = this.#isAway;
    const standing = this.#lookNow();
    this.#isAway = standing === "away";
    if (wasAway && !this.#isAway) this.#options.onReady();
    return standing;
  }

  /** What can't be looked at is out of reach. */
  #lookNow(): Standing {
    try {
      const standing = this.#snapshots.standing();
      if (this.#snapshots.hasNews()) this.noteNews();
      if (standing === "ours" && this.#snapshots.isStateByOthers()) this.#schedule.planState();
      return standing;
    } catch (error) {
      if (isSystemError(error)) return "away";
      throw error;
    }
  }

  /** Somebody wrote into tasks.json: a snapshot follows soon, which takes in what is new there. */
  noteNews(): void {
    this.#schedule.planTasks();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimers();
    this.#logs.close();
    await this.#schedule.close();
    this.#snapshots.close();
    await this.#journal.close();
  }

  #noteNotBegun({ hindrance, message }: Outcome & { readonly kind: "not-begun" }): void {
    if (hindrance !== "log" || this.#isClosed) return;
    // It may be a file that somebody has put in the place of a log: from now on what is there is moved aside first.
    this.#picture.hasOldLogs = true;
    this.#options.onTrouble("logs", new Error(message));
    this.#logs.refused();
  }

  #flush(): void {
    if (this.#held.length === 0) return;
    try {
      this.#journal.append(this.#held);
    } catch (error) {
      this.#meetTrouble("append", error as Error);
      return;
    }
    this.#held = [];
    this.#factsSize = this.#journal.size;
    this.#endTrouble("append");
    this.#commit.plan();
  }

  #meetTrouble(trouble: "append" | "sync", error: Error): void {
    if (!mayPass(error)) return this.#fail(error);
    if (this.#trouble === null) this.#options.onTrouble("records", error);
    this.#trouble = trouble;
    if (!this.#isClosed) this.#retryTimer ??= setTimeout(() => this.#retry(), RETRY_EVERY_MS);
  }

  #fail(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#cancelTimers();
    this.#options.onFault(error);
  }

  #endTrouble(trouble: "append" | "sync"): void {
    if ((this.#trouble === "probe" ? "append" : this.#trouble) !== trouble) return;
    this.#trouble = null;
    this.#options.onTrouble("records", null);
  }

  #retry(): void {
    this.#retryTimer = null;
    if (this.#held.length > 0) this.#flush();
    else if (this.#trouble === "sync") this.#commit.now();
    // A start was refused: whether one is taken again shows when one is tried.
    else if (this.#trouble === "append") this.#trouble = "probe";
    if (this.isReady()) this.#options.onReady();
  }

  #noteSynced(): void {
    const wasRefused = this.#trouble === "sync";
    this.#endTrouble("sync");
    if (wasRefused || this.#options.durability === "strict") this.#options.onReady();
  }

  #cancelTimers(): void {
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer);
    this.#retryTimer = null;
    this.#commit.cancel();
  }
}

/** What the system refuses, or somebody has put in our way, may be another time. Anything else is a fault, and comes again. */
function mayPass(error: unknown): boolean {
  return isSystemError(error) || error instanceof AirError;
}
