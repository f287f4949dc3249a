/**
 * Collects what a runner has recorded of attempts, in columns, until it is sent to the main thread. In the worker thread; knows no process.
 */

import { MemoryKills } from "./memory-kills.js";
import {
  AFTER_LIMIT,
  AFTER_STOP,
  BY_SIGNAL,
  END,
  IN_SHUTDOWN,
  OUT_OF_MEMORY,
  type ThreadNews,
  type UnusualEnd,
} from "../runner/messages.js";
import type { EndingReason, EndKind } from "../spool/spool-lines.js";

const FIRST_ROOM = 64;
const KILLED = 9;
/** As a shell says it of the last that it started. */
const TOLD_OF_KILLED = 128 + KILLED;

export class Ends {
  #columns = new Float64Array(FIRST_ROOM * END);
  #length = 0;
  #begun: number[] = [];
  #unusual: UnusualEnd[] = [];
  readonly #memoryKills = new MemoryKills();

  constructor() {
    this.#memoryKills.sample(Date.now());
  }

  get isEmpty(): boolean {
    return this.#length === 0 && this.#begun.length === 0 && this.#unusual.length === 0;
  }

  /** An attempt runs, since `at` (µs since 1970), and lasts. */
  begun(key: number, at: number): void {
    this.#begun.push(key, at);
  }

  /** Times are µs since 1970. */
  ended(
    key: number,
    kind: EndKind,
    reason: EndingReason | undefined,
    value: number,
    begunAt: number,
    at: number,
    userUs: number,
    systemUs: number,
    rssKb: number,
  ): void {
    if (kind !== "x" && kind !== "s") {
      this.#unusual.push({ type: "not-started", key, at: at / 1000, stage: kind, errno: value });
      return;
    }
    if (this.#length + END > this.#columns.length) this.#grow();
    const columns = this.#columns;
    const why = reason === "limit" ? AFTER_LIMIT : reason === "stop" ? AFTER_STOP : this.#causeOf(kind, value, begunAt);
    columns[this.#length++] = key;
    columns[this.#length++] = (kind === "s" ? BY_SIGNAL : 0) | (reason === "shutdown" ? IN_SHUTDOWN : 0) | why;
    columns[this.#length++] = value;
    columns[this.#length++] = begunAt;
    columns[this.#length++] = at;
    columns[this.#length++] = userUs;
    columns[this.#length++] = systemUs;
    columns[this.#length++] = rssKb;
  }

  unusual(end: UnusualEnd): void {
    this.#unusual.push(end);
  }

  /** All of it, as a message and what is moved along with it. */
  take(): { readonly news: ThreadNews; readonly transfer: ArrayBuffer[] } {
    const ends = this.#columns.slice(0, this.#length);
    const news: ThreadNews = { type: "news", begun: this.#begun, ends, unusual: this.#unusual };
    this.#length = 0;
    this.#begun = [];
    this.#unusual = [];
    this.#memoryKills.sample(Date.now());
    return { news, transfer: [ends.buffer] };
  }

  #causeOf(kind: "x" | "s", value: number, begunAt: number): number {
    if (value !== (kind === "s" ? KILLED : TOLD_OF_KILLED)) return 0;
    return this.#memoryKills.accountsFor(begunAt / 1000, Date.now()) ? OUT_OF_MEMORY : 0;
  }

  #grow(): void {
    const larger = new Float64Array(this.#columns.length * 2);
    larger.set(this.#columns);
    this.#columns = larger;
  }
}
