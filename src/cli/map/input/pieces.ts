/**
 * Cuts a stream of bytes into pieces that end where a record ends, each for the standard input of a task. Holds one piece and the beginning
 * of the next.
 */

import { AirError } from "../../../index.js";

export interface PieceSize {
  /** Bytes of a piece, more only if a single record is longer. One of the two is given. */
  readonly bytes: number | null;
  /** Records of a piece. */
  readonly records: number | null;
}

/** A record longer than this is a mistake about what ends one. */
const LONGEST_RECORD = 256 * 1024 * 1024;

/**
 * @param hasHeader the first record stands before each piece.
 * @throws AirError `AIR_INVALID_JOB` for a record without end.
 */
export async function* cutPieces(
  chunks: AsyncIterable<Buffer>,
  delimiter: Buffer,
  size: PieceSize,
  hasHeader: boolean,
): AsyncGenerator<Buffer> {
  const cutter = new Cutter(delimiter);
  let header: Buffer | null = hasHeader ? null : Buffer.alloc(0);
  const take = function* (isEnd: boolean): Generator<Buffer> {
    header ??= cutter.take({ bytes: null, records: 1 }, isEnd);
    if (header === null) return;
    for (let piece; (piece = cutter.take(size, isEnd)) !== null;) {
      yield header.length === 0 ? piece : Buffer.concat([header, piece]);
    }
  };
  for await (const chunk of chunks) {
    cutter.add(chunk);
    yield* take(false);
  }
  yield* take(true);
}

class Cutter {
  readonly #delimiter: Buffer;
  /** Grows by doubling. In use are `#length` bytes from `#begin` on. */
  #room = Buffer.allocUnsafe(64 * 1024);
  #begin = 0;
  #length = 0;
  /** Up to here there are so many whole records. */
  #end = 0;
  #records = 0;
  /** No delimiter begins between the whole records and this: a long record is searched once, not again with each chunk. */
  #searched = 0;

  constructor(delimiter: Buffer) {
    this.#delimiter = delimiter;
  }

  add(chunk: Buffer): void {
    const length = this.#length + chunk.length;
    if (this.#begin + length > this.#room.length) {
      const room = length > this.#room.length ? Buffer.allocUnsafe(Math.max(length, this.#room.length * 2)) : this.#room;
      this.#used.copy(room);
      this.#room = room;
      this.#begin = 0;
    }
    chunk.copy(this.#room, this.#begin + this.#length);
    this.#length = length;
  }

  get #used(): Buffer {
    return this.#room.subarray(this.#begin, this.#begin + this.#length);
  }

  /** The next piece; null if what is there is none yet, or nothing. @param isEnd nothing more comes. */
  take({ bytes, records }: PieceSize, isEnd: boolean): Buffer | null {
    if (this.#length === 0) return null;
    const isWhole = records === null ? this.#fillBytes(bytes!) : this.#fillRecords(records, bytes);
    if (isWhole) return this.#cut();
    if (isEnd) {
      this.#end = this.#length;
      return this.#cut();
    }
    if (this.#length - this.#end > LONGEST_RECORD) throw tooLong();
    return null;
  }

  /** As many records as fit; one in any case. */
  #fillBytes(most: number): boolean {
    if (this.#length < most) return false;
    const used = this.#used;
    const last = this.#searched > 0 ? -1 : used.lastIndexOf(this.#delimiter, most - this.#delimiter.length);
    const found = last === -1 || most < this.#delimiter.length ? this.#find() : last;
    this.#end = found + this.#delimiter.length;
    return found !== -1;
  }

  #fillRecords(most: number, mostBytes: number | null): boolean {
    for (;;) {
      const found = this.#find();
      const end = found + this.#delimiter.length;
      const isFull = mostBytes !== null && this.#records > 0 && (found === -1 ? this.#length : end) > mostBytes;
      if (isFull || found === -1) return isFull;
      this.#end = end;
      this.#records += 1;
      if (this.#records === most) return true;
    }
  }

  /** Where the next delimiter begins; -1 if there is none yet. */
  #find(): number {
    const found = this.#used.indexOf(this.#delimiter, Math.max(this.#end, this.#searched));
    if (found === -1) this.#searched = Math.max(0, this.#length - this.#delimiter.length + 1);
    return found;
  }

  #cut(): Buffer {
    const piece = Buffer.from(this.#used.subarray(0, this.#end));
    this.#begin += this.#end;
    this.#length -= this.#end;
    this.#end = 0;
    this.#records = 0;
    this.#searched = 0;
    return piece;
  }
}

function tooLong(): AirError {
  const limit = `${LONGEST_RECORD / 1024 / 1024} MiB`;
  return new AirError("AIR_INVALID_JOB", `standard input has a record longer than ${limit}: is another --delimiter meant?`);
}
