/** The whole lines of an open file, in bounded memory. What has no newline behind it is none. */

import { readSync } from "node:fs";
import { aboutPath } from "../../system/look/error-code.js";

const PIECE_BYTES = 256 * 1024;

/** @throws the system's error, with the file's path. */
export function* readLines(path: string, fd: number): Generator<string> {
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  let rest: Buffer = Buffer.alloc(0);
  let position = 0;
  const readPiece = (): number => {
    try {
      return readSync(fd, piece, 0, PIECE_BYTES, position);
    } catch (error) {
      throw aboutPath(error, path);
    }
  };
  for (;;) {
    const length = readPiece();
    if (length === 0) return;
    position += length;
    const bytes = Buffer.concat([rest, piece.subarray(0, length)]);
    const end = bytes.lastIndexOf(0x0a) + 1;
    yield* bytes.toString("latin1", 0, Math.max(0, end - 1)).split("\n");
    rest = Buffer.from(bytes.subarray(end));
  }
}
