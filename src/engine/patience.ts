/**
 * Gives up when there is no point in waiting any longer: nothing of ours runs, and for a minute the disk has taken no records or the
 * machine has started no process. For engines that somebody waits for; a manager waits as long as it takes. It ends nothing itself.
 */

import type { AirError } from "../domain/errors.js";
import type { Clock } from "../domain/ports.js";

/** What stands in the way of starting anything, and since when (monotonic milliseconds). */
export interface Obstacle {
  /** It won't end by itself: there is nothing to wait for but what runs. */
  readonly isForGood?: true;
  readonly since: number;
  readonly error: AirError;
}

const LOOK_EVERY_MS = 1000;

export class Patience {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #look: () => { readonly inFlight: number; readonly obstacle: Obstacle | null };
  readonly #onLost: (error: AirError) => void;
  readonly #timer: NodeJS.Timeout;
  #idleSince: number | null = null;

  /** @param look the present state; @param onLost called once, with the obstacle's error. */
  constructor(
    clock: Clock,
    limitMs: number,
    look: () => { readonly inFlight: number; readonly obstacle: Obstacle | null },
    onLost: (error: AirError) => void,
  ) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#look = look;
    this.#onLost = onLost;
    this.#timer = setInterval(() => this.#check(), LOOK_EVERY_MS).unref();
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #check(): void {
    const { inFlight, obstacle } = this.#look();
    const now = this.#clock.monotonic();
    // The time counts from the last running task's end: until then something may still free what is missing.
    this.#idleSince = inFlight > 0 || obstacle === null ? null : (this.#idleSince ?? now);
    if (this.#idleSince === null || obstacle === null) return;
    if (obstacle.isForGood !== true && now - Math.max(this.#idleSince, obstacle.since) < this.#limitMs) return;
    this.end();
    this.#onLost(obstacle.error);
  }
}
