/**
 * Whether an attempt that was killed was probably killed by the kernel for want of memory: the kernel's count of such kills has grown since
 * the attempt began, and no other attempt accounts for that. Knows no process.
 */

import { findMemoryKillCount, type MemoryKillCount } from "../../system/process/memory-kill-count.js";

/** How often the count is read while nothing is killed. */
const SAMPLE_EVERY_MS = 1000;

export class MemoryKills {
  readonly #count: MemoryKillCount;
  /** When the count changed, as far as we saw it (ms since 1970), and to what. */
  readonly #samples: { readonly at: number; readonly count: number }[] = [];
  #sampledAt = -Infinity;
  /** Kills that no attempt accounts for. */
  #free = 0;

  constructor(count: MemoryKillCount = findMemoryKillCount()) {
    this.#count = count;
  }

  /** To be called now and then, so that it is known later what the count was. */
  sample(now: number): void {
    if (Math.abs(now - this.#sampledAt) >= SAMPLE_EVERY_MS) this.#look(now);
  }

  /** @param begunAt when the attempt that was killed began (ms since 1970) */
  accountsFor(begunAt: number, now: number): boolean {
    this.#look(now);
    const before = this.#samples.findLast(({ at }) => at <= begunAt) ?? this.#samples[0];
    const hasGrown = before !== undefined && this.#samples.at(-1)!.count > before.count;
    if (!hasGrown || this.#free === 0) return false;
    this.#free -= 1;
    return true;
  }

  #look(now: number): void {
    this.#sampledAt = now;
    const count = this.#count();
    const last = this.#samples.at(-1);
    if (count === null || count === last?.count) return;
    this.#free += last === undefined ? 0 : Math.max(0, count - last.count);
    this.#samples.push({ at: now, count });
  }
}
