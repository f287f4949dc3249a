/** The queue of a runner of this machine as the scheduler sees it. It holds nothing: what waits is in the runner. */

import { NO_SLOT, type Placement, type RunnerQueue } from "../../domain/ports.js";

export interface QueueOwner {
  /** False while another runner has something: then not all that runs is the present one's. */
  isAlone(): boolean;
  /** Of the present runner. */
  claim(): string;
  recall(claim: string): void;
}

export class SharedQueue implements RunnerQueue {
  readonly width: number;
  readonly #owner: QueueOwner;

  constructor(width: number, owner: QueueOwner) {
    this.width = width;
    this.#owner = owner;
  }

  get isOpen(): boolean {
    return this.#owner.isAlone();
  }

  place(): Placement {
    return { slot: NO_SLOT, claim: this.#owner.claim() };
  }

  recall(): void {
    this.#owner.recall(this.#owner.claim());
  }
}
