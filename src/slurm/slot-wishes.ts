/**
 * How many slots of each kind somebody would like to have now, and what follows for a pool: asks for more, or gives back what nobody wants. Has no
 * clock of its own.
 */

import { slotsToAdd, slotsToClose, type SlotRange } from "./capacity.js";
import { nameOf, type SlotKind } from "./slot-kind.js";
import type { SlotPool } from "./slot-pool.js";

interface Wish {
  readonly kind: SlotKind;
  /** Since the last time that it was thought over. */
  count: number;
  at: number;
}

/** So long nothing must have waited before slots are given back. */
const CALM_MS = 30_000;

export class SlotWishes {
  readonly #range: SlotRange;
  readonly #wishes = new Map<string, Wish>();

  constructor(range: SlotRange) {
    this.#range = range;
  }

  /** @param count how many attempts could begin; of one that is asked for again and again, as many as that. */
  want(kind: SlotKind, count: number, now: number): void {
    const name = nameOf(kind);
    const wish = this.#wishes.get(name) ?? { kind, count: 0, at: 0 };
    wish.count = count === 1 ? wish.count + 1 : Math.max(wish.count, count);
    wish.at = now;
    this.#wishes.set(name, wish);
  }

  get hasAny(): boolean {
    return this.#wishes.size > 0;
  }

  /** What the pool does about it; to be called now and then. Rejects if Slurm can't be asked. */
  async thinkOver(pool: SlotPool, now: number): Promise<void> {
    const { min, max } = this.#range;
    const total = pool.state();
    const wishes = [...this.#wishes.entries()];
    let room = max - total.queued - total.up;
    const more: { readonly kind: SlotKind; readonly count: number }[] = [];
    for (const [index, [name, wish]] of wishes.entries()) {
      const { queued, up, idle } = pool.state(name);
      const present = queued + up;
      const load = { present, idle, wanted: wish.count + up - idle };
      // The least number is of the kind that is asked for first.
      const range = { min: index === 0 ? min : 0, max: present + room };
      const missing = slotsToAdd(range, load);
      if (missing > 0) {
        room -= missing;
        more.push({ kind: wish.kind, count: missing });
      } else if (wish.count > idle + queued && room <= 0) this.#makeRoom(pool, name, wish.count - idle - queued);
      else if (now - wish.at > CALM_MS) pool.closeIdle(name, slotsToClose(range, load));
    }
    for (const [, wish] of wishes) wish.count = 0;
    for (const { kind, count } of more) await pool.add(kind, count);
  }

  /** All slots are taken, some of them by kinds that nobody wants now: those make room. */
  #makeRoom(pool: SlotPool, wanted: string, count: number): void {
    for (const [name, { count: others }] of this.#wishes) if (name !== wanted && others === 0) pool.closeIdle(name, count);
  }
}
