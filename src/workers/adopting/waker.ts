/**
 * Tells a runner whose attempts are to be ended to go on, if somebody has stopped it: it would end nothing. Not for each attempt: the system
 * walks through all threads of a runner for each such signal, so that would cost the square of what runs.
 */

import type { AdoptedSpool } from "./adopted-spool.js";

const EVERY_MS = 500;

export class Waker {
  #wokenAt = -Infinity;

  /** To be called at each look. */
  wake(spool: AdoptedSpool): void {
    const now = performance.now();
    if (now < this.#wokenAt + EVERY_MS) return;
    this.#wokenAt = now;
    spool.wake();
  }
}
