/** Random numbers that a seed repeats (mulberry32), and choices made of them. */

export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.between(0, items.length - 1)]!;
  }
}

/** What nobody named a seed for: the same each time, so that a change is judged by what it does. */
const USUAL_SEED = 1129;

/** `TEST_SEED` if it is set, `random` for a new one; else the usual one. Whoever takes it prints it. */
export function takeSeed(): number {
  const given = process.env["TEST_SEED"];
  if (given === undefined) return USUAL_SEED;
  return given === "random" ? newSeed() : Number(given);
}

/** `TEST_SEED` if it is set, else a new one: for what looks for faults that nobody knows. */
export function takeNewSeed(): number {
  return process.env["TEST_SEED"] === undefined ? newSeed() : takeSeed();
}

function newSeed(): number {
  return Math.floor(Math.random() * 2 ** 31);
}
