/**
 * How many jobs an executor takes up at once. Each keeps files open as long as it runs: with many of them none was left for what all wait for,
 * a runner in the place of one that has died. Decides by the limit as it is now.
 */

import { AirError } from "../domain/errors.js";
import { processLimit } from "../system/process/process-limit.js";

/** Its lock, its journal and its tasks.json. */
const HANDLES_A_JOB = 3;
/** What an engine with a runner has open besides, and what it opens for a moment: a new runner, a look, a snapshot, who asks it. */
const HANDLES_KEPT = 40 + 24;

export class JobPlaces {
  #taken = 0;

  /**
   * Takes up one more, if there is a place for it: it has it to its end. One alone may always try.
   *
   * @param leaving so many places for others.
   * @throws AirError `AIR_SYSTEM` as long as there is none.
   */
  async enter<Opened extends { finished(): Promise<unknown> }>(open: () => Promise<Opened>, leaving = 0): Promise<Opened> {
    if (this.#taken + leaving > 0) requireHandles(this.#taken + leaving);
    this.#taken += 1;
    const leave = (): void => void (this.#taken -= 1);
    try {
      const opened = await open();
      opened.finished().then(leave, leave);
      return opened;
    } catch (error) {
      leave();
      throw error;
    }
  }
}

function requireHandles(jobs: number): void {
  const limit = processLimit("open files") ?? Infinity;
  if (jobs * HANDLES_A_JOB + HANDLES_KEPT < limit) return;
  const message = `with ${jobs} jobs open the limit of open files (ulimit -n ${limit}) leaves no room for one more: it waits for one to end.`;
  throw new AirError("AIR_SYSTEM", message);
}
