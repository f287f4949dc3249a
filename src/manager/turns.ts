/** Lets a bounded number of things go on at the same time; the others wait for their turn, first come, first served. */

export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];
  readonly #running = new Set<Promise<void>>();

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Does it when its turn comes. `work` must not throw. */
  take(work: () => Promise<void>): void {
    const begin = (): void => {
      this.#free -= 1;
      const done = work().finally(() => {
        this.#running.delete(done);
        this.#free += 1;
        this.#waiting.shift()?.();
      });
      this.#running.add(done);
    };
    if (this.#free > 0) begin();
    else this.#waiting.push(begin);
  }

  /** Resolves when nothing goes on and nothing waits. */
  async quiet(): Promise<void> {
    while (this.#running.size + this.#waiting.length > 0) await Promise.race(this.#running);
  }

  /** Resolves when what was begun is done; what waits is dropped. */
  async idle(): Promise<void> {
    this.#waiting.length = 0;
    await Promise.all(this.#running);
  }
}
