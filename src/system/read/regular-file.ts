/**
 * Reading files that others put there, for callers who can't go on without them: job files, and what is dropped into a job's directory.
 * Each hindrance is an error that says what was expected, what came and what to do. Never writes.
 */

import { AirError } from "../../domain/errors.js";
import { codeOf, isForbidden } from "../look/error-code.js";
import { letGo } from "../look/let-go.js";
import type { Place } from "../look/look.js";
import { openFile, type OpenOptions } from "./open-file.js";
import { readOpen } from "./read-open.js";
import { explainRefusal } from "../look/refusal.js";

export interface RegularFileOptions extends OpenOptions {
  /** What the file should be, for messages. Default "a file". */
  readonly expected?: string;
}

/**
 * Opens a regular file for reading. The caller closes the descriptor.
 *
 * @throws AirError `AIR_NOT_FOUND` if there is none, `AIR_INVALID_JOB` if something else is in its place, `AIR_UNSAFE_PATH` if we
 * may not read it, `AIR_SYSTEM` or `AIR_DISK` if that can't be done just now, `AIR_USAGE` if the path can't be one.
 */
export function openRegular(path: string, options: RegularFileOptions = {}): number {
  const expected = options.expected ?? "a file";
  if (path === "" || path.includes("\0"))
    throw new AirError("AIR_USAGE", `expected the path of ${expected}, got ${JSON.stringify(path)}`);
  const handle = foundAt(path, openFile(path, options), expected);
  if (handle === null) throw notFound(path, expected);
  return handle;
}

/** What a look at a file has found; null if there is none. Throws as `openRegular` for everything else. */
export function foundAt<T>(path: string, place: Place<T>, expected = "a file"): T | null {
  switch (place.answer) {
    case "yes":
      return place.found;
    case "no":
      return null;
    case "other":
      throw new AirError("AIR_INVALID_JOB", `${path} is ${place.what}, expected ${expected}: put a regular file in its place`);
    case "unknown":
      throw unreadable(path, expected, place.why);
  }
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
    const bytes = readOpen(handle, options.maxBytes);
    if (bytes === null) throw tooLarge(path, options.maxBytes);
    return bytes;
  } catch (error) {
    // What the system says of a read has no path.
    throw explainRefusal(error, path, "read");
  } finally {
    letGo(handle);
  }
}

/** The error for an input that is larger than we read. */
export function tooLarge(path: string, maxBytes: number): AirError {
  const limit = `${Math.floor(maxBytes / 1024 / 1024)} MiB`;
  return new AirError("AIR_INVALID_JOB", `${path} is too large, expected at most ${limit}: split it into several jobs`);
}

function notFound(path: string, expected: string): AirError {
  return new AirError("AIR_NOT_FOUND", `${path} does not exist, expected ${expected}: check the path`);
}

function unreadable(path: string, expected: string, cause: Error): unknown {
  if (codeOf(cause) === "ENAMETOOLONG" || codeOf(cause) === "ENOTDIR") return notFound(path, expected);
  if (!isForbidden(cause)) return explainRefusal(cause, path);
  const message = `${path} can't be read (no permission), expected ${expected}: make it readable for this user`;
  return new AirError("AIR_UNSAFE_PATH", message, { cause });
}
