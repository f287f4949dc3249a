/**
 * Opens what inputs are read from, as a stream of bytes: standard input, a file, a pipe such as `<(seq 10)`. What comes slowly keeps
 * nobody else waiting: a pipe is listened to, where a read that blocks would hold one of the few threads that files are written with.
 */

import { fstat, open } from "node:fs";
import { createReadStream } from "node:fs";
import { Socket } from "node:net";
import { promisify } from "node:util";
import { AirError } from "../../../index.js";
import { systemWords } from "../../../system/look/error-code.js";
import { standardInput } from "../../../system/read/standard-input.js";

const CHUNK_BYTES = 256 * 1024;

/** What `-` stands for. */
export const STDIN = "-";

/** How a place is called in messages. */
export function nameOfPlace(path: string): string {
  return path === STDIN ? "standard input" : path;
}

/**
 * @param path of a file or pipe, or `-`.
 * @throws AirError `AIR_NOT_FOUND`, `AIR_INVALID_JOB` for a directory, `AIR_UNSAFE_PATH`, `AIR_SYSTEM`; the stream, too, while it is read.
 */
export async function openBytes(path: string): Promise<AsyncIterable<Buffer>> {
  try {
    return explained(path, path === STDIN || path === "/dev/stdin" ? standardInput() : await openStream(path));
  } catch (error) {
    throw explain(path, error);
  }
}

async function openStream(path: string): Promise<AsyncIterable<Buffer>> {
  // In a thread: a named pipe that nobody writes to is waited for.
  const descriptor = await promisify(open)(path, "r");
  const stats = await promisify(fstat)(descriptor);
  if (stats.isFIFO()) return new Socket({ fd: descriptor, readable: true, writable: false });
  return createReadStream("", { fd: descriptor, highWaterMark: CHUNK_BYTES });
}

async function* explained(path: string, bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* bytes;
  } catch (error) {
    throw explain(path, error);
  }
}

/** A read that failed, or an open, as one of our errors. */
function explain(path: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || !("code" in cause)) return cause;
  const place = nameOfPlace(path);
  switch (cause.code) {
    case "ENOENT":
    case "ENOTDIR":
      return new AirError("AIR_NOT_FOUND", `${place} does not exist, expected a file: check the path`, { cause });
    case "EISDIR":
      return new AirError("AIR_INVALID_JOB", `${place} is a directory, expected a file`, { cause });
    case "EACCES":
    case "EPERM":
      return new AirError("AIR_UNSAFE_PATH", `${place} can't be read (no permission): make it readable for this user`, { cause });
    default:
      return new AirError("AIR_SYSTEM", `${place} can't be read: ${systemWords(cause)}`, { cause });
  }
}
