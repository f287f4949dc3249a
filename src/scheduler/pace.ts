/**
 * How many attempts of a job are handed over ahead of free slots: none, unless attempts of the job have been so short lately that the way from
 * slot to scheduler and back takes a good part of their time.
 *
 * It hears how long attempts took; it hands out nothing and has no clock of its own.
 */

/** A slot of this machine is to be busy for about this long: long beside the way back, short beside all that people notice. */
const TARGET_MS = 100;
const MOST = 128;
/** How much the latest measurement counts. */
const WEIGHT = 0.25;

export class Pace {
  /** An attempt takes about this long; unknown at first, and then it is taken to be long. */
  #attemptMs = Infinity;
  /** How many have been measured since some had to be taken back. */
  #streak = 0;

  /** A slot was busy for so long with that many attempts. */
  note(attempts: number, elapsedMs: number): void {
    this.#streak += attempts;
    const latest = elapsedMs / attempts;
    this.#attemptMs = this.#attemptMs === Infinity ? latest : this.#attemptMs + WEIGHT * (latest - this.#attemptMs);
  }

  /** One that was handed over ahead has waited for so long in vain: others are longer than they were. */
  tookBack(waitedMs: number): void {
    this.#attemptMs = Math.max(this.#attemptMs, waitedMs);
    this.#streak = 0;
  }

  /** For so many slots with one queue: how many may wait there. Never more than are known to have been short. */
  ahead(slots: number): number {
    return Math.min(this.#streak, slots * Math.floor(Math.min(MOST, TARGET_MS / this.#attemptMs)));
  }

  /**
   * For slots with queues of their own, from 1. So many tasks are ready for that many slots: the last ones are left for whoever is free first.
   *
   * @param targetMs for so long a slot is to be busy.
   */
  batchSize(ready: number, slots: number, targetMs = TARGET_MS): number {
    return Math.max(1, Math.floor(Math.min(MOST, targetMs / this.#attemptMs, ready / (2 * slots))));
  }
}
