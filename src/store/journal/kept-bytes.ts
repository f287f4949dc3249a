/**
 * Bytes that are kept until they are known to be safe, in memory that is used again: made anew for each append they would lie about, tens of
 * megabytes of them at full speed, until the garbage collector comes to them.
 */

interface Block {
  readonly memory: Buffer;
  used: number;
}

/** A job of a few tasks shall not take more than it needs. */
const FIRST_BLOCK = 4 * 1024;
const BLOCK = 64 * 1024;
/** What is kept for later: about as much as is kept at a time (the writer's MOST_UNSYNCED). */
const MOST_SPARE = 64;

export class KeptBytes {
  readonly #blocks: Block[] = [];
  readonly #spare: Buffer[] = [];
  /** Of the first block, kept no more. */
  #gone = 0;
  #length = 0;
  #nextBlock = FIRST_BLOCK;

  get length(): number {
    return this.#length;
  }

  /** The bytes of a text, to be read before any are forgotten. */
  append(text: string): Buffer {
    const length = Buffer.byteLength(text);
    let block = this.#blocks.at(-1);
    if (block === undefined || block.memory.length - block.used < length) {
      block = { memory: this.#memoryFor(length), used: 0 };
      this.#blocks.push(block);
    }
    const start = block.used;
    block.used += block.memory.write(text, start);
    this.#length += length;
    return block.memory.subarray(start, block.used);
  }

  /** Takes back the last append, of so many bytes. */
  takeBack(length: number): void {
    this.#blocks.at(-1)!.used -= length;
    this.#length -= length;
  }

  /** The first so many need not be kept any more. */
  forget(length: number): void {
    this.#length -= length;
    this.#gone += length;
    for (let first = this.#blocks[0]; first !== undefined && this.#gone >= first.used; first = this.#blocks[0]) {
      this.#gone -= first.used;
      this.#blocks.shift();
      if (first.memory.length === BLOCK && this.#spare.length < MOST_SPARE) this.#spare.push(first.memory);
    }
  }

  /** All behind the first so many. */
  *from(offset: number): Generator<Buffer> {
    let skip = this.#gone + offset;
    for (const { memory, used } of this.#blocks) {
      if (skip < used) yield memory.subarray(skip, used);
      skip = Math.max(0, skip - used);
    }
  }

  #memoryFor(length: number): Buffer {
    const size = this.#nextBlock;
    this.#nextBlock = Math.min(BLOCK, 2 * size);
    if (length > size) return Buffer.allocUnsafeSlow(length);
    return (size === BLOCK ? this.#spare.pop() : undefined) ?? Buffer.allocUnsafeSlow(size);
  }
}
