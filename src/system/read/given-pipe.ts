/**
 * Reading what a shell has given us by a path: `<(generate)`, which is `/dev/fd/63`, and `/dev/stdin`. It is our own open file, no pipe that
 * lies somewhere and may keep us waiting for a writer who never comes.
 */

import { openSync, readSync } from "node:fs";
import { letGo } from "../look/let-go.js";

const GIVEN = /^\/(?:dev\/(?:fd\/\d+|stdin)|proc\/self\/fd\/\d+)$/;
const CHUNK_BYTES = 64 * 1024;

export function isGivenPipe(path: string): boolean {
  return GIVEN.test(path);
}

/** All of it; null if that is more than `maxBytes`. Waits for whoever writes it. */
export function readGivenPipe(path: string, maxBytes: number): Buffer | null {
  const handle = openSync(path, "r");
  try {
    const chunks: Buffer[] = [];
    let length = 0;
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const read = readSync(handle, chunk);
      if (read === 0) return Buffer.concat(chunks, length);
      length += read;
      if (length > maxBytes) return null;
      chunks.push(chunk.subarray(0, read));
    }
  } finally {
    letGo(handle);
  }
}
