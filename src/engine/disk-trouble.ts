/** What the disk refuses of one job, said once when it begins and once when it is over. It tries nothing again itself. */

import { AirError } from "../domain/errors.js";
import type { Clock } from "../domain/ports.js";
import { systemWords } from "../system/look/error-code.js";
import type { Obstacle } from "./patience.js";
import type { Refused } from "../store/writer.js";

export class DiskTrouble {
  readonly #job: string;
  readonly #clock: Clock;
  readonly #onWarning: (message: string) => void;
  readonly #refused = new Map<Refused, { readonly since: number; readonly cause: Error }>();

  constructor(job: string, clock: Clock, onWarning: (message: string) => void) {
    this.#job = job;
    this.#clock = clock;
    this.#onWarning = onWarning;
  }

  /** @param cause null when the disk takes it again. */
  tell(what: Refused, cause: Error | null): void {
    if (cause === null) {
      this.#refused.delete(what);
      this.#onWarning(`job "${this.#job}": the disk takes its ${what} again, going on`);
    } else if (!this.#refused.has(what)) {
      this.#refused.set(what, { since: this.#clock.monotonic(), cause });
      this.#onWarning(`job "${this.#job}": ${refusal(what, cause)}`);
    }
  }

  /** What it refuses now, in words; null if nothing. */
  get words(): string | null {
    for (const [what, { cause }] of this.#refused) return refusal(what, cause);
    return null;
  }

  /** Why it refuses that now; null if it doesn't. */
  refusalOf(what: Refused): string | null {
    const refused = this.#refused.get(what);
    return refused === undefined ? null : systemWords(refused.cause);
  }

  /** What keeps the job from going on; null if nothing does. */
  get obstacle(): Obstacle | null {
    for (const [what, { since, cause }] of this.#refused) {
      const message =
        `job "${this.#job}": its ${what} could not be written for too long (${systemWords(cause)}). ` +
        "It is unfinished and nothing is lost: see to the disk, then run it again.";
      return { since, error: new AirError("AIR_DISK", message, { cause }) };
    }
    return null;
  }
}

function refusal(what: Refused, cause: Error): string {
  return `its ${what} can't be written (${systemWords(cause)}); nothing new is started until they can`;
}
