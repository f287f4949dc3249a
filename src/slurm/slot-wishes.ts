/**
 * How many slots of each kind somebody would like to have now, and what follows for a pool: asks for more, or gives back what nobody wants. Has no
 * clock of its own.
 */

import type { SlotRange } from "../domain/slurm-options.js";
import { slotsToAdd, slotsToClose } from "./capacity.js";
import { nameOf, type SlotKind } from "./slot-kind.js";
import type { SlotPool } from "./slot-pool.js";

interface Wish {
  readonly kind: SlotKind;
  /** How many tasks were ready for which there was no slot, when that was asked last. */
  waiting: number;
  /** How long the first of them may take. */
  lastingMs: number;
  /** When it was not 0 last. */
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

  /** @param waiting how many tasks are ready for which there is no slot of that kind. @param lastingMs how long the first of them may take. */
  want(kind: SlotKind, waiting: number, lastingMs: number, now: number): void {
    const name = nameOf(kind);
    const wish = this.#wishes.get(name);
    if (wish === undefined) this.#wishes.set(name, { kind, waiting, lastingMs, at: now });
    else {
      wish.waiting = waiting;
      wish.lastingMs = lastingMs;
      if (waiting > 0) wish.at = now;
    }
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
      const fitting = pool.idleFor(name, wish.lastingMs, now);
      // What is idle will be taken in a moment, or nothing waits any more; but for slots whose time is too short for what waits.
      const waiting = fitting > 0 ? 0 : wish.waiting;
      const tooOld = waiting > 0 ? idle : 0;
      const present = queued + up - tooOld;
      const load = { present, idle: idle - tooOld, wanted: waiting + up - idle };
      // The least number is of the kind that is asked for first.
      const range = { min: index === 0 ? min : 0, max: present + room };
      const missing = slotsToAdd(range, load);
      if (missing > 0) {
        room -= missing;
        more.push({ kind: wish.kind, count: missing });
      } else if (waiting > queued && room <= 0) {
        pool.closeIdle(name, Math.min(tooOld, waiting - queued));
        this.#makeRoom(pool, name, waiting - queued);
      } else if (now - wish.at > CALM_MS) pool.closeIdle(name, slotsToClose(range, load));
    }
    for (const { kind, count } of more) await pool.add(kind, count);
  }

  /** All slots are taken, some of them by kinds that nobody wants now: those make room. */
  #makeRoom(pool: SlotPool, wanted: string, count: number): void {
    for (const [name, { waiting }] of this.#wishes) if (name !== wanted && waiting === 0) pool.closeIdle(name, count);
  }
}
