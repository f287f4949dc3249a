/** What the kernel takes in arguments and environment of one new process, so that "too long" is said with figures and a way out. */

import type { Descriptor } from "../../domain/ports.js";
import { processLimit } from "../../system/process/process-limit.js";

export interface ArgumentLimit {
  /** Bytes of one argument or variable with its NUL. */
  readonly single: number;
  /** Bytes of all of them, a pointer each included. */
  readonly total: number;
}

/** MAX_ARG_STRLEN of Linux: 32 pages. */
const LINUX_SINGLE = 131_072;
/** Linux never takes more than three quarters of 8 MiB, however large the stack may be. */
const LINUX_LARGEST_TOTAL = 6 * 1024 * 1024;
/** ARG_MAX of macOS. */
const OTHER_TOTAL = 1024 * 1024;
const POINTER = 8;
/** For the file's name, the variables that we add, and what else the kernel puts there. */
const RESERVE = 4096;

export function argumentLimit(): ArgumentLimit {
  const stack = processLimit("stack size");
  if (stack === null) return { single: OTHER_TOTAL, total: OTHER_TOTAL };
  return { single: LINUX_SINGLE, total: Math.min(LINUX_LARGEST_TOTAL, Math.max(LINUX_SINGLE, stack / 4)) };
}

/** A sentence if the attempt's arguments and environment are too long; undefined if not. */
export function findTooLong(descriptor: Descriptor, limit: ArgumentLimit): string | undefined {
  let total = RESERVE;
  for (const [name, value] of Object.entries(process.env)) {
    total += Buffer.byteLength(name) + Buffer.byteLength(value ?? "") + 2 + POINTER;
  }
  for (const text of [descriptor.command, ...descriptor.args]) {
    const bytes = Buffer.byteLength(text) + 1;
    if (bytes > limit.single) return sentence("one argument has", bytes, limit.single);
    total += bytes + POINTER;
  }
  for (const name in descriptor.env) {
    const bytes = Buffer.byteLength(name) + Buffer.byteLength(descriptor.env[name] ?? "") + 2;
    if (bytes > limit.single) return sentence(`the environment variable ${name} has`, bytes, limit.single);
    total += bytes + POINTER;
  }
  return total > limit.total ? sentence("with the environment they have", total, limit.total) : undefined;
}

function sentence(what: string, bytes: number, limit: number): string {
  const figures = `${bytes.toLocaleString("en-US")} bytes, the limit is ${limit.toLocaleString("en-US")}`;
  return `arguments too long for the kernel: ${what} ${figures}; pass them in a file`;
}
