/** This machine's clock, for all that is pure and must be told the time. */

import type { Clock } from "../domain/ports.js";

export const clock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };
