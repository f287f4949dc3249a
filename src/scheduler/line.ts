/**
 * The attempts that a runner with one queue has, in the order in which they were handed over. It begins them in that order, so whoever knows
 * which have ended knows which run: the first so many of the others.
 *
 * What waits there is out of our hands: other jobs and better tasks wait behind it. So it is taken back if it has not begun soon.
 */

import type { RunnerQueue } from "../domain/ports.js";

/** Nothing waits much longer to begin. */
const PATIENCE_MS = 250;
/** After what may have been a pause of our own: so long for what happened meanwhile to be heard. */
const SECOND_LOOK_MS = 20;

/** What of an attempt decides where it is. */
export interface InLine {
  /** True while it waits. */
  readonly isQueued: boolean;
  /** When it was handed over, in monotonic milliseconds. */
  readonly handedAt: number;
}

export class Line<Attempt extends InLine> {
  readonly #queue: RunnerQueue;
  #running = 0;
  /** The oldest first. */
  readonly #waiting = new Set<Attempt>();
  /** What was handed over ahead and has not ended, whether it waits or runs. */
  readonly #ahead = new Set<Attempt>();
  #isSuspected = false;
  #isRecalled = false;

  constructor(queue: RunnerQueue) {
    this.#queue = queue;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** How many more begin at once. While nothing was handed over ahead the runner has a slot for each: tasks may take a part of a cpu, or none. */
  get room(): number {
    return this.#ahead.size === 0 ? Infinity : this.#free;
  }

  get #free(): number {
    return this.#queue.width - this.#running;
  }

  /** True while what waits is on its way back: nothing is handed over ahead. */
  get isRecalled(): boolean {
    return this.#isRecalled;
  }

  /** Monotonic milliseconds when `look` must be called; null if nothing waits. */
  get nextLook(): number | null {
    const oldest = this.#oldest();
    if (oldest === undefined || this.#isRecalled) return null;
    return oldest.handedAt + PATIENCE_MS + (this.#isSuspected ? SECOND_LOOK_MS : 0);
  }

  enter(attempt: Attempt): void {
    if (!attempt.isQueued) {
      this.#running += 1;
      return;
    }
    this.#waiting.add(attempt);
    this.#ahead.add(attempt);
  }

  /** It has ended, or was taken back. */
  leave(attempt: Attempt): void {
    this.#ahead.delete(attempt);
    if (this.#waiting.delete(attempt)) this.#settle();
    else this.#running -= 1;
  }

  /** It is known to run. */
  begin(attempt: Attempt): void {
    if (!this.#waiting.delete(attempt)) return;
    this.#running += 1;
    this.#settle();
  }

  /** An attempt that must run by now, though nobody has said so. It has to `begin`. */
  next(): Attempt | undefined {
    return this.#free > 0 ? this.#oldest() : undefined;
  }

  /** Takes back what has waited for too long. */
  look(now: number): void {
    const due = this.nextLook;
    if (due === null || now < due) return;
    if (this.#isSuspected) this.recall();
    else this.#isSuspected = true;
  }

  /** Takes back all that waits. */
  recall(): void {
    if (this.#waiting.size === 0 || this.#isRecalled) return;
    this.#isRecalled = true;
    this.#queue.recall();
  }

  #oldest(): Attempt | undefined {
    for (const attempt of this.#waiting) return attempt;
    return undefined;
  }

  #settle(): void {
    this.#isSuspected = false;
    if (this.#waiting.size === 0) this.#isRecalled = false;
  }
}
