/**
 * One slot as its engine sees it: the attempts that it has, what is still to be said to it, and what its spool said. Decides nothing about
 * tasks, and nothing about Slurm; tells its listener how attempts ended.
 */

import type { Result } from "../domain/outcome.js";
import type { Report } from "../domain/ports.js";
import { endOf } from "../workers/runner/end-result.js";
import { SpoolLines, type EndKind } from "../workers/runner/spool-lines.js";
import { dropCommand } from "./command-text.js";
import type { PoolFiles } from "./pool-files.js";
import { explainBye, SlotReader } from "./slot-lines.js";
import { nameOf, type SlotKind } from "./slot-kind.js";
import type { SlotLife } from "./slot-life.js";

/** An attempt in a slot. `key` is the engine's, the slot knows it by another. */
export interface Held {
  readonly key: number;
  begunAt: number | null;
  /** When we heard of that (monotonic milliseconds). */
  heardAt: number;
  reason: "limit" | "stop" | null;
  /** It ended by a signal: perhaps by Slurm's, of which the slot may have to tell yet. */
  doubtful: { readonly report: Report; readonly until: number } | null;
}

export interface ChannelListener {
  onReport(report: Report): void;
  /** The slot's clock differs from ours by so much, in milliseconds. */
  onClock(aheadMs: number): void;
}

/** What waits behind one that runs for longer is for another slot. */
const LASTING_MS = 4_000;
/** So long an end by a signal waits for the slot's word that Slurm sent it. */
const DOUBT_MS = 2_000;
const BY_SIGNAL = 128;

export class SlotChannel {
  readonly number: number;
  readonly kind: SlotKind;
  readonly kindName: string;
  readonly life: SlotLife;
  readonly #files: PoolFiles;
  readonly #listener: ChannelListener;
  #reader: SlotReader;
  /** By the key that the slot knows. */
  readonly #held = new Map<number, Held>();
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
  /** How many ends by a signal wait for the slot's word. */
  #doubts = 0;

  constructor(number: number, kind: SlotKind, life: SlotLife, files: PoolFiles, listener: ChannelListener) {
    this.number = number;
    this.kind = kind;
    this.kindName = nameOf(kind);
    this.life = life;
    this.#files = files;
    this.#listener = listener;
    this.#reader = this.#newReader();
  }

  /** How many attempts it has. */
  get load(): number {
    return this.#held.size;
  }

  /** The keys of the engine's of what it has. */
  get keys(): number[] {
    return [...this.#held.values()].map(({ key }) => key);
  }

  /** True if it was handed an attempt of that number, or a later one. */
  hasHad(wireKey: number): boolean {
    return wireKey <= this.#lastKey;
  }

  /** @param wireKey the number by which the slot knows it. */
  hold(wireKey: number, key: number): void {
    this.#held.set(wireKey, { key, begunAt: null, heardAt: Infinity, reason: null, doubtful: null });
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
  }

  /** Reads what is new. True if there was anything. */
  look(): boolean {
    let hasNews = false;
    for (;;) {
      const bytes = this.#files.readSpool(this.number, this.#offset);
      if (bytes.length === 0) break;
      this.#offset += bytes.length;
      this.#reader.take(bytes);
      hasNews = true;
    }
    this.#send();
    return hasNews;
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
    // Of a slot that is up, nearly always.
    if (phase.is !== "ended" && this.#doubts === 0) return;
    for (const [wireKey, held] of this.#held) {
      const { doubtful } = held;
      if (doubtful !== null && (this.#isTerminated || phase.is === "ended")) {
        this.#report(wireKey, held, this.#lost("Slurm ended it"), doubtful.report.at);
      } else if (doubtful !== null && now >= doubtful.until) {
        this.#forget(wireKey, held);
        this.#listener.onReport(doubtful.report);
      } else if (phase.is === "ended") {
        const result: Result =
          held.begunAt === null
            ? { kind: "not-begun", message: `slot ${this.number} of the cluster has gone: ${phase.why}` }
            : this.#lost(phase.why);
        this.#report(wireKey, held, result, Date.now());
      }
    }
  }

  /** Short tasks come several at once: those that wait behind one that lasts are taken back. */
  #takeBack(now: number): void {
    this.#takeBackAt = now + LASTING_MS / 4;
    const held = [...this.#held.values()];
    const isWaiting = held.length > 1 && held.some(({ begunAt }) => begunAt === null);
    if (!isWaiting) this.#isTakingBack = false;
    else if (!this.#isTakingBack && held.some(({ heardAt }) => now - heardAt > LASTING_MS)) {
      this.#isTakingBack = true;
      this.say(dropCommand, 0);
    }
  }

  #newReader(): SlotReader {
    const { life } = this;
    const records = new SpoolLines({
      head: () => {},
      begun: (key, at) => this.#begun(key, at),
      lasting: () => {},
      ended: (key, kind, value, at, userUs, systemUs, rssKb) => this.#ended(key, kind, value, at, { userUs, systemUs, rssKb }),
      ending: (key, reason) => this.#ending(key, reason),
      unendable: () => {},
      dropped: (key) => this.#dropped(key),
      logLost: () => {},
      left: () => {},
      closed: () => {},
    });
    return new SlotReader(records, {
      hello: (node, at) => {
        life.hello(node);
        this.#listener.onClock(at / 1000 - Date.now());
      },
      took: (batch) => (this.#taken = Math.max(this.#taken, batch)),
      terminated: () => (this.#isTerminated = true),
      timeIsShort: () => life.close(),
      bye: (why) => life.bye(explainBye(why)),
    });
  }

  #lost(why: string): Result {
    return { kind: "lost", message: `its slot ${this.number} on the cluster has gone: ${why}` };
  }

  #send(): void {
    if (this.#outbox.length === 0 || this.#batch > this.#taken || this.life.phase.is === "ended") return;
    const commands = Buffer.concat(this.#outbox);
    this.#batch += 1;
    this.#files.hand(this.number, { number: this.#batch, tasks: this.#outboxTasks, lastKey: this.#lastKey }, commands);
    this.#outbox = [];
    this.#outboxTasks = 0;
  }

  #begun(wireKey: number, at: number): void {
    const held = this.#held.get(wireKey);
    if (held === undefined || held.begunAt !== null) return;
    held.begunAt = at;
    held.heardAt = performance.now();
  }

  #ending(wireKey: number, reason: "limit" | "stop"): void {
    const held = this.#held.get(wireKey);
    if (held !== undefined) held.reason ??= reason;
  }

  #dropped(wireKey: number): void {
    const held = this.#held.get(wireKey);
    if (held === undefined) return;
    this.#forget(wireKey, held);
    const result: Result = { kind: "not-begun", message: "it was taken back from its slot" };
    this.#listener.onReport({ key: held.key, at: Date.now(), result, wasStopped: held.reason === "stop", isHandedBack: true });
  }

  #ended(
    wireKey: number,
    kind: EndKind,
    value: number,
    at: number,
    took: { userUs: number; systemUs: number; rssKb: number },
  ): void {
    const held = this.#held.get(wireKey);
    if (held === undefined || held.doubtful !== null) return;
    const { result, usage } = endOf(kind, value, took.userUs, took.systemUs, took.rssKb);
    const report: Report = {
      key: held.key,
      at: at / 1000,
      result,
      ...(held.begunAt !== null && { begunAt: held.begunAt / 1000 }),
      ...(usage !== null && { usage }),
      wasStopped: held.reason === "stop",
      ...(held.reason === "limit" && { hasTimedOut: true }),
    };
    const isBySignal = kind === "s" || (kind === "x" && value > BY_SIGNAL);
    if (isBySignal && held.reason === null) {
      held.doubtful = { report, until: performance.now() + DOUBT_MS };
      this.#doubts += 1;
    } else {
      this.#forget(wireKey, held);
      this.#listener.onReport(report);
    }
  }

  #forget(wireKey: number, { doubtful }: Held): void {
    this.#held.delete(wireKey);
    if (doubtful !== null) this.#doubts -= 1;
  }

  #report(wireKey: number, held: Held, result: Result, at: number): void {
    this.#forget(wireKey, held);
    const isBack = result.kind === "not-begun" ? ({ isHandedBack: true } as const) : {};
    this.#listener.onReport({ key: held.key, at, result, wasStopped: held.reason === "stop", ...isBack });
  }
}
