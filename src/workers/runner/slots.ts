/** The slots that the scheduler reserves for attempts, counted: the runner itself knows only how many may run at once. */

import { NO_SLOT } from "../../domain/ports.js";

export class Slots {
  readonly #taken: Uint8Array;
  /** How many attempts each has. */
  readonly #load: Uint16Array;
  readonly #ofKey = new Map<number, number>();

  constructor(count: number) {
    this.#taken = new Uint8Array(count);
    this.#load = new Uint16Array(count);
  }

  /** Undefined if all are taken. */
  reserve(): number | undefined {
    const slot = this.#taken.indexOf(0);
    if (slot === -1) return undefined;
    this.#taken[slot] = 1;
    return slot;
  }

  release(slot: number): void {
    this.#taken[slot] = 0;
  }

  use(slot: number, key: number): void {
    if (slot === NO_SLOT) return;
    this.#ofKey.set(key, slot);
    this.#load[slot]! += 1;
  }

  /** Its attempt is over: with its last one a slot is free again. */
  free(key: number): void {
    const slot = this.#ofKey.get(key);
    if (slot === undefined) return;
    this.#ofKey.delete(key);
    this.#load[slot]! -= 1;
    if (this.#load[slot] === 0) this.release(slot);
  }
}
