/** This machine's clock, for all that is pure and must be told the time, and what is done later by it. */

import type { Clock } from "../domain/ports.js";

/** The longest delay of a Node timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const clock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** What is farther away than a timer reaches is done too early: then it has to be asked for again. */
export function later(delayMs: number, act: () => void): NodeJS.Timeout {
  return setTimeout(act, Math.min(MAX_TIMER_MS, delayMs));
}
