/** Waiting for what a test can't be told of, always with an end. */

import { setTimeout as delay } from "node:timers/promises";

/** False if it did not come true in time. */
export async function waitUntil(isTrue: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<boolean> {
  const end = performance.now() + withinMs;
  while (!(await isTrue())) {
    if (performance.now() > end) return false;
    await delay(5);
  }
  return true;
}
