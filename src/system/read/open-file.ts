/**
 * Opens files that somebody else may have written or replaced: a pipe in a file's place doesn't make us wait, a link doesn't lead us
 * elsewhere, and nothing but a regular file is read or written. All that is opened by a path comes through here, or is on record in
 * test/tidy-rules.ts with the reason. The caller closes what it gets.
 */

import { constants, fstatSync, openSync, type BigIntStats } from "node:fs";
import { AirError } from "../../domain/errors.js";
import { aboutPath, codeOf, isForbidden } from "../look/error-code.js";
import { letGo } from "../look/let-go.js";
import { NO, unknown, yes, type No, type Other, type Place, type Unknown } from "../look/look.js";
import { kindOf } from "../look/path-look.js";
import { openLeased } from "./open-leased.js";
import { readOpen } from "./read-open.js";

const LINK = "a symbolic link";

export interface OpenOptions {
  /** Follow a link in the last part of the path: for paths that the user named. Default: false. */
  readonly followsLinks?: boolean;
}

/** The descriptor of a regular file, for reading. */
export function openFile(path: string, { followsLinks = false }: OpenOptions = {}): Place<number> {
  const file = open(path, constants.O_RDONLY | (followsLinks ? 0 : constants.O_NOFOLLOW));
  return file.answer === "other" && file.what === LINK && followsLinks ? { ...file, what: "a loop of symbolic links" } : file;
}

/**
 * What was found, or null if there is nothing, something else is in its place, or we may not read it: then nobody could make sense of it.
 *
 * @throws the system's error if that can't be told just now.
 */
export function ifReadable<T>(file: Place<T>): T | null {
  switch (file.answer) {
    case "yes":
      return file.found;
    case "no":
    case "other":
      return null;
    case "unknown":
      if (isForbidden(file.why)) return null;
      throw file.why;
  }
}

/** A file as it is now, whole. */
export interface WholeFile {
  readonly bytes: Buffer;
  /** As it was before it was read: what is written meanwhile shows as a change. */
  readonly stats: BigIntStats;
}

/** @param maxBytes what is larger is something else; it may grow while it is read. */
export function readFile(path: string, maxBytes: number): Place<WholeFile> {
  return withFile(path, (fd) => {
    const stats = fstatSync(fd, { bigint: true });
    const bytes = readOpen(fd, maxBytes);
    return bytes === null ? { answer: "other", what: `a file of more than ${maxBytes} bytes` } : yes({ bytes, stats });
  });
}

/** What `read` makes of a regular file. Where the system fails in it, nothing is known. */
export function withFile<T>(path: string, read: (fd: number) => Place<T>): Place<T> {
  const file = openFile(path);
  if (file.answer !== "yes") return file;
  try {
    return read(file.found);
  } catch (error) {
    return unknown(aboutPath(error, path));
  } finally {
    letGo(file.found);
  }
}

export const CAN_OPEN_AGAIN = process.platform === "linux";

/** A file that we have open, for reading: also where it has no name any more. */
export function openAgain(fd: number): number {
  return openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY);
}

/**
 * A file of ours, for appending; made with mode 0600 if there is none.
 *
 * @throws AirError `AIR_UNSAFE_PATH` if something else is in its place; the system's error.
 */
export function openToAppend(path: string): number {
  const file = open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW);
  switch (file.answer) {
    case "yes":
      return file.found;
    case "unknown":
      throw file.why;
    case "other":
      throw new AirError("AIR_UNSAFE_PATH", `${path} is ${file.what}, expected a file of our own: remove it`);
    case "no":
      throw Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), {
        code: "ENOENT",
        syscall: "open",
        path,
      });
  }
}

/** The descriptor of a file of ours that is there, for appending. @param flags more of them. */
export function lookToAppend(path: string, flags = 0): Place<number> {
  return open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW | flags);
}

/** Never through a link. @throws the system's error. */
export function openDirectory(path: string): number {
  return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
}

function open(path: string, flags: number): Place<number> {
  let fd: number;
  try {
    fd = openLeased(path, flags | constants.O_NONBLOCK, 0o600);
  } catch (error) {
    return notOpened(error, flags);
  }
  try {
    const stats = fstatSync(fd);
    if (stats.isFile()) return yes(fd);
    letGo(fd);
    return { answer: "other", what: kindOf(stats) };
  } catch (error) {
    letGo(fd);
    return unknown(aboutPath(error, path));
  }
}

function notOpened(error: unknown, flags: number): No | Other | Unknown {
  switch (codeOf(error)) {
    case "ENOENT":
      return NO;
    case "ELOOP":
      return { answer: "other", what: LINK };
    case "EISDIR":
      return { answer: "other", what: "a directory" };
    case "ENXIO":
      // A pipe that nobody reads can be opened, but not to write.
      return { answer: "other", what: (flags & constants.O_WRONLY) === 0 ? "a socket" : "a socket or a named pipe" };
    default:
      return unknown(error);
  }
}
