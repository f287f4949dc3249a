/** Which tasks' output is next: as they end, or in the order of their numbers. Holds a few bytes of each that waits. */

export interface Order {
  /** A task has ended. */
  add(number: number): void;
  /** The next one whose turn it is; null if none is. */
  next(): number | null;
}

/** Tags are held for the tasks that wait; without one nothing is. */
export class AsTheyEnd implements Order {
  #waiting: number[] = [];
  #place = 0;

  add(number: number): void {
    this.#waiting.push(number);
  }

  next(): number | null {
    const number = this.#waiting[this.#place];
    if (number === undefined) return null;
    this.#place += 1;
    if (this.#place === SPENT) {
      this.#waiting = this.#waiting.slice(this.#place);
      this.#place = 0;
    }
    return number;
  }
}

const SPENT = 4096;

/** Of what has ended and is not due yet a bit is held. */
export class ByNumber implements Order {
  #due: number;
  readonly #ended = new Map<number, Uint8Array>();

  /** @param first the number that is due first. */
  constructor(first = 1) {
    this.#due = first;
  }

  /** The number that is due. */
  get due(): number {
    return this.#due;
  }

  add(number: number): void {
    const page = Math.floor(number / PAGE);
    let bits = this.#ended.get(page);
    if (bits === undefined) this.#ended.set(page, (bits = new Uint8Array(PAGE / 8)));
    const place = number % PAGE;
    bits[place >> 3]! |= 1 << (place & 7);
  }

  next(): number | null {
    const number = this.#due;
    const page = Math.floor(number / PAGE);
    const place = number % PAGE;
    const bits = this.#ended.get(page);
    if (bits === undefined || (bits[place >> 3]! & (1 << (place & 7))) === 0) return null;
    this.#due += 1;
    if (place === PAGE - 1) this.#ended.delete(page);
    return number;
  }
}

const PAGE = 32_768;
