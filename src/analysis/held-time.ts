/** When a limit held a job back: a pool that is no slot, the job's own concurrency, or other jobs in the slots. Pure. */

import { Stretches } from "./stretches.js";

/** As it is on record: from `since` to `at`. */
export interface Hold {
  readonly since: number;
  readonly at: number;
  readonly pool: string;
  /** Some of those who had taken of it. */
  readonly holders: readonly { readonly job: string }[];
}

/** That all of them are taken by the job itself is told by its own timeline, and better. */
export const SLOTS = "cpu";

/** @param job whose time it is. Slots that other jobs had taken are a limit to it, its own are none. */
export function heldTime(holds: readonly Hold[], job: string): Stretches {
  const isOther = ({ pool, holders }: Hold): boolean => pool !== SLOTS || holders.some((holder) => holder.job !== job);
  return new Stretches(holds.filter(isOther).map(({ since, at }) => ({ from: since, to: at })));
}
