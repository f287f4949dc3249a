/**
 * Reads the options of a verb that runs a command: they end where the command begins, as with `xargs`, `nice` or `env`, so that the command's
 * own options stay its own. Says of an option that nobody knows only that it was there.
 */

import { allOptions, type OptionName } from "./options.js";
import { UsageError } from "./usage-error.js";
import type { VerbWords } from "./verb-words.js";
import { generalOptions, type Words } from "./words.js";

export interface LeadingOptions extends Words {
  /** The command and all behind it. */
  readonly rest: readonly string[];
}

/**
 * @param argv what stands behind the verb.
 * @throws UsageError for an option without its value.
 */
export function readLeadingOptions(argv: readonly string[], verb: VerbWords): LeadingOptions {
  const options: Record<string, unknown> = {};
  let place = 0;
  const take = (name: string, value: string | null): void => {
    if (typeOf(name) !== "string") options[name] = readSwitch(name, value);
    else {
      const text = value ?? argv[++place];
      if (text === undefined) throw new UsageError(`--${name} needs a value`);
      const earlier = options[name];
      options[name] = isList(name) ? [...(Array.isArray(earlier) ? (earlier as string[]) : []), text] : text;
    }
  };
  for (; place < argv.length; place++) {
    const word = argv[place]!;
    if (word === "--") return { words: [], options, rest: argv.slice(place + 1) };
    const long = /^--([^=]+)(?:=([\s\S]*))?$/.exec(word);
    if (long !== null) take(long[1]!, long[2] ?? null);
    else if (/^-[^-]/.test(word)) takeLetters(word.slice(1), verb, take);
    else break;
  }
  return { words: [], options, rest: argv.slice(place) };
}

/** `-k0j4` is `-k -0 -j 4`. */
function takeLetters(letters: string, verb: VerbWords, take: (name: string, value: string | null) => void): void {
  for (let place = 0; place < letters.length; place++) {
    const name = nameOfLetter(letters[place]!, verb);
    const rest = letters.slice(place + 1);
    if (typeOf(name) !== "string") take(name, null);
    else return take(name, rest === "" ? null : rest.replace(/^=/, ""));
  }
}

function nameOfLetter(letter: string, { letters = {} }: VerbWords): string {
  const own = letters[letter];
  if (own !== undefined) return own;
  const general = Object.entries(generalOptions).find(([, short]) => short === letter)?.[0];
  return general ?? Object.entries(allOptions).find(([, { alias }]) => alias === letter)?.[0] ?? letter;
}

function readSwitch(name: string, value: string | null): boolean {
  if (value === null || value === "true") return true;
  if (value === "false") return false;
  throw new UsageError(`--${name} takes no value, got "${value}"`);
}

function typeOf(name: string): string {
  return Object.hasOwn(allOptions, name) ? allOptions[name as OptionName].type : "boolean";
}

function isList(name: string): boolean {
  return allOptions[name as OptionName].isList === true;
}
