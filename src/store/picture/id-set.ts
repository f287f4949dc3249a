/**
 * The ids that a map has had, in a few bytes each, so that no id comes twice and an input that comes again is recognised. It never gives an
 * id back: the tasks themselves are forgotten.
 *
 * Ids as we give them, `task-1`, `task-2` and so on, take no room at all as long as they come without gaps. Of any other id 96 bits of
 * its SHA-1 are kept, in a table with open addressing: among a billion ids the chance that any two are taken for each other is one in
 * a hundred thousand million.
 */

import { hash } from "../hash.js";

const NUMBERED = /^task-([1-9]\d{0,14})$/;
/** Of an entry in the table; the first word is never 0. */
const WORDS = 3;
const FIRST_ROOM = 1024;

export class IdSet {
  /** Every `task-N` up to this N is there; above it those of `#numbers`. */
  #numbered = 0;
  readonly #numbers = new Set<number>();
  #table = new Uint32Array(FIRST_ROOM * WORDS);
  #hashed = 0;

  get size(): number {
    return this.#numbered + this.#numbers.size + this.#hashed;
  }

  /** How many of them are none of those that we give, `task-N`. */
  get named(): number {
    return this.#hashed;
  }

  has(id: string): boolean {
    const number = numberOf(id);
    if (number !== null) return number <= this.#numbered || this.#numbers.has(number);
    // Most maps have no others, and the first hash takes milliseconds.
    return this.#hashed > 0 && this.#table[placeOf(this.#table, digest(id))] !== 0;
  }

  /** Adds an id that is not there. */
  add(id: string): void {
    const number = numberOf(id);
    if (number === null) {
      this.#hashed += 1;
      if (this.#hashed * WORDS * 2 > this.#table.length) this.#grow();
      const entry = digest(id);
      this.#table.set(entry, placeOf(this.#table, entry));
      return;
    }
    if (number !== this.#numbered + 1) return void this.#numbers.add(number);
    this.#numbered += 1;
    while (this.#numbers.delete(this.#numbered + 1)) this.#numbered += 1;
  }

  #grow(): void {
    const larger = new Uint32Array(this.#table.length * 2);
    for (let place = 0; place < this.#table.length; place += WORDS) {
      const entry = this.#table.subarray(place, place + WORDS);
      if (entry[0] !== 0) larger.set(entry, placeOf(larger, entry));
    }
    this.#table = larger;
  }
}

function numberOf(id: string): number | null {
  const digits = NUMBERED.exec(id)?.[1];
  return digits === undefined ? null : Number(digits);
}

function digest(id: string): Uint32Array {
  const bytes = hash("sha1", id);
  return new Uint32Array([bytes.readUInt32LE(0) || 1, bytes.readUInt32LE(4), bytes.readUInt32LE(8)]);
}

/** Where an entry is, or the free place where it belongs. */
function placeOf(table: Uint32Array, entry: Uint32Array): number {
  const room = table.length / WORDS;
  for (let at = entry[0]! % room; ; at = (at + 1) % room) {
    const place = at * WORDS;
    const isFree = table[place] === 0;
    if (isFree || (table[place] === entry[0] && table[place + 1] === entry[1] && table[place + 2] === entry[2])) return place;
  }
}
