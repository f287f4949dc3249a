/**
 * Where we are, also where its name is no UTF-8: Node puts U+FFFD in the place of such bytes, a path that leads nowhere. Here paths are text
 * as byte-text.ts has it. All that is relative to the current directory is made absolute here.
 */

import { readlinkSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { bytesOf, textOf } from "../../domain/byte-text.js";
import { AirError } from "../../domain/errors.js";
import { codeOf } from "./error-code.js";

/** @throws AirError `AIR_SYSTEM` if it was removed, or lies too deep, so that no relative path leads anywhere. */
export function currentDirectory(): string {
  const text = named();
  if (!text.includes("\ufffd")) return text;
  try {
    return textOf(readlinkSync("/proc/self/cwd", { encoding: "buffer" }));
  } catch {
    return text;
  }
}

function named(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw noCurrentDirectory(error);
  }
}

export function noCurrentDirectory(cause: unknown): AirError {
  // More than 4095 bytes.
  const isTooLong = ["ERANGE", "ENAMETOOLONG"].includes(codeOf(cause));
  const message = isTooLong
    ? "the path of the current directory is too long for the system: change to one that lies less deep and try again"
    : "the current directory was removed: change to one that is there and try again";
  return new AirError("AIR_SYSTEM", message, { cause });
}

/** The absolute path. */
export function fromHere(path: string): string {
  return isAbsolute(path) ? resolve(path) : resolve(currentDirectory(), path);
}

/**
 * The same for a directory in which we keep files: what is ours has a name in UTF-8.
 *
 * @throws AirError `AIR_UNSAFE_PATH`.
 */
export function directoryFromHere(path: string): string {
  const absolute = fromHere(path);
  if (absolute.isWellFormed()) return absolute;
  const message = `${JSON.stringify(absolute)} holds bytes that are no UTF-8, so no files of ours can be kept there: choose another directory (--dir for jobs)`;
  throw new AirError("AIR_UNSAFE_PATH", message);
}

/** A path as the system has to be told it. */
export function pathBytes(path: string): string | Buffer {
  return path.isWellFormed() ? path : Buffer.from(bytesOf(path));
}
