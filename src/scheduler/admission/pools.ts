/**
 * Pools that several share, and how much of each is free. Told what is taken and given back; decides nothing. What an earlier engine started
 * counts, too, and may exceed a pool: then nothing more of it is free until that has ended.
 */

import { amountOf, unitsOf, type Resources } from "../../domain/resources.js";

/** So many units of a pool, by its number. */
export interface Share {
  readonly pool: number;
  readonly units: number;
}

/** What a demand takes of these pools: no pool twice. */
export type Shares = readonly Share[];

export const NO_POOL = -1;

export class Pools {
  readonly #names: string[] = [];
  readonly #sizes: number[] = [];
  readonly #free: number[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(sizes: Resources) {
    for (const [name, amount] of Object.entries(sizes)) this.declare(name, amount);
  }

  /** From now on there is this pool; false if there was one of the name. Demands that were looked at before take nothing of it. */
  declare(name: string, amount: number): boolean {
    if (this.#numbers.has(name)) return false;
    const units = unitsOf(name, amount);
    this.#numbers.set(name, this.#names.push(name) - 1);
    this.#sizes.push(units);
    this.#free.push(units);
    return true;
  }

  /** `NO_POOL` if there is none of the name. */
  numberOf(name: string): number {
    return this.#numbers.get(name) ?? NO_POOL;
  }

  /** Pools that are not among these are left out. */
  sharesOf(demand: Resources): Shares {
    return Object.entries(demand).flatMap(([name, amount]) => {
      const pool = this.#numbers.get(name);
      return pool === undefined ? [] : [{ pool, units: unitsOf(name, amount) }];
    });
  }

  /** The pool of which most is missing, measured by its size; `NO_POOL` if there is room for all. */
  shortOf(shares: Shares): number {
    let scarcest = NO_POOL;
    let most = 0;
    for (const { pool, units } of shares) {
      const missing = units - this.#free[pool]!;
      if (missing <= 0) continue;
      const part = missing / this.#sizes[pool]!;
      if (scarcest !== NO_POOL && part <= most) continue;
      scarcest = pool;
      most = part;
    }
    return scarcest;
  }

  /** What would be taken of a pool by as many as there is room for in the others, and by one at least. */
  usableOf(pool: number, shares: Shares): number {
    const units = shares.find((share) => share.pool === pool)?.units ?? 0;
    if (units === 0) return 0;
    const others = shares.filter((share) => share.pool !== pool && share.units > 0);
    const count = Math.min(...others.map((share) => Math.floor(this.#free[share.pool]! / share.units)));
    return amountOf(this.#names[pool]!, units * Math.max(1, count));
  }

  take(shares: Shares): void {
    for (const { pool, units } of shares) this.#free[pool]! -= units;
  }

  give(shares: Shares): void {
    for (const { pool, units } of shares) this.#free[pool]! += units;
  }

  nameOf(pool: number): string {
    return this.#names[pool]!;
  }

  sizeOf(pool: number): number {
    return amountOf(this.#names[pool]!, this.#sizes[pool]!);
  }

  /** Below 0 if more is taken than there is. */
  freeOf(pool: number): number {
    return amountOf(this.#names[pool]!, this.#free[pool]!);
  }
}
