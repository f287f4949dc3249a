/** That the machine starts no process just now: said once a reason and once when it is over. It tries nothing again itself. */

import { AirError } from "../domain/errors.js";
import type { Scheduler } from "../scheduler/scheduler.js";
import type { Obstacle } from "./patience.js";

/** Different reasons for one and the same shortage. */
const MOST_SAID = 5;

export class MachineRefusals {
  readonly #scheduler: Pick<Scheduler, "refusal" | "noRoomSince">;
  readonly #onWarning: (message: string) => void;
  /** Why it refuses, as far as it was said. */
  readonly #said = new Set<string>();

  constructor(scheduler: Pick<Scheduler, "refusal" | "noRoomSince">, onWarning: (message: string) => void) {
    this.#scheduler = scheduler;
    this.#onWarning = onWarning;
  }

  /** It is no error for as long as there is patience, but somebody may be waiting. To be called now and then. */
  tell(): void {
    const reason = this.#scheduler.refusal;
    if (reason === null && this.#said.size > 0) {
      this.#said.clear();
      this.#onWarning("the machine starts processes again, going on");
    }
    if (reason === null || this.#said.has(reason) || this.#said.size === MOST_SAID) return;
    this.#said.add(reason);
    this.#onWarning(`the machine refuses to start processes just now (${reason}); trying again until it does`);
  }

  /** Null if it does not refuse. */
  get words(): string | null {
    const { refusal } = this.#scheduler;
    return refusal === null ? null : `the machine refuses to start processes just now (${refusal})`;
  }

  get obstacle(): Obstacle | null {
    const { noRoomSince: since, refusal: reason } = this.#scheduler;
    if (since === null || reason === null) return null;
    const message = `the machine has started no process for too long (${reason}). Jobs stay unfinished: run them again when it can.`;
    return { since, error: new AirError("AIR_SYSTEM", message) };
  }
}
