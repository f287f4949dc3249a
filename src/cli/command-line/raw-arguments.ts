/** What was typed, byte by byte: Node puts U+FFFD in the place of what is no UTF-8, as the names of files may be. */

import { readFileSync } from "node:fs";
import { textOf } from "../../internal.js";

/** The arguments with those bytes as byte-text.ts has them, where the system shows them. */
export function rawArguments(argv: readonly string[]): readonly string[] {
  if (argv.length === 0) return argv;
  try {
    const words = readFileSync("/proc/self/cmdline").toString("latin1").split("\0").slice(0, -1).slice(-argv.length);
    const raw = words.map((word) => Buffer.from(word, "latin1"));
    return raw.every((bytes, index) => bytes.toString() === argv[index]) ? raw.map(textOf) : argv;
  } catch {
    return argv;
  }
}
