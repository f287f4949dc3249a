/** Chance from a seed, so that what a test did by chance can be done again. */

export class Chance {
  #state: number;

  constructor(seed: number) {
    // Any state but 0 will do.
    this.#state = seed | 0 || 0x9e3779b9;
    // The first numbers of near seeds are alike.
    for (let round = 0; round < 10; round++) {
      this.number();
    }
  }

  /** From 0 up to 1. Xorshift (Marsaglia, Journal of Statistical Software 8(14), 2003). */
  readonly number = (): number => {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) / 2 ** 32;
  };

  below(limit: number): number {
    return Math.floor(this.number() * limit);
  }

  happens(probability: number): boolean {
    return this.number() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }

  some<Item>(items: readonly Item[], probability: number): Item[] {
    return items.filter(() => this.happens(probability));
  }
}
