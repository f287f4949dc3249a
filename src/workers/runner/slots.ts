/**
 * The slots that the scheduler reserves for attempts, counted: the runner itself knows only how many may run at once. There are more of them
 * than cpus, since a task may take a part of one, or none; but not while something waits in the runner's queue, which would begin in them.
 */

import { NO_SLOT } from "../../domain/ports.js";

/** As many as the native runner can have. */
const MOST = 10_000;

export class Slots {
  readonly #count: number;
  readonly #taken: boolean[] = [];
  /** How many attempts each has. */
  readonly #load: number[] = [];
  readonly #ofKey = new Map<number, number>();
  /** Attempts that were put into the runner's queue. */
  readonly #unplaced = new Set<number>();
  #inUse = 0;

  /** @param count how many there are at least. */
  constructor(count: number) {
    this.#count = count;
  }

  /** How many there have to be for all that is placed. */
  get width(): number {
    return Math.max(this.#count, this.#inUse);
  }

  /** Whether there is an attempt without one, which was put into the runner's queue. */
  get hasUnplaced(): boolean {
    return this.#unplaced.size > 0;
  }

  /** Undefined if all are taken. */
  reserve(): number | undefined {
    const most = this.#unplaced.size > 0 ? this.#count : Math.max(this.#count, MOST);
    if (this.#inUse >= most) return undefined;
    const given = this.#taken.indexOf(false);
    const slot = given === -1 ? this.#taken.length : given;
    this.#taken[slot] = true;
    this.#load[slot] = 0;
    this.#inUse += 1;
    return slot;
  }

  release(slot: number): void {
    if (this.#taken[slot] !== true) return;
    this.#taken[slot] = false;
    this.#inUse -= 1;
  }

  use(slot: number, key: number): void {
    if (slot === NO_SLOT) {
      this.#unplaced.add(key);
      return;
    }
    this.#ofKey.set(key, slot);
    this.#load[slot]! += 1;
  }

  /** Its attempt is over: with its last one a slot is free again. */
  free(key: number): void {
    if (this.#unplaced.delete(key)) return;
    const slot = this.#ofKey.get(key);
    if (slot === undefined) return;
    this.#ofKey.delete(key);
    this.#load[slot]! -= 1;
    if (this.#load[slot] === 0) this.release(slot);
  }
}
