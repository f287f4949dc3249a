/** A spool of this version (native/PROTOCOL.md), for adoption: keeps what concerns certain keys. Reads alone. */

import { NO, type Look } from "../../system/look/look.js";
import { lookAtLock } from "../../system/lock/lock-look.js";
import { bootId, isAlive, wake, type ProcessIdentity } from "../../system/process/process-identity.js";
import { writesElsewhere } from "../../system/process/writes-elsewhere.js";
import type { Trace } from "../ending/trace.js";
import { endOf } from "../spool/end-result.js";
import { SpoolCursor } from "../spool/spool-cursor.js";
import { SpoolLines, type EndingReason, type EndKind, type SpoolHead, type SpoolListener } from "../spool/spool-lines.js";
import type { AdoptedSpool, Told, ToldEnd } from "./adopted-spool.js";

const KEY_BITS = 32n;

interface Entry {
  begunAt: number | null;
  leader: Trace["leader"];
  reason: EndingReason | null;
  end: ToldEnd | null;
  left: number;
  lostLog: number | null;
  isDropped: boolean;
}

export class RunnerSpool implements AdoptedSpool, SpoolListener {
  readonly keepsLimits = true;
  isOutOfSight = false;
  readonly #path: string;
  readonly #cursor: SpoolCursor;
  #lines = new SpoolLines(this);
  readonly #entries = new Map<number, Entry>();
  /** Begun and without an end. */
  readonly #unended = new Set<number>();
  #head: SpoolHead | null = null;
  /** A part of what it said is gone, or can't be read. */
  #isDoubtful = false;

  /** Owns the descriptor from now on. */
  constructor(path: string, fd: number, keys: Iterable<number>) {
    this.#path = path;
    this.#cursor = new SpoolCursor(fd);
    for (const key of keys) {
      this.#entries.set(key, { begunAt: null, leader: null, reason: null, end: null, left: 0, lostLog: null, isDropped: false });
    }
  }

  /** What is told twice counts once: so one that was cut is read again from its beginning. */
  read(): void {
    for (;;) {
      const wasCut = this.#cursor.isCut;
      const bytes = this.#cursor.next();
      if (this.#cursor.isCut !== wasCut) this.#lines = new SpoolLines(this);
      if (bytes.length === 0) break;
      this.#lines.take(bytes);
    }
    this.#isDoubtful ||= this.#cursor.isCut || this.#lines.isDamaged;
  }

  /** By its identity, or, if it lives where we can't see processes (another pid namespace), by the lock that it holds. */
  isAlive(): Look {
    const head = this.#head;
    this.isOutOfSight = false;
    if (head === null) return lookAtLock(this.#path);
    const life = isAlive(head);
    if (life.answer !== "no") return life;
    if (this.isOfEarlierBoot()) return NO;
    const lock = lookAtLock(this.#path);
    this.isOutOfSight = lock.answer === "yes";
    return lock;
  }

  isCopy(): boolean {
    return this.#head !== null && writesElsewhere(this.#head.pid, this.#path, this.#cursor.fd);
  }

  get writer(): ProcessIdentity | null {
    return this.#head;
  }

  /** It drops its queue by itself when its engine is gone. */
  holdBack(): void {}

  wake(): void {
    if (this.#head !== null) wake(this.#head);
  }

  told(key: number): Told {
    const { begunAt, end, left, lostLog, reason, isDropped } = this.#entries.get(key)!;
    return { hasBegun: begunAt !== null, begunAt, end, left, lostLog, reason, isDropped, isDoubtful: this.#isDoubtful };
  }

  trace(key: number, variables: readonly string[]): Trace {
    const { leader } = this.#entries.get(key)!;
    const head = this.#head;
    const mark = head?.mark === "locks" ? (BigInt(head.id) << KEY_BITS) | BigInt(key) : null;
    return { mark, leader, parent: null, variables };
  }

  get unended(): ReadonlySet<number> {
    return this.#unended;
  }

  isOfEarlierBoot(): boolean {
    return this.#head !== null && this.#head.bootId !== bootId();
  }

  close(): void {
    this.#cursor.close();
  }

  head(head: SpoolHead): void {
    this.#head ??= head;
  }

  begun(key: number, at: number): void {
    this.#unended.add(key);
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.begunAt ??= Math.floor(at / 1000);
  }

  lasting(key: number, pid: number, start: number): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.leader ??= { pid, start };
  }

  ended(key: number, kind: EndKind, value: number, at: number, userUs: number, systemUs: number, rssKb: number): void {
    this.#unended.delete(key);
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    const { result, usage } = endOf(kind, value, userUs, systemUs, rssKb);
    entry.end ??= { result, at: at / 1000, usage };
  }

  ending(key: number, reason: EndingReason): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.reason ??= reason;
  }

  dropped(key: number): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.isDropped = true;
  }

  unendable(): void {}

  logLost(key: number, errno: number): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.lostLog ??= errno;
  }

  left(key: number, processes: number): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) entry.left += processes;
  }
}
