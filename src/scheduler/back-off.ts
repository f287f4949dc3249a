/**
 * What to do when the machine has no room for another process: hold new starts back for a moment, twice as long each time.
 *
 * It hears what the runner reported and says how many attempts may be in flight; no timer of its own. While starts are
 * held back, what ends may still be replaced: as many run as could run when the machine refused.
 */

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5_000;
/** Whoever is refused tries again before that. */
const CALM_MS = 2 * MAX_DELAY_MS;

export class BackOff {
  #delayMs = FIRST_DELAY_MS;
  #ceiling = Infinity;
  #until: number | null = null;
  #since: number | null = null;
  #last: { readonly at: number; readonly reason: string } | null = null;

  /** Monotonic milliseconds at which starts are free again; null if they are. */
  get until(): number | null {
    return this.#until;
  }

  /** Monotonic milliseconds of the first refusal after which no attempt began and ended; null if there is none. */
  get since(): number | null {
    return this.#since;
  }

  /** Why starts are refused, also if only now and then while others succeed; null if they are not. */
  reason(now: number): string | null {
    return this.#last !== null && now - this.#last.at < CALM_MS ? this.#last.reason : null;
  }

  /** How many attempts may be in flight at most. */
  get ceiling(): number {
    return this.#ceiling;
  }

  /** Attempts were not begun; so many others are in flight. */
  refused(now: number, inFlight: number, reason: string): void {
    this.#last = { at: now, reason };
    this.#since ??= now;
    this.#ceiling = inFlight;
    this.#until = now + this.#delayMs;
    this.#delayMs = Math.min(2 * this.#delayMs, MAX_DELAY_MS);
  }

  /** An attempt began and ended: there is room, for that many at least. */
  ended(): void {
    this.#since = null;
    this.#delayMs = FIRST_DELAY_MS;
  }

  /** Time went by. */
  tick(now: number): void {
    if (this.#until !== null && now >= this.#until) {
      this.#until = null;
      this.#ceiling = Infinity;
    }
  }
}
