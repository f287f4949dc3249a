/** Lets a bounded number of things go on at the same time, once it is begun; the others wait for their turn, first come, first served. */

/** So long what goes before the others has the room of all. */
const LEAD_MS = 1_000;

export class Turns {
  readonly #atOnce: number;
  #free = 0;
  /** True while only what goes before the others begins: they might take room from it. */
  #isLed = false;
  /** Those that go before the others. */
  readonly #urgent: (() => void)[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #running = new Set<Promise<void>>();
  /** Those that wait for their turn, too. */
  readonly #open = new Set<Promise<void>>();
  #openUrgent = 0;

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** How many of those that go before the others are not done. */
  get urgent(): number {
    return this.#openUrgent;
  }

  /** What was taken before it begins in its order: the others when those that go before them are done, or take too long. */
  begin(): void {
    this.#free = this.#atOnce;
    this.#isLed = this.#openUrgent > 0;
    if (this.#isLed) setTimeout(() => this.#follow(), LEAD_MS).unref();
    this.#beginAll();
  }

  #follow(): void {
    this.#isLed = false;
    this.#beginAll();
  }

  #beginAll(): void {
    while (this.#free > 0 && this.#beginNext());
  }

  #beginNext(): boolean {
    const next = this.#urgent.shift() ?? (this.#isLed ? undefined : this.#waiting.shift());
    next?.();
    return next !== undefined;
  }

  /** Does it when its turn comes. `work` must not throw. */
  take(work: () => Promise<void>, isUrgent: boolean): void {
    const begin = (): Promise<void> => {
      this.#free -= 1;
      const done = work().finally(() => {
        this.#running.delete(done);
        this.#free += 1;
        this.#beginNext();
      });
      this.#running.add(done);
      return done;
    };
    const queue = isUrgent ? this.#urgent : this.#waiting;
    const open =
      this.#free > 0 && (isUrgent || !this.#isLed) ? begin() : new Promise<void>((resolve) => queue.push(() => resolve(begin())));
    this.#open.add(open);
    if (isUrgent) this.#openUrgent += 1;
    void open.then(() => {
      this.#open.delete(open);
      if (!isUrgent) return;
      this.#openUrgent -= 1;
      if (this.#isLed && this.#openUrgent === 0) this.#follow();
    });
  }

  /**
   * Resolves when all that was taken so far is done, however long that takes as long as it goes on: what has not ended so long after the
   * one before it is not waited for.
   */
  async settled(patienceMs: number): Promise<void> {
    let left = this.#open.size;
    if (left === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patienceMs).unref();
      const count = (): void => {
        left -= 1;
        if (left > 0) timer.refresh();
        else resolve();
      };
      for (const open of this.#open) void open.then(count);
    });
  }

  /** Resolves when what was begun is done; what waits is dropped. */
  async idle(): Promise<void> {
    this.#urgent.length = 0;
    this.#waiting.length = 0;
    await Promise.all(this.#running);
  }
}
