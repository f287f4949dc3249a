/**
 * Reading files that others put there: job files, and what is dropped into a job's directory.
 *
 * The store reads foreign files only through here. A pipe in a file's place must not make us wait, a link must not lead us
 * elsewhere, and a file without end must not fill our memory. Never writes.
 */

import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { codeOf } from "./error-code.js";
import { AirError } from "../domain/errors.js";

export interface RegularFileOptions {
  /** What the file should be, for messages. Default "a file". */
  readonly expected?: string;
  /** Follow a link in the last part of the path: for paths that the user named. Default false. */
  readonly followsLinks?: boolean;
}

/**
 * Opens a regular file for reading. The caller closes the descriptor.
 *
 * @throws AirError `AIR_NOT_FOUND` if there is none, `AIR_INVALID_JOB` if something else is in its place, `AIR_UNSAFE_PATH` if we
 * may not read it, `AIR_USAGE` if the path can't be one.
 */
export function openRegular(path: string, options: RegularFileOptions = {}): number {
  const expected = options.expected ?? "a file";
  if (path === "" || path.includes("\0"))
    throw new AirError("AIR_USAGE", `expected the path of ${expected}, got ${JSON.stringify(path)}`);
  const handle = open(path, expected, options.followsLinks ?? false);
  const kind = kindOf(fstatSync(handle));
  if (kind === null) return handle;
  closeSync(handle);
  throw new AirError("AIR_INVALID_JOB", `${path} is ${kind}, expected ${expected}: put a regular file in its place`);
}

/**
 * The bytes of a regular file.
 *
 * @param options.maxBytes What is larger is refused, also if it grows while we read.
 * @throws AirError as `openRegular`, and `AIR_INVALID_JOB` if it is too large.
 */
export function readRegularFile(path: string, options: RegularFileOptions & { readonly maxBytes: number }): Buffer {
  const handle = openRegular(path, options);
  try {
    return readAll(handle, path, options.maxBytes);
  } finally {
    closeSync(handle);
  }
}

/** The error for an input that is larger than we read. */
export function tooLarge(path: string, maxBytes: number): AirError {
  const limit = `${Math.floor(maxBytes / 1024 / 1024)} MiB`;
  return new AirError("AIR_INVALID_JOB", `${path} is too large, expected at most ${limit}: split it into several jobs`);
}

function open(path: string, expected: string, followsLinks: boolean): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | (followsLinks ? 0 : constants.O_NOFOLLOW));
  } catch (cause) {
    const code = codeOf(cause);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") {
      throw new AirError("AIR_NOT_FOUND", `${path} does not exist, expected ${expected}: check the path`, { cause });
    }
    if (code === "ELOOP") {
      const kind = followsLinks ? "a loop of symbolic links" : "a symbolic link";
      throw new AirError("AIR_INVALID_JOB", `${path} is ${kind}, expected ${expected}: put a regular file in its place`, {
        cause,
      });
    }
    if (code === "ENXIO") {
      throw new AirError("AIR_INVALID_JOB", `${path} is a socket, expected ${expected}: put a regular file in its place`, {
        cause,
      });
    }
    const reason = code === "EACCES" ? "no permission" : code;
    throw new AirError(
      "AIR_UNSAFE_PATH",
      `${path} can't be read (${reason}), expected ${expected}: make it readable for this user`,
      { cause },
    );
  }
}

/** What stands in the place of a regular file; null if it is one. */
function kindOf(stats: Stats): string | null {
  if (stats.isFile()) return null;
  if (stats.isDirectory()) return "a directory";
  return stats.isFIFO() ? "a named pipe" : stats.isSocket() ? "a socket" : "a device";
}

/** One read more than the size tells whether the file has grown. */
function readAll(handle: number, path: string, maxBytes: number): Buffer {
  const size = fstatSync(handle).size;
  if (size > maxBytes) throw tooLarge(path, maxBytes);
  let bytes = Buffer.allocUnsafe(size + 1);
  let length = 0;
  for (;;) {
    const read = readSync(handle, bytes, length, bytes.length - length, null);
    length += read;
    if (read === 0) return bytes.subarray(0, length);
    if (length > maxBytes) throw tooLarge(path, maxBytes);
    if (length === bytes.length) bytes = Buffer.concat([bytes], Math.min(maxBytes + 1, length * 2));
  }
}
