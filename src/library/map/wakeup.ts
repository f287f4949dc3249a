/** Where one waits until another one has changed something: whoever waits looks again then. */

export class Wakeup {
  #wake: () => void = () => {};

  /** Resolves at the next `ring`. One waits at a time. */
  wait(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  ring(): void {
    this.#wake();
  }
}
