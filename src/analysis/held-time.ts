/** In how much of a time a limit held a job back: a pool that is no slot, the job's own concurrency, or other jobs in the slots. Pure. */

/** As it is on record: from `since` to `at`. */
export interface Hold {
  readonly since: number;
  readonly at: number;
  readonly pool: string;
  /** Some of those who had taken of it. */
  readonly holders: readonly { readonly job: string }[];
}

/** That all of them are taken by the job itself is told by its own timeline, and better. */
const SLOTS = "cpu";

export class HeldTime {
  /** Apart from each other, in the order of time. */
  readonly #stretches: { from: number; to: number }[] = [];

  /** @param job whose time it is. Slots that other jobs had taken are a limit to it, its own are none. */
  constructor(holds: readonly Hold[], job: string) {
    const isOther = ({ pool, holders }: Hold): boolean => pool !== SLOTS || holders.some((holder) => holder.job !== job);
    const sorted = holds.filter(isOther).toSorted((a, b) => a.since - b.since);
    for (const { since, at } of sorted) {
      const last = this.#stretches.at(-1);
      if (last !== undefined && since <= last.to) last.to = Math.max(last.to, at);
      else this.#stretches.push({ from: since, to: at });
    }
  }

  within(from: number, to: number): number {
    let sum = 0;
    for (const stretch of this.#stretches) sum += Math.max(0, Math.min(to, stretch.to) - Math.max(from, stretch.from));
    return sum;
  }
}
