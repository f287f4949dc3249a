/** When Slurm is asked for its queue: often enough to hear of a lost node in time, seldom enough to be no burden for a controller. Pure. */

const [FIRST_MS, USUAL_MS, LONGEST_MS, DOUBTFUL_MS] = [1_000, 10_000, 60_000, 2_000];
const SLOWER = 1.5;

export class QueueTimes {
  readonly #usualMs: number;
  #askedAt = -Infinity;
  #waitMs = 0;

  /** @param leaseMs slots that are given up soon are to be heard of soon. */
  constructor(leaseMs: number) {
    this.#usualMs = Math.min(USUAL_MS, leaseMs);
  }

  /** @param isDoubtful Slurm has said of a slot that it is over, and its own word is still missing. */
  isDue(now: number, isDoubtful: boolean): boolean {
    return now - this.#askedAt >= (isDoubtful ? Math.min(DOUBTFUL_MS, this.#waitMs) : this.#waitMs);
  }

  /** Somebody has to hear of it at once: something was asked of Slurm, which shows within seconds what becomes of it. */
  hurry(): void {
    this.#waitMs = 0;
  }

  /** @param isQuiet there was no answer, or nothing is about to change. */
  asked(now: number, isQuiet: boolean): void {
    this.#askedAt = now;
    const slower = Math.max(FIRST_MS, this.#waitMs * SLOWER);
    this.#waitMs = isQuiet ? Math.min(LONGEST_MS, Math.max(this.#usualMs, slower)) : Math.min(this.#usualMs, slower);
  }
}
