/** Reads the command line with yargs, by the tables of verbs and options, and says in our words what it doesn't understand. */

import yargs from "yargs";
import { allOptions, commonOptions } from "./options.js";
import { shownUsage } from "./render/help.js";
import { UsageError } from "./usage-error.js";
import { verbs, type Verb } from "./verbs.js";

export interface Parsed {
  /** Null if none was given, which only help and version allow. */
  readonly verb: Verb | null;
  /** Options and arguments by name; booleans and strings. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly request: "help" | "version" | null;
}

const generalOptions = { help: "h", version: "V" } as const;

export async function parse(argv: readonly string[]): Promise<Parsed> {
  let verb: Verb | null = null;
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
  for (const candidate of verbs) {
    // Whether an argument is missing is looked at below: `run --help` needs none.
    const usage = candidate.usage.replaceAll("<", "[").replaceAll(">", "]");
    parser.command(
      usage,
      false,
      (builder) => {
        for (const name of Object.keys(candidate.args)) builder.positional(name, { type: "string" });
      },
      () => {
        verb = candidate;
      },
    );
  }
  for (const [name, { type, alias }] of Object.entries(allOptions)) {
    parser.option(name, { type, requiresArg: type === "string", ...(alias !== undefined && { alias }) });
  }
  const given: Record<string, unknown> = await parser.parseAsync([...argv]);
  const request = given["version"] === true ? "version" : given["help"] === true || argv.length === 0 ? "help" : null;
  if (request === null) await checkWords(given, verb);
  return { verb, given, request };
}

/** A word that nobody knows is an error with a suggestion, never ignored. */
async function checkWords(given: Readonly<Record<string, unknown>>, verb: Verb | null): Promise<void> {
  const words = (given["_"] as readonly (string | number)[]).map(String);
  if (verb === null) {
    const [word] = words;
    const names = verbs.map(({ name }) => name);
    const reason = word === undefined ? "a verb is missing" : `unknown verb "${word}"${await suggest(word, names)}`;
    throw new UsageError(`${reason} (air-executor --help lists all)`);
  }
  const options: readonly string[] = [...Object.keys(commonOptions), ...verb.options];
  for (const word of Object.keys(given)) {
    if (word === "_" || word === "$0" || word in generalOptions || word in verb.args || options.includes(word)) continue;
    const name = `${word.length === 1 ? "-" : "--"}${word}`;
    const reason =
      word in allOptions ? `${verb.name} has no option ${name}` : `unknown option ${name}${await suggest(word, options, "--")}`;
    throw new UsageError(`${reason} (air-executor ${verb.name} --help lists all)`);
  }
  const usage = `air-executor ${shownUsage(verb.usage)}`;
  const extra = words[1];
  if (extra !== undefined) throw new UsageError(`unexpected argument "${extra}": ${usage}`);
  const missing = Object.keys(verb.args).find((name) => verb.usage.includes(`<${name}>`) && given[name] === undefined);
  if (missing !== undefined) throw new UsageError(`${missing.toUpperCase()} is missing: ${usage}`);
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
