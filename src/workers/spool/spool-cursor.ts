/**
 * Where in a spool its reader is. A spool only grows; one that somebody has cut or written over in its place (a copy of a backup, a disk that
 * was cleared by `truncate`) tells no longer what stood there, and what comes stands before the place where we read: that is noticed here.
 */

import { fstatSync, readSync } from "node:fs";
import { isSystemError, systemWords } from "../../system/look/error-code.js";
import { letGo } from "../../system/look/let-go.js";
import type { SpoolLines } from "./spool-lines.js";

const CHUNK_BYTES = 64 * 1024;

export class SpoolCursor {
  readonly fd: number;
  readonly #chunk: Buffer;
  #position = 0;
  #isCut = false;

  /** Owns the descriptor from now on. */
  constructor(fd: number, chunkBytes = CHUNK_BYTES) {
    this.fd = fd;
    this.#chunk = Buffer.allocUnsafe(chunkBytes);
  }

  /** True if it has become shorter than what was read of it: from then on it is read from its beginning. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** What comes next, until the next call; empty if that is all for now. Throws the file system's errors. */
  next(): Buffer {
    const length = readSync(this.fd, this.#chunk, 0, this.#chunk.length, this.#position);
    if (length === 0 && this.#position > 0 && fstatSync(this.fd).size < this.#position) {
      this.#position = 0;
      this.#isCut = true;
      return this.next();
    }
    this.#position += length;
    return this.#chunk.subarray(0, length);
  }

  /**
   * All that is there now, for its first reader, who may not miss an end: that would be waited for in vain.
   *
   * @returns what keeps it from being read on; null if nothing does
   */
  readOn(lines: SpoolLines, onLength: (bytes: number) => void): string | null {
    try {
      for (;;) {
        const bytes = this.next();
        if (this.#isCut) return "somebody has cut it short";
        lines.take(bytes);
        onLength(bytes.length);
        if (lines.isDamaged) return "somebody has written into it";
        if (bytes.length < this.#chunk.length) return null;
      }
    } catch (error) {
      if (!isSystemError(error)) throw error;
      return systemWords(error);
    }
  }

  close(): void {
    letGo(this.fd);
  }
}
