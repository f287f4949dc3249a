/** Somebody does not want to wait any longer. What is waited for goes on, and nobody waits for it. */

export class Hurry {
  #isCut = false;
  #onBegin = (): void => {};
  readonly #begun = new Promise<void>((resolve) => (this.#onBegin = resolve));

  /** True if something was not done when it was no longer waited for. */
  get isCut(): boolean {
    return this.#isCut;
  }

  begin(): void {
    this.#onBegin();
  }

  /** Resolves when it is done, or somebody hurries. */
  async orDone(work: Promise<void>): Promise<void> {
    const isDone = await Promise.race([work.then(() => true), this.#begun.then(() => false)]);
    if (!isDone) this.#isCut = true;
  }
}
