/**
 * Keeps watch over the directories in `jobs/` and has the library take up what is ready there.
 *
 * Event-driven: `jobs/` is watched, and every directory that waits for something or may be written again, as far as the system has room
 * for watches. A slow look at all of them, a bounded number at a time, finds what events missed. A job that runs is left to the executor,
 * which notices by itself what happens to its files; a job that has ended costs a line of memory, a watch and its share of that slow look.
 */

import { setImmediate } from "node:timers/promises";
import type { AirExecutor } from "../index.js";
import { jobsDir, TAKING_UP } from "../internal.js";
import { systemWords } from "../system/look/error-code.js";
import { certain } from "../system/look/look.js";
import { listDirectory, lookAt } from "../system/look/path-look.js";
import { DirectoryWatch } from "../system/watch/directory-watch.js";
import { KeptJob, type JobSurroundings } from "./kept-job.js";
import type { ManagerLog } from "./log.js";
import { OTHERS } from "../system/write/slate.js";
import { OpeningRecord } from "./opening-record.js";
import { Turns } from "./turns.js";
import { ITSELF, Waits } from "./waits.js";
import { watchBudget } from "./watch-budget.js";

const LOOK_EVERY_MS = 1000;
/** Directories looked at in one go, at 12 µs each: more of them if some have no watch. */
const LOOKS_AT_ONCE = { watched: 150, unwatched: 500 };
/** Directories glanced at before the event loop gets a turn. */
const SLICE = 100;
/** Jobs that are opened at the same time; more would only wait for each other. */
const OPENED_AT_ONCE = 48;

export class JobKeeper {
  readonly #jobs = new Map<string, KeptJob>();
  readonly #dir: string;
  readonly #root: DirectoryWatch;
  readonly #surroundings: JobSurroundings;
  readonly #turns = new Turns(OPENED_AT_ONCE);
  /** For those of which a manager has died. */
  readonly #lonely = new Turns(1);
  readonly #opening: OpeningRecord;
  readonly #waits: Waits;
  /** Ended jobs that are watched, for a job is often written again under its name; those that ended last come last. */
  readonly #ended = new Set<KeptJob>();
  readonly #mostEnded = watchBudget();
  #ring: Iterator<KeptJob> = [].values();
  #timer: NodeJS.Timeout | null = null;
  #readAt = -1;
  #lastSaid = "";
  #isClosed = false;

  constructor(executor: AirExecutor, log: ManagerLog) {
    this.#dir = jobsDir(executor.dir);
    this.#opening = new OpeningRecord(executor.dir);
    this.#waits = new Waits(executor.dir);
    this.#surroundings = {
      executor,
      log,
      turns: this.#turns,
      lonely: this.#lonely,
      opening: this.#opening,
      waits: this.#waits,
      onGone: (job) => this.#forget(job),
      hasRoomForWatch: () => this.#ended.size < this.#mostEnded,
      onEndedWatched: (job) => this.#noteEnded(job),
    };
    this.#root = new DirectoryWatch(this.#dir, (name) => {
      if (name !== null) this.#changed(name);
    });
  }

  /**
   * Resolves when everything that is there was glanced at. Nothing is opened before: there may be no room for all, and then it is for those
   * of which tasks run.
   */
  async start(): Promise<void> {
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#waits.note(OTHERS, TAKING_UP);
    await this.#scan();
    this.#turns.begin();
    this.#lonely.begin();
  }

  /** Resolves when all that was found so far is taken up, but for those that take too long for it. */
  async settled(patienceMs: number): Promise<void> {
    await Promise.all([this.#turns.settled(patienceMs), this.#lonely.settled(patienceMs)]);
    if (!this.#isClosed) this.#waits.note(OTHERS, null);
  }

  /** Takes nothing up any more. */
  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#root.close();
    for (const job of this.#jobs.values()) job.close();
  }

  /** To be called now and then: what we say of what waits is to be found, whatever somebody does to our files. */
  keep(): void {
    this.#waits.keep();
  }

  /** Resolves when nothing is being opened any more. */
  async idle(): Promise<void> {
    await Promise.all([this.#turns.idle(), this.#lonely.idle()]);
    this.#opening.close();
    this.#waits.close();
  }

  #changed(name: string): void {
    if (this.#isClosed) return;
    let job = this.#jobs.get(name);
    if (job === undefined) {
      job = new KeptJob(name, this.#surroundings);
      this.#jobs.set(name, job);
    }
    job.tell({ is: "changed" });
  }

  /** Names that are new to us. A directory that can't be read is read again with the next look. */
  async #scan(): Promise<void> {
    try {
      await this.#scanNew();
      this.#lastSaid = "";
      this.#waits.note(ITSELF, null);
    } catch (error) {
      this.#readAt = -1;
      const message = systemWords(error as Error);
      if (message !== this.#lastSaid) this.#surroundings.log.write("warn", `${this.#dir} can't be read: ${message}`);
      this.#lastSaid = message;
      this.#waits.note(ITSELF, `${this.#dir} can't be read: ${message}`);
    }
  }

  /** The time of the directory tells whether there can be any. */
  async #scanNew(): Promise<void> {
    const changedAt = certain(lookAt(this.#dir))?.mtimeMs ?? -1;
    // Two changes within one tick of the clock look like one: a directory that was just changed is read once more.
    if (changedAt === this.#readAt) return;
    this.#readAt = Date.now() - changedAt > LOOK_EVERY_MS ? changedAt : -1;
    let count = 0;
    for (const name of changedAt < 0 ? [] : namesIn(this.#dir)) {
      if (this.#isClosed) return;
      if (this.#jobs.has(name)) continue;
      this.#changed(name);
      if (++count % SLICE === 0) await setImmediate();
    }
  }

  #look(): void {
    if (this.#root.refresh()) this.#readAt = -1;
    void this.#scan();
    const looks = this.#ended.size < this.#mostEnded ? LOOKS_AT_ONCE.watched : LOOKS_AT_ONCE.unwatched;
    for (let looked = 0; looked < Math.min(looks, this.#jobs.size); looked++) {
      let next = this.#ring.next();
      if (next.done === true) {
        this.#ring = this.#jobs.values();
        next = this.#ring.next();
      }
      if (next.done !== true) next.value.tell({ is: "passed" });
    }
  }

  #forget(job: KeptJob): void {
    this.#jobs.delete(job.name);
    this.#ended.delete(job);
    job.close();
  }

  #noteEnded(job: KeptJob): void {
    this.#ended.delete(job);
    this.#ended.add(job);
    const [oldest] = this.#ended;
    if (oldest === undefined || this.#ended.size <= this.#mostEnded) return;
    this.#ended.delete(oldest);
    oldest.unwatchIfEnded();
  }
}

/** Throws what keeps us from reading them. */
function namesIn(dir: string): readonly string[] {
  const names = listDirectory(dir);
  if (names.answer === "other") throw new Error(`it is ${names.what}, expected a directory`);
  return certain(names) ?? [];
}
