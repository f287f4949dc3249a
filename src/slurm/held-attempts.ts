/**
 * The attempts that one slot has, and what its runner said of them. Tells how they ended; knows no file and nothing of Slurm.
 *
 * An end by a signal is doubtful: Slurm, or the end of the node, may have sent it, of which the slot can't always tell. Then the attempt was
 * lost, and did not fail. It counts when the slot has shown afterwards that it lives, and nobody told it to end.
 */

import type { Result } from "../domain/outcome.js";
import type { Begun, Descriptor, Report } from "../domain/ports.js";
import { endOf, startFailure } from "../workers/spool/end-result.js";
import type { EndKind } from "../workers/spool/spool-lines.js";

/** An end that may have been the slot's end. */
interface Doubt {
  readonly report: Report;
  readonly until: number;
  /** Number of the answer that shows that the slot lived on; null while it was not asked. */
  proof: number | null;
}

/** `key` is the engine's, the slot knows it by another. */
interface Held {
  readonly key: number;
  /** Null for one of an earlier engine. */
  readonly attempt: Descriptor | null;
  begunAt: number | null;
  /** When we heard of that (monotonic milliseconds). */
  heardAt: number;
  reason: "limit" | "stop" | null;
  doubtful: Doubt | null;
}

export interface Took {
  readonly userUs: number;
  readonly systemUs: number;
  readonly rssKb: number;
}

/** What has become of the slot. */
export type Fate =
  /** It has answered everything up to that number. */
  | { readonly is: "alive"; readonly answered: number }
  /** Slurm has told it to end. */
  | { readonly is: "terminated" }
  /** Nothing of it runs. `isThrough`: it had nothing left to do. */
  | { readonly is: "ended"; readonly why: string; readonly isThrough: boolean };

/** So long the end of the slot, or the word that Slurm ends it, may be behind the end of what it runs. */
const DOUBT_MS = 2_000;
const BY_SIGNAL = 128;

export class HeldAttempts {
  readonly #slot: number;
  readonly #onReport: (report: Report) => void;
  readonly #onBegun: (begun: Begun) => void;
  readonly #askForLife: () => number;
  /** By the key that the slot knows. */
  readonly #held = new Map<number, Held>();
  #doubts = 0;

  /**
   * @param onBegun hears of those of an earlier engine: of ours, whoever handed them over knows.
   * @param askForLife has the slot say something; gives the number of its answer.
   */
  constructor(slot: number, onReport: (report: Report) => void, onBegun: (begun: Begun) => void, askForLife: () => number) {
    this.#slot = slot;
    this.#onReport = onReport;
    this.#onBegun = onBegun;
    this.#askForLife = askForLife;
  }

  get size(): number {
    return this.#held.size;
  }

  hold(wireKey: number, key: number, attempt: Descriptor | null): void {
    this.#held.set(wireKey, { key, attempt, begunAt: null, heardAt: Infinity, reason: null, doubtful: null });
  }

  /** True if something waits behind one that has run for so long. */
  waitsBehind(lastingMs: number, now: number): boolean {
    if (this.#held.size < 2) return false;
    const held = [...this.#held.values()];
    return held.some(({ begunAt }) => begunAt === null) && held.some(({ heardAt }) => now - heardAt > lastingMs);
  }

  begun(wireKey: number, at: number): void {
    const held = this.#held.get(wireKey);
    if (held === undefined || held.begunAt !== null) return;
    held.begunAt = at;
    held.heardAt = performance.now();
    if (held.attempt === null) this.#onBegun({ key: held.key, at: Math.floor(at / 1000) });
  }

  ending(wireKey: number, reason: "limit" | "stop"): void {
    const held = this.#held.get(wireKey);
    if (held !== undefined) held.reason ??= reason;
  }

  dropped(wireKey: number): void {
    const held = this.#held.get(wireKey);
    if (held !== undefined)
      this.#end(wireKey, held, { kind: "not-begun", message: "it was taken back from its slot" }, Date.now());
  }

  /** @param node on which it was. */
  ended(wireKey: number, kind: EndKind, value: number, at: number, { userUs, systemUs, rssKb }: Took, node: string): void {
    const held = this.#held.get(wireKey);
    if (held === undefined || held.doubtful !== null) return;
    const { result, usage } =
      kind === "x" || kind === "s"
        ? endOf(kind, value, userUs, systemUs, rssKb)
        : { result: startFailure(kind, value, held.attempt, node), usage: null };
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
    if (!isBySignal || held.reason !== null) return this.#report(wireKey, held, report);
    held.doubtful = { report, until: performance.now() + DOUBT_MS, proof: null };
    this.#doubts += 1;
  }

  /** Settles what only time and the slot's fate settle. */
  settle(fate: Fate, now: number): void {
    // Of a slot that is up, nearly always.
    if (fate.is !== "ended" && this.#doubts === 0) return;
    for (const [wireKey, held] of this.#held) {
      const { doubtful } = held;
      if (doubtful !== null && this.#isCertain(doubtful, fate, now)) this.#report(wireKey, held, doubtful.report);
      else if (doubtful !== null && fate.is !== "alive")
        this.#end(wireKey, held, this.#lost("Slurm ended it"), doubtful.report.at);
      else if (fate.is === "ended") this.#end(wireKey, held, this.#resultOfEnded(held, fate.why), Date.now());
    }
  }

  /** The slot is asked when the doubt has lasted: it may live a moment longer than what it runs. */
  #isCertain(doubt: Doubt, fate: Fate, now: number): boolean {
    if (fate.is !== "alive") return fate.is === "ended" && fate.isThrough;
    if (now < doubt.until) return false;
    if (doubt.proof !== null) return fate.answered >= doubt.proof;
    doubt.proof = this.#askForLife();
    return false;
  }

  #resultOfEnded({ begunAt }: Held, why: string): Result {
    if (begunAt !== null) return this.#lost(why);
    return { kind: "not-begun", message: `slot ${this.#slot} of the cluster has gone: ${why}` };
  }

  #lost(why: string): Result {
    return { kind: "lost", message: `its slot ${this.#slot} on the cluster has gone: ${why}` };
  }

  #end(wireKey: number, held: Held, result: Result, at: number): void {
    const isBack = result.kind === "not-begun" ? ({ isHandedBack: true } as const) : {};
    this.#report(wireKey, held, { key: held.key, at, result, wasStopped: held.reason === "stop", ...isBack });
  }

  #report(wireKey: number, { doubtful }: Held, report: Report): void {
    this.#held.delete(wireKey);
    if (doubtful !== null) this.#doubts -= 1;
    this.#onReport(report);
  }
}
