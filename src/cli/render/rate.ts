/** How many tasks end a second, of late: what was long ago says little of what is to come. Time comes in as a value. */

const WINDOW_MS = 10_000;
const SAMPLE_MS = 250;

export class Rate {
  readonly #samples: { readonly at: number; readonly count: number }[] = [];

  /** @param count how many had ended when it began. */
  constructor(count: number, nowMs: number) {
    this.#samples.push({ at: nowMs, count });
  }

  /** Per second. */
  take(count: number, nowMs: number): number {
    const last = this.#samples.at(-1)!;
    if (nowMs - last.at >= SAMPLE_MS) this.#samples.push({ at: nowMs, count });
    while (this.#samples.length > 2 && nowMs - this.#samples[1]!.at >= WINDOW_MS) this.#samples.shift();
    const first = this.#samples[0]!;
    return nowMs > first.at ? ((count - first.count) * 1000) / (nowMs - first.at) : 0;
  }
}
