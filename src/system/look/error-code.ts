/** What the system calls what went wrong, and whether it is the system that refuses. */

import { constants } from "node:os";

/** Node has no names for some of what disks refuse, a quota that is used up among it. So it calls them, in its own code and in its threads. */
const NAMELESS = /^(?:UNKNOWN|Unknown system error -\d+)$/;
const NAMELESS_WORDS = /^(?:UNKNOWN: unknown error|Unknown system error -\d+: Unknown system error -\d+)/;
/** The most likely of them, as the system puts them. */
const WORDS: Readonly<Record<string, string>> = {
  EDQUOT: "disk quota exceeded",
  ESTALE: "stale file handle",
  ENOLCK: "no locks available",
};

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** The system's name for what went wrong, such as `ENOENT`: for file operations whose failure has more than one meaning. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !("code" in error)) return String(error);
  const code = String(error.code);
  if (!NAMELESS.test(code) || !("errno" in error)) return code;
  const number = Math.abs(Number(error.errno));
  return NAMES.get(number) ?? `E${number}`;
}

/** What went wrong in the system's words, with its name. */
export function systemWords(error: Error): string {
  const code = codeOf(error);
  return error.message.replace(NAMELESS_WORDS, `${code}: ${WORDS[code] ?? "the system has refused it"}`);
}

/** The error, naming what it is about: of what was done to an open file the system tells no path. */
export function aboutPath<E>(error: E, path: string): E {
  if (!isSystemError(error) || ("path" in error && error.path !== undefined)) return error;
  error.message += ` '${path}'`;
  return Object.assign(error, { path });
}

/** True if it is not for us to see or do: that won't pass by itself, unlike a want of handles. */
export function isForbidden(error: unknown): boolean {
  const code = codeOf(error);
  return code === "EACCES" || code === "EPERM";
}

/** True for what the system refuses, as opposed to a fault of ours. */
export function isSystemError(error: unknown): error is Error {
  return error instanceof Error && /^E[A-Z0-9]+$/.test(codeOf(error));
}

/** True if the disk, or the user's share of it, is full. */
export function isFullDisk(error: unknown): boolean {
  const code = codeOf(error);
  return code === "ENOSPC" || code === "EDQUOT";
}

const WANT_OF_ROOM: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "ENOMEM", "EAGAIN"]);

/** True if the machine has no handles, memory or processes left just now. */
export function isWantOfRoom(error: unknown): boolean {
  return WANT_OF_ROOM.has(codeOf(error));
}
