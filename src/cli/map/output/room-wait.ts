/** Waits for the handles with which logs are read, as for whatever else the machine has no room: they come back as tasks end. Not for ever. */

import { setTimeout as pause } from "node:timers/promises";
import type { LogFile } from "../../log-file.js";
import { printableLine } from "../../render/printable.js";
import type { Sink } from "../../terminal/terminal.js";

/** From the first one for which there is none, over all that come behind it. */
const PATIENCE_MS = 60_000;
const RETRY_MS = 50;

export class RoomWait {
  readonly #err: Sink;
  /** Null while there is room. */
  #until: number | null = null;

  /** @param err is told why there is a wait */
  constructor(err: Sink) {
    this.#err = err;
  }

  /** Resolves when the file is open, or it is not waited for any more: then it says why it can't be read. */
  async opened(file: LogFile): Promise<void> {
    while (!file.isThere() && file.hasNoRoom) {
      if (this.#until === null) {
        this.#until = performance.now() + PATIENCE_MS;
        await this.#err.send(`air-executor: ${printableLine(`${file.problem}; it is tried again for a minute`)}\n`);
      }
      if (performance.now() > this.#until) return;
      await pause(RETRY_MS);
    }
    this.#until = null;
  }
}
