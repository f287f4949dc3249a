/**
 * What lies at a path: the thing itself, never what a link there leads to. "No" takes a system that could look and found nothing; a
 * directory that can't be entered, or in whose place there is a file, or a disk that fails, is no answer (look.ts). Nothing here can hang.
 */

import { lstatSync, opendirSync, readdirSync, type BigIntStats, type Stats } from "node:fs";
import { aboutPath, codeOf } from "./error-code.js";
import { certain, NO, unknown, yes, type Look, type No, type Place, type Unknown, type Yes } from "./look.js";

/** Making the error that there is nothing costs five times as much as the look. */
const CHEAPLY = { throwIfNoEntry: false } as const;

export function lookAt(path: string): Look<Stats> {
  try {
    return found(lstatSync(path, CHEAPLY));
  } catch (error) {
    return withoutStats(error);
  }
}

/** With times to the nanosecond, which tell whether it was written since. */
export function lookCloselyAt(path: string): Look<BigIntStats> {
  try {
    return found(lstatSync(path, { ...CHEAPLY, bigint: true }));
  } catch (error) {
    return withoutStats(error);
  }
}

/**
 * False only if it is not there.
 *
 * @throws the system's error if that can't be told now.
 */
export function isThere(path: string): boolean {
  return certain(lookAt(path)) !== null;
}

/** The names in a directory, in no order. */
export function listDirectory(path: string): Place<readonly string[]> {
  const look = lookAt(path);
  if (look.answer !== "yes") return look;
  if (!look.found.isDirectory()) return { answer: "other", what: kindOf(look.found) };
  try {
    return yes(readdirSync(path));
  } catch (error) {
    return withoutStats(error);
  }
}

/** The names of the directories in a directory, in no order; a link to one is none. */
export function listSubdirectories(path: string): Place<readonly string[]> {
  const look = lookAt(path);
  if (look.answer !== "yes") return look;
  if (!look.found.isDirectory()) return { answer: "other", what: kindOf(look.found) };
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return yes(entries.filter((entry) => entry.isDirectory()).map(({ name }) => name));
  } catch (error) {
    return withoutStats(error);
  }
}

/** Whether there is anything in a directory. No if there is no such directory, or something else in its place. */
export function hasEntries(path: string): Look {
  const look = lookAt(path);
  if (look.answer !== "yes") return look;
  if (!look.found.isDirectory()) return NO;
  try {
    const entries = opendirSync(path);
    try {
      return entries.readSync() === null ? NO : yes(true);
    } finally {
      entries.closeSync();
    }
  } catch (error) {
    return withoutStats(aboutPath(error, path));
  }
}

/** What a thing is, in words. */
export function kindOf(stats: Stats | BigIntStats): string {
  if (stats.isFile()) return "a file";
  if (stats.isDirectory()) return "a directory";
  if (stats.isSymbolicLink()) return "a symbolic link";
  return stats.isFIFO() ? "a named pipe" : stats.isSocket() ? "a socket" : "a device";
}

function found<T>(stats: T | undefined): Yes<T> | No {
  return stats === undefined ? NO : yes(stats);
}

function withoutStats(error: unknown): No | Unknown {
  return codeOf(error) === "ENOENT" ? NO : unknown(error);
}
