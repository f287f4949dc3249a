/**
 * The fast gate before yargs: reads command lines that are certainly right with Node's own parser, since loading yargs takes longer than
 * Node itself does to start. It only ever says what was typed or "ask yargs": it complains of nothing, and errs to the careful side.
 * What it says is what yargs would say.
 */

import { parseArgs } from "node:util";
import { allOptions } from "./options.js";
import { generalOptions, type Words } from "./words.js";

/** One letter, perhaps with a number behind it: what else is written together has more than one reading. */
const PLAIN_SHORT = /^-[A-Za-z]\d*$/;

/** Words that yargs would take as they stand, whatever is before them: no option, no quotes, no value of a switch. */
const PLAIN = /^(?!true$|false$)(?:-|[^-='"][^='"]*)$/;

const known = Object.fromEntries([
  ...Object.entries(allOptions).map(([name, { type, alias, isList }]) => [
    name,
    { type, ...(alias !== undefined && { short: alias }), ...(isList && { multiple: true }) },
  ]),
  ...Object.entries(generalOptions).map(([name, short]) => [name, { type: "boolean", short }]),
]) as Record<string, { type: "string" | "boolean"; short?: string; multiple?: boolean }>;

/** Null if yargs has to be asked. */
export function readPlainWords(argv: readonly string[]): Words | null {
  if (argv.some((word) => word === "--" || (/^-[^-]/.test(word) && !PLAIN_SHORT.test(word)))) return null;
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options: known, allowPositionals: true, strict: true });
    const texts = [...positionals, ...Object.values(values).flat()].filter((value) => typeof value === "string");
    return texts.every((value) => PLAIN.test(value)) ? { words: positionals, options: { ...values } } : null;
  } catch {
    return null;
  }
}
