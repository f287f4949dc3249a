/** Reads files that are open: whole up to a limit, or a piece. */

import { fstatSync, readSync } from "node:fs";

/** All of it from the beginning; null if that is more than `maxBytes`, also if it grows while it is read. */
export function readOpen(fd: number, maxBytes: number): Buffer | null {
  const { size } = fstatSync(fd);
  if (size > maxBytes) return null;
  // One byte more than the size tells whether the file has grown.
  let bytes = Buffer.allocUnsafe(size + 1);
  let length = 0;
  for (;;) {
    const read = readSync(fd, bytes, length, bytes.length - length, length);
    length += read;
    if (read === 0) return bytes.subarray(0, length);
    if (length > maxBytes) return null;
    if (length === bytes.length) bytes = Buffer.concat([bytes], Math.min(maxBytes + 1, length * 2));
  }
}

/** So many bytes from there, or fewer at the end of the file. */
export function readPiece(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let read = 0;
  for (let more = -1; read < length && more !== 0; read += more) {
    more = readSync(fd, bytes, read, length - read, position + read);
  }
  return bytes.subarray(0, read);
}
