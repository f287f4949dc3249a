/**
 * Reads the command line by the tables of verbs and options, and says in our words what it doesn't understand. What is certainly right
 * is taken apart quickly (plain-words.ts), everything else by yargs, which is loaded only then.
 */

import { allOptions, commonOptions } from "./command-line/options.js";
import { adviceOn, ourVerb } from "./command-line/other-tools.js";
import { readPlainWords } from "./command-line/plain-words.js";
import { suggestion } from "./command-line/suggest-word.js";
import { UsageError } from "./command-line/usage-error.js";
import { verbs, type Verb } from "./verbs.js";
import { generalOptions, type Words } from "./command-line/words.js";

export interface Parsed {
  /** Null if none was given, which only help and version allow. */
  readonly verb: Verb | null;
  /** Arguments by name, as typed. */
  readonly args: Readonly<Record<string, string | undefined>>;
  /** What was typed behind them, where the verb allows it. */
  readonly rest: readonly string[];
  /** Options by name: booleans and strings. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly request: "help" | "version" | null;
}

export async function parse(argv: readonly string[]): Promise<Parsed> {
  if (argv[0] === "help") return parse([...argv.slice(1), "--help"]);
  const { read, head, behind } = await takeApart(argv);
  const { options: given } = read;
  const [word, ...typed] = read.words;
  const request = given["version"] === true ? "version" : given["help"] === true || argv.length === 0 ? "help" : null;
  const verb = verbs.find(({ name }) => name === word) ?? null;
  if (verb === null) {
    if (request === null || word !== undefined) complainOfVerb(word);
    return { verb, args: {}, rest: [], given, request };
  }
  const isCommand = verb.rest === "command" || verb.rest === "line";
  const words = isCommand ? typed : [...typed, ...behind];
  if (request === null) {
    checkOptions(given, verb, head);
    checkArguments(words, verb);
  }
  const names = Object.keys(verb.args);
  const args = Object.fromEntries(names.map((name, index) => [name, words[index]]));
  return { verb, args, rest: isCommand ? behind : words.slice(names.length), given, request };
}

interface Apart {
  readonly read: Words;
  /** Where options may stand. */
  readonly head: readonly string[];
  readonly behind: readonly string[];
}

async function takeApart(argv: readonly string[]): Promise<Apart> {
  const place = placeOfVerb(argv);
  const verb = verbs.find(({ name }) => name === argv[place]);
  if (verb?.rest !== "line") {
    const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
    const head = argv.slice(0, end);
    return { read: await readWords(head), head, behind: argv.slice(end + 1) };
  }
  const before = await readWords(argv.slice(0, place));
  const { options, rest } = (await import("./command-line/leading-options.js")).readLeadingOptions(argv.slice(place + 1), verb);
  const read = { words: [verb.name], options: { ...before.options, ...options } };
  return { read, head: argv.slice(0, argv.length - rest.length), behind: rest };
}

async function readWords(head: readonly string[]): Promise<Words> {
  return readPlainWords(head) ?? (await (await import("./command-line/yargs-words.js")).readWords(head));
}

/** Behind the options that may stand before it. */
function placeOfVerb(argv: readonly string[]): number {
  const takesNext = (word: string): boolean =>
    Object.entries(allOptions).some(
      ([name, { type, alias }]) => type === "string" && (word === `--${name}` || (alias !== undefined && word === `-${alias}`)),
    );
  let place = 0;
  while (argv[place]?.startsWith("-") === true) place += takesNext(argv[place]!) ? 2 : 1;
  return place;
}

function complainOfVerb(word: string | undefined): never {
  const names = verbs.map(({ name }) => name);
  const ours = word === undefined ? null : ourVerb(word);
  const hint = word === undefined ? "" : ours === null ? suggestion(word, names) : `; did you mean ${ours}?`;
  const reason = word === undefined ? "a verb is missing" : `unknown verb "${word}"${hint}`;
  throw new UsageError(`${reason} (air-executor --help lists all)`);
}

/** An option that nobody knows is an error with a suggestion, never ignored. */
function checkOptions(given: Readonly<Record<string, unknown>>, verb: Verb, typed: readonly string[]): void {
  const options: readonly string[] = [...Object.keys(commonOptions), ...verb.options];
  for (const word of Object.keys(given)) {
    if (Object.hasOwn(generalOptions, word) || options.includes(word)) continue;
    const short = typed.find((each) => /^-[^-]/.test(each) && each.includes(word));
    const name = short ?? `--${word}`;
    const file = short?.includes(".") === true ? `; a file of that name is ./${short}` : "";
    const advice = file === "" ? adviceFor(verb, word, short) : "";
    const reason = Object.hasOwn(allOptions, word)
      ? `${verb.name} has no option ${name}${advice}`
      : `unknown option ${name}${file || advice || suggestion(word, options, "--")}`;
    throw new UsageError(`${reason} (air-executor ${verb.name} --help lists all)`);
  }
}

/** @param short the letters in which it was typed, with what may be the value of one. */
function adviceFor({ name }: Verb, word: string, short: string | undefined): string {
  const texts = [word, short?.[1]].map((each) => (each === undefined ? null : adviceOn(name, each)));
  const text = texts.find((each) => each !== null);
  return text === undefined ? "" : `: ${text}`;
}

function checkArguments(words: readonly string[], { usage, args, rest }: Verb): void {
  const names = Object.keys(args);
  const extra = words[names.length];
  if (extra !== undefined && rest !== "argument") throw new UsageError(`unexpected argument "${extra}": air-executor ${usage}`);
  const missing = names.find((name, index) => words[index] === undefined && !usage.includes(`[${name}`));
  if (missing !== undefined) throw new UsageError(`${missing} is missing: air-executor ${usage}`);
}
