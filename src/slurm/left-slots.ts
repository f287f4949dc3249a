/**
 * Slots of engines that are gone in which something runs that no record names, since its job was removed: they are ended with all that they
 * have before anything begins that may be the same. Each is looked at once.
 */

import { setTimeout as pause } from "node:timers/promises";
import { AirError } from "../domain/errors.js";
import type { Cluster } from "./cluster.js";
import { nameOfPool, type Pools } from "./pools.js";

const AGAIN_MS = 500;
/** So long Slurm may take to end them, or not to answer. */
const PATIENCE_MS = 60_000;
/** Their processes are still being ended, though Slurm calls that over. */
const COMPLETING = "COMPLETING";

export class LeftSlots {
  readonly #pools: Pools;
  readonly #cluster: Cluster;
  readonly #known = new Set<string>();

  constructor(pools: Pools, cluster: Cluster) {
    this.#pools = pools;
    this.#cluster = cluster;
  }

  /**
   * @param isNeeded whether a record names the slots of that token; only asked if something may run there.
   * @returns how many slots that were.
   * @throws AirError `AIR_SYSTEM` if some may be left.
   */
  async end(isNeeded: (token: string) => boolean): Promise<number> {
    let ended = 0;
    for (const token of this.#pools.tokens()) {
      if (this.#known.has(token)) continue;
      const running = this.#pools.mayHaveSlots(token) ? await this.#runningOf(token) : 0;
      if (running > 0 && !isNeeded(token)) ended += await this.#endAll(token, running);
      this.#known.add(token);
    }
    return ended;
  }

  async #endAll(token: string, running: number): Promise<number> {
    const taken = await this.#pools.takeOver(token);
    if (taken === "gone" || taken === "held") return 0;
    try {
      await this.#cluster.cancelAll(nameOfPool(token));
      for (const end = performance.now() + PATIENCE_MS; (await this.#runningOf(token)) > 0; await pause(AGAIN_MS))
        if (performance.now() > end) throw untold(`Slurm has not ended ${nameOfPool(token)} yet`);
      taken.files.remove();
      return running;
    } finally {
      taken.lock.release();
    }
  }

  /** How many may run something. Who lives has the lock of his. */
  async #runningOf(token: string): Promise<number> {
    for (const end = performance.now() + PATIENCE_MS; ; await pause(AGAIN_MS)) {
      const { entries, why } = await this.#cluster.queue(nameOfPool(token));
      if (entries !== null) return entries.filter(({ state, word }) => state === "running" || word === COMPLETING).length;
      if (performance.now() > end) throw untold(why);
    }
  }
}

function untold(why: string): AirError {
  const message = `slots of an engine that is gone may run tasks that no record names: ${why}. Nothing is started until they have ended.`;
  return new AirError("AIR_SYSTEM", message);
}
