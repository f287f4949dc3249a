/** Takes a command line apart with yargs, by the table of options. For what plain-words.ts leaves to it. */

import yargs, { type Argv } from "yargs";
import { allOptions, type OptionName } from "./options.js";
import { UsageError } from "./usage-error.js";
import { generalOptions, type Words } from "./words.js";

/** @throws UsageError for an option without its value, and for what yargs can't make sense of. */
export async function readWords(argv: readonly string[]): Promise<Words> {
  const { _: words, $0: _name, ...options } = await parseWith(makeParser(), argv.map(withEquals));
  for (const [name, value] of Object.entries(options)) options[name] = countedValue(name, value);
  return { words: words.map(String), options };
}

/** `-j2x` is `-j=2x`: yargs takes what is no plain number for more letters. */
function withEquals(word: string): string {
  const [, letters = "", letter = "", value = ""] = /^(-[A-Za-z]*?)([A-Za-z])(\d.*)$/s.exec(word) ?? [];
  const takesValue = Object.values(allOptions).some(({ type, alias }) => type === "string" && alias === letter);
  return takesValue ? `${letters}${letter}=${value}` : word;
}

/** Of several the last one counts, but for a list. */
function countedValue(name: string, value: unknown): unknown {
  const isList = Object.hasOwn(allOptions, name) && allOptions[name as OptionName].isList === true;
  if (isList) return [value].flat();
  return Array.isArray(value) ? (value as unknown[]).at(-1) : value;
}

function makeParser(): Argv {
  const parser = yargs()
    .locale("en")
    .help(false)
    .version(false)
    .exitProcess(false)
    .parserConfiguration({
      "boolean-negation": false,
      "camel-case-expansion": false,
      "dot-notation": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "strip-aliased": true,
    })
    .boolean(Object.keys(generalOptions))
    .alias(generalOptions)
    .fail((message: string | null, error: Error | null) => {
      throw new UsageError(plainComplaint(message ?? error?.message ?? ""));
    });
  for (const [name, { type, alias }] of Object.entries(allOptions)) {
    parser.option(name, { type, requiresArg: type === "string", ...(alias !== undefined && { alias }) });
  }
  return parser;
}

/** Names such as `--constructor` confuse yargs' own tables. */
async function parseWith(parser: Argv, argv: readonly string[]): Promise<Awaited<Argv["argv"]>> {
  try {
    return await parser.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`the arguments can't be understood: ${argv.join(" ")}`);
  }
}

function plainComplaint(message: string): string {
  const names = /^Not enough arguments following: (.*)$/.exec(message)?.[1]?.split(", ");
  if (names === undefined) return message;
  const option = Object.entries(allOptions).find(
    ([name, { alias }]) => names.includes(name) || (alias !== undefined && names.includes(alias)),
  );
  return `--${option?.[0] ?? names[0]} needs a value`;
}
