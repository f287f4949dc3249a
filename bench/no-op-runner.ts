/**
 * A runner that runs nothing: each attempt has exited with 0 on the next turn of the event loop. With it the bench measures what the
 * rest costs. Given to the engine by overhead-run.ts.
 */

import type { Descriptor, OrphanedAttempt, Placement, Report, TaskRunner } from "../src/domain/ports.js";

export class NoOpRunner implements TaskRunner {
  /** How many attempts were started. */
  started = 0;
  /** Milliseconds since the epoch; null before the first start. */
  firstStartAt: number | null = null;

  readonly #freeSlots: number[];
  #keys: number[] = [];
  #handler: (reports: readonly Report[]) => void = () => {};
  readonly #slotOf = new Map<number, number>();

  constructor(slots: number) {
    this.#freeSlots = Array.from({ length: slots }, (_, slot) => slot);
  }

  async open(): Promise<void> {}

  warm(): void {}

  knows(): boolean {
    return false;
  }

  keep(): void {}

  leave(): void {}

  reclaim(): void {}

  reserve(): Placement | undefined {
    const slot = this.#freeSlots.pop();
    return slot === undefined ? undefined : { slot, claim: "no-op" };
  }

  release(slot: number): void {
    this.#freeSlots.push(slot);
  }

  start(attempts: readonly Descriptor[]): void {
    this.firstStartAt ??= performance.timeOrigin + performance.now();
    this.started += attempts.length;
    if (this.#keys.length === 0) setImmediate(() => this.#report());
    for (const { key, slot } of attempts) {
      this.#keys.push(key);
      this.#slotOf.set(key, slot);
    }
  }

  /** A bench begins in a fresh directory: there is no earlier engine. */
  adopt(attempts: readonly OrphanedAttempt[]): void {
    if (attempts.length > 0) throw new Error(`Internal error: nothing to adopt here, but got ${attempts.length} attempts`);
  }

  /** Whatever runs ends on the next turn anyway. */
  stop(): void {}

  onReports(handler: (reports: readonly Report[]) => void): void {
    this.#handler = handler;
  }

  async close(): Promise<void> {}

  #report(): void {
    const keys = this.#keys;
    this.#keys = [];
    const at = Date.now();
    const slots = new Set<number>();
    const reports = keys.map((key): Report => {
      slots.add(this.#slotOf.get(key) ?? 0);
      this.#slotOf.delete(key);
      return { key, at, result: { kind: "exited", exitCode: 0 }, wasStopped: false };
    });
    slots.forEach((slot) => this.release(slot));
    this.#handler(reports);
  }
}
