/**
 * What is known of one slot of a cluster, and what follows: pure, time comes in as a value. A slot is capacity, never a task: tasks are given
 * to slots that have said hello. Slurm's word starts a fence and never proves an end: only the slot's `bye`, or its lease and a margin, do.
 */

import { LAUNCH_FAILURE, type QueueEntry } from "./queue-states.js";

export type SlotPhase =
  /** Asked for; nobody has heard of it yet. */
  | { readonly is: "asked" }
  | { readonly is: "queued"; readonly reason: string | null }
  /** It has said hello and takes batches. */
  | { readonly is: "up" }
  /** It takes no more: it was told to end when it is through, or its time is nearly over. */
  | { readonly is: "closing" }
  /** Slurm does not say that it runs, and it has not said `bye`: to be told to kill all it has, and waited for. `until`: `Infinity` before it was told. */
  | { readonly is: "fencing"; readonly until: number; readonly why: string }
  /** Nothing of it runs. `isByItself`: it said so. */
  | { readonly is: "ended"; readonly why: string; readonly isByItself: boolean };

export interface SlotLimits {
  /** In milliseconds: a slot that can't reach its files for so long ends all that it runs. */
  readonly leaseMs: number;
  /** Clocks may drift and a kill takes a moment: so much is waited on top. */
  readonly marginMs: number;
  /** How long Slurm was asked to let a slot live; `Infinity` if not. Its own word counts before that. */
  readonly lifeMs: number;
  /** How long `bye` may be on its way when Slurm says that the slot is over. */
  readonly byeDelayMs: number;
}

const FRESH_MS = 30_000;
/** A new word may take half a minute to be seen. */
const MUTE_MS = 60_000;

export class SlotLife {
  readonly #limits: SlotLimits;
  #phase: SlotPhase = { is: "asked" };
  #overSince: number | null = null;
  #runningSince: number | null = null;
  #lastWord: QueueEntry | null = null;
  #absences = 0;
  #node: string | null = null;
  #job: string | null = null;
  #helloAt = -Infinity;
  /** Null if nothing is known of it yet. */
  #endsAt: number | null = null;

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  get phase(): SlotPhase {
    return this.#phase;
  }

  get hasSaidHello(): boolean {
    return this.#node !== null;
  }

  /** Where it is, as it said itself. */
  get node(): string {
    return this.#node ?? "a node";
  }

  /** What Slurm calls its array, as it said itself; null if it has not. */
  get job(): string | null {
    return this.#job;
  }

  /** What Slurm said last; null if nothing yet. */
  get lastWord(): QueueEntry | null {
    return this.#lastWord;
  }

  hello(node: string, now: number, job: string | null = null): void {
    if (!this.hasSaidHello) this.#helloAt = now;
    if (this.#limits.lifeMs < Infinity) this.#endsAt ??= now + this.#limits.lifeMs;
    this.#node = node;
    this.#job = job;
    if (this.#phase.is === "asked" || this.#phase.is === "queued") this.#phase = { is: "up" };
  }

  /** How long Slurm lets it live; null if that is not known yet. */
  leftMs(now: number): number | null {
    return this.#endsAt === null ? null : this.#endsAt - now;
  }

  /** True if it said hello a moment ago: no slot has more time left. */
  isFresh(now: number): boolean {
    return now - this.#helloAt < FRESH_MS;
  }

  /** Nothing more is given to it. */
  close(): void {
    if (this.#phase.is === "up") this.#phase = { is: "closing" };
  }

  bye(why: string): void {
    if (this.#phase.is !== "ended") this.#phase = { is: "ended", why, isByItself: true };
  }

  /**
   * Slurm has answered, after the slot was submitted.
   *
   * @param entry null if it does not name the slot, which proves nothing: it forgets jobs, and loses some.
   */
  hear(entry: QueueEntry | null, now: number): void {
    if (this.#phase.is === "ended" || this.#phase.is === "fencing") return;
    this.#absences = entry === null ? this.#absences + 1 : 0;
    if (entry !== null) this.#lastWord = entry;
    if (entry !== null && entry.state !== "over") {
      this.#overSince = null;
      if (entry.state === "running") this.#runningSince ??= now;
      if (entry.leftMs !== null) this.#endsAt = now + entry.leftMs;
      if (entry.state === "queued" && !this.hasSaidHello) this.#phase = { is: "queued", reason: entry.reason };
      return;
    }
    if (entry === null && this.#absences < 2) return;
    this.#overSince ??= now;
    const why = entry === null ? "Slurm does not know it any more" : `Slurm says ${entry.word}`;
    // It never had a task: nothing has to be waited for, but for a hello that may be on its way. Of what was never started there is none.
    if (!this.hasSaidHello) {
      const isUnborn = entry?.reason === LAUNCH_FAILURE;
      if (isUnborn || now - this.#overSince >= this.#limits.byeDelayMs) this.#phase = { is: "ended", why, isByItself: false };
      return;
    }
    if (now - this.#overSince >= this.#limits.byeDelayMs) this.#fence(why);
  }

  /** It finds the word in its files: from now on its lease runs. One that reads there that it may go on would do so for ever. */
  fenceTold(now: number): void {
    if (this.#phase.is !== "fencing" || this.#phase.until !== Infinity) return;
    this.#phase = { ...this.#phase, until: now + this.#limits.leaseMs + this.#limits.marginMs };
  }

  get hasToBeFenced(): boolean {
    return this.#phase.is === "fencing" && this.#phase.until === Infinity;
  }

  /** True if Slurm has said that it is over, and it is to be asked again soon. */
  get isDoubtful(): boolean {
    return this.#overSince !== null && this.#phase.is !== "ended" && this.#phase.is !== "fencing";
  }

  /** True if Slurm has long said that it runs, and it has said nothing. */
  isMute(now: number): boolean {
    const isAwaited = this.#phase.is === "asked" || this.#phase.is === "queued";
    return isAwaited && this.#runningSince !== null && now - this.#runningSince > MUTE_MS;
  }

  tick(now: number): void {
    if (this.#phase.is === "fencing" && now >= this.#phase.until)
      this.#phase = { is: "ended", why: `${this.#phase.why}, and its lease is over`, isByItself: false };
  }

  #fence(why: string): void {
    this.#phase = { is: "fencing", until: Infinity, why };
  }
}
