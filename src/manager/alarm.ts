/** One timer that is only ever brought forward: of several moments asked for, the earliest counts. */

export class Alarm {
  readonly #onDue: () => void;
  #timer: NodeJS.Timeout | null = null;
  #moment = Infinity;

  constructor(onDue: () => void) {
    this.#onDue = onDue;
  }

  /** At that moment (monotonic milliseconds); at once, within this call, if it has passed. */
  ringAt(moment: number): void {
    if (this.#timer !== null && this.#moment <= moment) return;
    this.stop();
    const wait = moment - performance.now();
    if (wait <= 0) return this.#onDue();
    this.#moment = moment;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#onDue();
    }, wait);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
