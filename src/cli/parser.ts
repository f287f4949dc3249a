/** Reads the command line with yargs, by the tables of verbs and options, and says in our words what it doesn't understand. */

import yargs, { type Argv } from "yargs";
import { allOptions, commonOptions } from "./options.js";
import { UsageError } from "./usage-error.js";
import { verbs, type Verb } from "./verbs.js";

export interface Parsed {
  /** Null if none was given, which only help and version allow. */
  readonly verb: Verb | null;
  /** Arguments by name, as typed. */
  readonly args: Readonly<Record<string, string | undefined>>;
  /** Options by name: booleans and strings. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly request: "help" | "version" | null;
}

const generalOptions = { help: "h", version: "V" } as const;

export async function parse(argv: readonly string[]): Promise<Parsed> {
  const parser = yargs()
    .locale("en")
    .help(false)
    .version(false)
    .exitProcess(false)
    .parserConfiguration({
      "boolean-negation": false,
      "camel-case-expansion": false,
      "dot-notation": false,
      "duplicate-arguments-array": false,
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
  const given = await readWords(parser, argv);
  const [word, ...words] = given._.map(String);
  const request = given["version"] === true ? "version" : given["help"] === true || argv.length === 0 ? "help" : null;
  const verb = verbs.find(({ name }) => name === word) ?? null;
  if (verb === null) {
    if (request === null || word !== undefined) await complainOfVerb(word);
    return { verb, args: {}, given, request };
  }
  if (request === null) {
    await checkOptions(given, verb);
    checkArguments(words, verb);
  }
  const args = Object.fromEntries(Object.keys(verb.args).map((name, index) => [name, words[index]]));
  return { verb, args, given, request };
}

/** Names such as `--constructor` confuse yargs' own tables. */
async function readWords(parser: Argv, argv: readonly string[]): Promise<Awaited<Argv["argv"]>> {
  try {
    return await parser.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`the arguments can't be understood: ${argv.join(" ")}`);
  }
}

async function complainOfVerb(word: string | undefined): Promise<never> {
  const names = verbs.map(({ name }) => name);
  const reason = word === undefined ? "a verb is missing" : `unknown verb "${word}"${await suggest(word, names)}`;
  throw new UsageError(`${reason} (air-executor --help lists all)`);
}

/** An option that nobody knows is an error with a suggestion, never ignored. */
async function checkOptions(given: Readonly<Record<string, unknown>>, verb: Verb): Promise<void> {
  const options: readonly string[] = [...Object.keys(commonOptions), ...verb.options];
  for (const word of Object.keys(given)) {
    if (word === "_" || word === "$0" || Object.hasOwn(generalOptions, word) || options.includes(word)) continue;
    const name = `${word.length === 1 ? "-" : "--"}${word}`;
    const reason = Object.hasOwn(allOptions, word)
      ? `${verb.name} has no option ${name}`
      : `unknown option ${name}${await suggest(word, options, "--")}`;
    throw new UsageError(`${reason} (air-executor ${verb.name} --help lists all)`);
  }
}

function checkArguments(words: readonly string[], { usage, args }: Verb): void {
  const names = Object.keys(args);
  const extra = words[names.length];
  if (extra !== undefined) throw new UsageError(`unexpected argument "${extra}": air-executor ${usage}`);
  const missing = names.find((name, index) => words[index] === undefined && !usage.includes(`[${name}]`));
  if (missing !== undefined) throw new UsageError(`${missing} is missing: air-executor ${usage}`);
}

async function suggest(word: string, candidates: readonly string[], prefix = ""): Promise<string> {
  const { suggestion } = await import("./suggest-word.js");
  return suggestion(word, candidates, prefix);
}

function plainComplaint(message: string): string {
  const names = /^Not enough arguments following: (.*)$/.exec(message)?.[1]?.split(", ");
  if (names === undefined) return message;
  const option = Object.entries(allOptions).find(
    ([name, { alias }]) => names.includes(name) || (alias !== undefined && names.includes(alias)),
  );
  return `--${option?.[0] ?? names[0]} needs a value`;
}
