/** Somebody does not want to wait any longer. What is waited for goes on, and nobody waits for it. */

import { setTimeout as sleep } from "node:timers/promises";

export class Hurry {
  #isCut = false;
  #onStop: (patienceMs: number) => void = () => {};
  #onBegin = (): void => {};
  readonly #stopped = new Promise<number>((resolve) => (this.#onStop = resolve));
  readonly #begun = new Promise<void>((resolve) => (this.#onBegin = resolve));

  /** True if something was not done when it was no longer waited for. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** From now on nothing is waited for longer than that. */
  stop(patienceMs: number): void {
    this.#onStop(patienceMs);
  }

  begin(): void {
    this.#onBegin();
  }

  /** Resolves when it is done, or somebody hurries. */
  async orDone(work: Promise<void>): Promise<void> {
    const timer = new AbortController();
    const patience = this.#stopped.then((ms) => sleep(ms, undefined, timer)).catch(() => {});
    const isDone = await Promise.race([work.then(() => true), this.#begun.then(() => false), patience.then(() => false)]);
    timer.abort();
    if (isDone) return;
    this.#isCut = true;
    this.begin();
  }
}
