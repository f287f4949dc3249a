/**
 * One slot as its engine sees it: what is still to be said to it, and what its spool said. Decides nothing about
 * tasks, and nothing about Slurm; tells its listener how attempts ended.
 */

import type { Begun, Descriptor, Report } from "../domain/ports.js";
import { SpoolLines } from "../workers/spool/spool-lines.js";
import { dropCommand } from "./command-text.js";
import { HeldAttempts } from "./held-attempts.js";
import type { PoolFiles } from "./pool-files.js";
import { explainBye, SlotReader } from "./slot-lines.js";
import { nameOf, type SlotKind } from "./slot-kind.js";
import type { SlotLife } from "./slot-life.js";

export interface ChannelListener {
  onReport(report: Report): void;
  /** Of an earlier engine's. */
  onBegun(begun: Begun): void;
  /** The slot's clock differs from ours by so much, in milliseconds. */
  onClock(aheadMs: number): void;
  /** Its files can't be read or written now, which is tried again. */
  onTrouble(error: Error): void;
}

/** What waits behind one that runs for longer is for another slot. */
const LASTING_MS = 4_000;
const NOTHING = Buffer.alloc(0);

export class SlotChannel {
  readonly number: number;
  readonly kind: SlotKind;
  readonly kindName: string;
  readonly life: SlotLife;
  readonly #files: PoolFiles;
  readonly #listener: ChannelListener;
  #reader: SlotReader;
  readonly #held: HeldAttempts;
  /** To be said in the next batch. */
  #outbox: Buffer[] = [];
  #outboxTasks = 0;
  #batch = 0;
  #taken = 0;
  #lastKey = 0;
  #offset = 0;
  #isTerminated = false;
  #isTakingBack = false;
  #takeBackAt = 0;
  #isThrough = false;
  /** An earlier engine had it: what it said first was said some time ago. */
  #isResumed = false;

  constructor(number: number, kind: SlotKind, life: SlotLife, files: PoolFiles, listener: ChannelListener) {
    this.number = number;
    this.kind = kind;
    this.kindName = nameOf(kind);
    this.life = life;
    this.#files = files;
    this.#listener = listener;
    this.#held = new HeldAttempts(
      number,
      (report) => listener.onReport(report),
      (begun) => listener.onBegun(begun),
      () => this.#askForLife(),
    );
    this.#reader = this.#newReader();
  }

  /** How many attempts it has. */
  get load(): number {
    return this.#held.size;
  }

  /**
   * True if what takes so long at most would end there before Slurm ends the slot, or no slot could give it more time. Slurm is left a moment to say
   * how long that is.
   */
  hasTimeFor(lastingMs: number, now: number): boolean {
    const leftMs = this.life.leftMs(now);
    if (lastingMs === 0) return true;
    if (leftMs === null) return !this.life.isFresh(now);
    return leftMs >= lastingMs || (this.#batch === 0 && this.life.isFresh(now));
  }

  /** True if it was handed an attempt of that number, or a later one. */
  hasHad(wireKey: number): boolean {
    return wireKey <= this.#lastKey;
  }

  /** @param wireKey the number by which the slot knows it. @param attempt null for one of an earlier engine. */
  hold(wireKey: number, key: number, attempt: Descriptor | null): void {
    this.#held.hold(wireKey, key, attempt);
  }

  /** Says commands to its runner, of which so many start tasks, that of the last number last; with the next batch if one is on its way. */
  say(commands: Uint8Array, tasks: number, lastKey = this.#lastKey): void {
    this.#lastKey = lastKey;
    this.#outbox.push(Buffer.from(commands));
    this.#outboxTasks += tasks;
    this.#send();
  }

  /** Goes on with a slot that an earlier engine had: its batches have numbers already. */
  resume(): void {
    const { number, lastKey } = this.#files.readHead(this.number);
    this.#batch = number;
    this.#lastKey = lastKey;
    this.#isResumed = true;
  }

  /** Reads what is new. True if there was anything. */
  look(): boolean {
    let hasNews = false;
    for (let bytes = this.#readOn(); bytes.length > 0; bytes = this.#readOn()) {
      this.#offset += bytes.length;
      this.#reader.take(bytes);
      hasNews = true;
    }
    this.#send();
    return hasNews;
  }

  #readOn(): Buffer {
    try {
      return this.#files.readSpool(this.number, this.#offset);
    } catch (error) {
      this.#listener.onTrouble(error as Error);
      return NOTHING;
    }
  }

  /** Hears again all that its spool has said, for attempts that were not known then. */
  replay(): void {
    this.#offset = 0;
    this.#reader = this.#newReader();
    this.look();
  }

  /** Settles what only time settles. */
  tick(now: number): void {
    this.life.tick(now);
    const { phase } = this.life;
    if (now >= this.#takeBackAt) this.#takeBack(now);
    if (phase.is === "ended") this.#held.settle({ is: "ended", why: phase.why, isThrough: this.#isThrough }, now);
    else if (this.#isTerminated) this.#held.settle({ is: "terminated" }, now);
    else this.#held.settle({ is: "alive", answered: this.#taken }, now);
  }

  /** Short tasks come several at once: those that wait behind one that lasts are taken back. */
  #takeBack(now: number): void {
    this.#takeBackAt = now + LASTING_MS / 4;
    const isDue = this.#held.waitsBehind(LASTING_MS, now);
    if (isDue && !this.#isTakingBack) this.say(dropCommand, 0);
    this.#isTakingBack = isDue;
  }

  /** An empty batch: that it was taken says that the slot lives. Gives its number. */
  #askForLife(): number {
    const number = this.#batch + 1;
    this.say(NOTHING, 0);
    return number;
  }

  #newReader(): SlotReader {
    const { life } = this;
    const records = new SpoolLines({
      head: () => {},
      begun: (key, at) => this.#held.begun(key, at),
      lasting: () => {},
      ended: (key, kind, value, at, userUs, systemUs, rssKb) =>
        this.#held.ended(key, kind, value, at, { userUs, systemUs, rssKb }, life.node),
      // A shutdown there is none here: a job that Slurm ends says so itself.
      ending: (key, reason) => reason !== "shutdown" && this.#held.ending(key, reason),
      unendable: () => {},
      dropped: (key) => this.#held.dropped(key),
      left: () => {},
      logLost: () => {},
    });
    return new SlotReader(records, {
      hello: (node, job, at) => {
        life.hello(node, performance.now(), job);
        if (!this.#isResumed) this.#listener.onClock(at / 1000 - Date.now());
      },
      took: (batch) => (this.#taken = Math.max(this.#taken, batch)),
      terminated: () => {
        this.#isTerminated = true;
        life.close();
      },
      timeIsShort: () => life.close(),
      bye: (why) => {
        this.#isThrough = why === "over";
        life.bye(explainBye(why));
      },
    });
  }

  #send(): void {
    if (this.#outbox.length === 0 || this.#batch > this.#taken || this.life.phase.is === "ended") return;
    const commands = Buffer.concat(this.#outbox);
    const number = this.#batch + 1;
    try {
      this.#files.hand(this.number, { number, tasks: this.#outboxTasks, lastKey: this.#lastKey }, commands);
    } catch (error) {
      // A full disk, perhaps: it is kept, and goes with the next look.
      return this.#listener.onTrouble(error as Error);
    }
    this.#batch = number;
    this.#outbox = [];
    this.#outboxTasks = 0;
  }
}
