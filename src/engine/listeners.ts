/** Those who want to hear what happens to a job. Hands events on, and keeps what a listener throws away from the engine's work. */

import type { JobEvent } from "../domain/events.js";
import { callOut } from "./caller-code.js";

export type OnEvents = (events: readonly JobEvent[]) => void;

export class Listeners {
  readonly #all = new Set<OnEvents>();

  /** Gives a function that ends it. */
  add(listener: OnEvents): () => void {
    this.#all.add(listener);
    return () => this.#all.delete(listener);
  }

  tell(events: readonly JobEvent[]): void {
    for (const listener of this.#all) callOut(() => listener(events));
  }
}
