/** What is known of a job's files as they are: what was tried with them is not tried again before something has changed. */

import { SETTLE_MS, type Glance } from "../internal.js";

/** `new`: nothing was tried. `ended`: it was taken up, or refused for good. `waiting`: something is missing. `unreadable`: not yet readable. `aside`: handling it failed. */
export type Experience = "new" | "ended" | "waiting" | "unreadable" | "aside";

export class KnownFiles {
  #fingerprint: string | null = null;
  #is: Experience = "new";
  /** Monotonic milliseconds since when they are as they are, as far as we have seen. */
  #since = 0;

  get is(): Experience {
    return this.#is;
  }

  /** When their author will be taken to be done with them. */
  get settledAt(): number {
    return this.#since + SETTLE_MS;
  }

  isAs(fingerprint: string | null): boolean {
    return fingerprint === this.#fingerprint;
  }

  see({ fingerprint }: Glance, now: number): void {
    if (this.isAs(fingerprint)) return;
    this.#fingerprint = fingerprint;
    this.#is = "new";
    this.#since = now;
  }

  /** What came of trying. */
  note(is: Experience): void {
    this.#is = is;
  }

  forget(): void {
    this.#fingerprint = null;
    this.#is = "new";
  }
}
