/**
 * Decides when the snapshots of a job are written: at once when little is going on, seldom enough when a lot is. It is told that
 * something has changed, and never looks for it.
 *
 * state.json lags by less than a second, however large the job is. So does tasks.json of up to `SMALL_JOB` tasks; that of a larger job
 * is written as often as a small share of the time allows.
 */

import { setTimeout as pause } from "node:timers/promises";
import { AirError } from "../../domain/errors.js";
import { isSystemError } from "../../system/look/error-code.js";
import type { Picture } from "../picture/picture.js";
import type { Snapshots } from "./snapshot.js";
import type { Standing } from "./state-guard.js";

/** From one snapshot to the next: with the time that one takes, well within a second. */
const PAUSE_MS = 750;
/** Small bursts share a snapshot. */
const BURST_MS = 20;
const SMALL_JOB = 10_000;
/** In larger jobs tasks.json takes at most one part in this many of the time. */
const SHARE = 20;
/** How often we look whether somebody else has finished writing. */
const UNSETTLED_EVERY_MS = 50;

/** Whoever writes the files when told to. */
export type SnapshotFiles = Pick<Snapshots, "write" | "writeState" | "writeSynced">;

export class SnapshotSchedule {
  readonly #snapshots: SnapshotFiles;
  readonly #picture: Pick<Picture, "version" | "tasks">;
  readonly #onFault: (error: unknown) => void;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> | null = null;
  /** While the last word is written: what changes meanwhile is looked at behind it. */
  #isSettling = false;
  #isClosed = false;
  /** Versions of the picture that the files show. */
  #stateVersion = -1;
  #tasksVersion = -1;
  #lastAt = -Infinity;
  #tasksDueAt = -Infinity;

  /** @param onFault hears of what is no refusal of the system's: it would come again. */
  constructor(
    snapshots: SnapshotFiles,
    picture: Pick<Picture, "version" | "tasks">,
    onFault: (error: unknown) => void = () => {},
  ) {
    this.#snapshots = snapshots;
    this.#picture = picture;
    this.#onFault = onFault;
  }

  /** The picture has changed: there will be a snapshot. */
  plan(): void {
    if (this.#timer !== null || this.#isSettling || this.#isClosed) return;
    const delay = Math.max(BURST_MS, this.#lastAt + PAUSE_MS - performance.now());
    this.#timer = setTimeout(() => this.#write(), delay);
  }

  /** tasks.json is not as we left it: it has its turn even if the picture has not changed. */
  planTasks(): void {
    this.#tasksVersion = -1;
    this.plan();
  }

  /** The same for state.json. */
  planState(): void {
    this.#stateVersion = -1;
    this.plan();
  }

  /** Both files exact and synced. Throws the disk's error if it refuses; may be called again. */
  async settle(before: () => Promise<void>): Promise<void> {
    await this.#writing;
    // Only now: one that has just ended may have planned the next, and that must not write beside ours.
    this.#cancelTimer();
    this.#isSettling = true;
    try {
      while ((await this.#writeSynced(before)) === "unsettled") await pause(UNSETTLED_EVERY_MS);
    } finally {
      this.#isSettling = false;
      this.#planIfStale();
    }
  }

  async #writeSynced(before: () => Promise<void>): Promise<Standing> {
    const { version } = this.#picture;
    const standing = await this.#snapshots.writeSynced(before);
    if (standing === "ours") this.#stateVersion = this.#tasksVersion = version;
    return standing;
  }

  /** Writes no more. Resolves when nothing is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer();
    await this.#writing;
  }

  #write(): void {
    this.#timer = null;
    this.#lastAt = performance.now();
    const { version } = this.#picture;
    if (this.#writing === null && this.#lastAt >= this.#tasksDueAt && version !== this.#tasksVersion) {
      this.#writing = this.#writeBoth();
      return;
    }
    if (version !== this.#stateVersion) this.#writeState();
    this.#planIfStale();
  }

  async #writeBoth(): Promise<void> {
    const start = performance.now();
    const { version } = this.#picture;
    // A snapshot that fails is made again; the journal, which matters, reports its own troubles.
    const standing = await this.#snapshots.write().catch((error: unknown) => this.#meet(error));
    if (standing === "ours") this.#stateVersion = this.#tasksVersion = version;
    const end = performance.now();
    this.#tasksDueAt = this.#picture.tasks.length > SMALL_JOB ? end + (end - start) * SHARE : end;
    this.#writing = null;
    this.#planIfStale();
  }

  #writeState(): void {
    const { version } = this.#picture;
    try {
      if (this.#snapshots.writeState() === "ours") this.#stateVersion = version;
    } catch (error) {
      this.#meet(error);
    }
  }

  #meet(error: unknown): null {
    if (!isSystemError(error) && !(error instanceof AirError)) this.#onFault(error);
    return null;
  }

  #planIfStale(): void {
    const { version } = this.#picture;
    if (version !== this.#stateVersion || version !== this.#tasksVersion) this.plan();
  }

  #cancelTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
