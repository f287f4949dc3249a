/** Tells what dies again and again, by a fault that no new one mends, from what dies now and then in a long life. Pure. */

const MOST = 4;
const WITHIN_MS = 10 * 60_000;

export class RepeatedDeaths {
  #latest: readonly number[] = [];

  /** Counts one more. True if there were too many lately. @param now any clock that only goes on, in ms */
  count(now: number): boolean {
    this.#latest = [...this.#latest.filter((at) => now - at < WITHIN_MS), now];
    return this.#latest.length >= MOST;
  }
}
