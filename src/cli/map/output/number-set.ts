/** A set of numbers of tasks, a bit each, in pages: of millions that lie close together it holds next to nothing. */

export const PAGE = 32_768;
const PAGE_BYTES = PAGE / 8;
const FULL = new Uint8Array(PAGE_BYTES).fill(0xff);

interface Page {
  bits: Uint8Array;
  size: number;
}

export class NumberSet {
  readonly #pages = new Map<number, Page>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(number: number): boolean {
    const bits = this.#pages.get(Math.floor(number / PAGE))?.bits;
    const place = number % PAGE;
    return bits !== undefined && (bits[place >> 3]! & (1 << (place & 7))) !== 0;
  }

  add(number: number): void {
    if (this.has(number)) return;
    const page = this.#pageOf(Math.floor(number / PAGE));
    const place = number % PAGE;
    page.bits[place >> 3]! |= 1 << (place & 7);
    this.#size += 1;
    page.size += 1;
    // All full ones are alike.
    if (page.size === PAGE) page.bits = FULL;
  }

  /** Nothing of the page is asked for any more: its numbers run from `page * PAGE` on. */
  forget(page: number): void {
    this.#size -= this.#pages.get(page)?.size ?? 0;
    this.#pages.delete(page);
  }

  #pageOf(number: number): Page {
    let page = this.#pages.get(number);
    if (page === undefined) this.#pages.set(number, (page = { bits: new Uint8Array(PAGE_BYTES), size: 0 }));
    return page;
  }
}
