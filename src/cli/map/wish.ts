/** What a batch is to be, as it was typed: every option of `map`, checked and converted. Nothing is read or looked up. */

import type { Settings } from "../command-line/settings.js";
import { UsageError } from "../command-line/usage-error.js";
import { readHalt, type HaltWish } from "./halt-option.js";
import type { PieceSize } from "./input/pieces.js";
import { readsStdin, takeLists, type List } from "./lists.js";

export type CommandWish = { readonly words: readonly string[] } | { readonly script: string };

export interface Wish {
  readonly command: CommandWish;
  readonly lists: readonly List[];
  readonly delimiter: Buffer;
  readonly colsep: RegExp | null;
  /** Inputs are CSV, and this character is between columns. */
  readonly csv: string | null;
  readonly hasHeader: boolean;
  readonly maxArgs: number | null;
  /** Null if inputs are arguments. */
  readonly pipe: PieceSize | null;
  readonly shuffleSeed: string | null;
  readonly output: OutputWish;
  readonly joblog: string | null;
  readonly isDryRun: boolean;
  /** In the words and units of a job file. */
  readonly options: { readonly retries?: number; readonly retry_delay?: number; readonly timeout?: number };
  /** What each task takes, as in a job file; null if nothing was said. */
  readonly resources: Readonly<Record<string, number | string>> | null;
  readonly delayMs: number;
  readonly halt: HaltWish | null;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | null;
  readonly before: string | null;
  readonly after: string | null;
}

export interface OutputWish {
  readonly isShown: boolean;
  readonly isOrdered: boolean;
  readonly isByLine: boolean;
  /** Before each line; null for none, `values` for the inputs. */
  readonly tag: "values" | { readonly text: string } | null;
}

const MISSING =
  "a command is missing: air-executor map COMMAND {} ::: INPUT…, or --shell SCRIPT. To run lines that are commands: air-executor map sh -c {}";
const DEFAULT_BLOCK = 1024 * 1024;
const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "0": "\0",
  "\\": "\\",
  a: "\x07",
  f: "\f",
  v: "\v",
};

/** @throws UsageError for what makes no sense. */
export function readWish(words: readonly string[], settings: Settings): Wish {
  const { command, lists } = takeLists(words, settings.list("arg-file"));
  const wish: Wish = {
    command: readCommand(command, settings.text("shell")),
    lists,
    delimiter: settings.isOn("null") ? Buffer.of(0) : readDelimiter(settings.text("delimiter") ?? "\\n"),
    ...readColumns(settings.text("colsep"), settings.isOn("csv")),
    hasHeader: settings.isOn("header"),
    maxArgs: settings.count("max-args", 1),
    pipe: settings.isOn("pipe") ? readPieceSize(settings) : null,
    shuffleSeed: settings.text("shuffle"),
    output: readOutput(settings),
    joblog: settings.text("joblog"),
    isDryRun: settings.isOn("dry-run"),
    options: readOptions(settings),
    resources: readResources(settings.list("resources")),
    delayMs: settings.timeMs("delay") ?? 0,
    halt: readHalt(settings.text("halt"), settings.text("max-failures")),
    env: Object.fromEntries(settings.list("env").map(readVariable)),
    cwd: settings.text("cwd"),
    before: settings.text("before"),
    after: settings.text("after"),
  };
  checkTogether(wish, settings);
  return wish;
}

function readCommand(words: readonly string[], script: string | null): CommandWish {
  if (script === null && words.length === 0) throw new UsageError(MISSING);
  if (script === null) return { words };
  if (words.length > 0) throw new UsageError(`--shell is given, and a command too ("${words[0]}"): which one is to be run?`);
  if (script.trim() === "") throw new UsageError("--shell is empty: expected a script such as 'gzip -k {}'");
  return { script };
}

function readDelimiter(text: string): Buffer {
  const value = text.replaceAll(/\\(x[\da-fA-F]{1,2}|[0-7]{1,3}|.)/gs, (whole, code: string) => {
    if (code.startsWith("x")) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8) & 0xff);
    const escape = ESCAPES[code];
    if (escape === undefined) throw new UsageError(`--delimiter: there is no ${whole}; there are \\n, \\t, \\0, \\\\ and \\x1e`);
    return escape;
  });
  if (value === "") throw new UsageError("--delimiter is empty: expected what ends each input, such as , or \\t");
  return /^[\0-\xff]*$/.test(value) && /\\[x0-7]/.test(text) ? Buffer.from(value, "latin1") : Buffer.from(value);
}

/** As GNU parallel has it: with --csv the separator is a character, not an expression. */
function readColumns(separator: string | null, isCsv: boolean): Pick<Wish, "colsep" | "csv"> {
  if (!isCsv) return { colsep: readExpression(separator), csv: null };
  const csv = separator === "\\t" ? "\t" : (separator ?? ",");
  if (/^[\t !#-~]$/.test(csv)) return { colsep: null, csv };
  throw new UsageError(
    `--colsep is "${csv}": with --csv expected one character of ASCII that separates columns, such as ; or \\t`,
  );
}

function readExpression(text: string | null): RegExp | null {
  if (text === null) return null;
  if (text === "") throw new UsageError("--colsep is empty: expected an expression such as , or \\t or ' +'");
  try {
    return new RegExp(text);
  } catch (error) {
    throw new UsageError(`--colsep is "${text}": ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readPieceSize(settings: Settings): PieceSize {
  const [bytes, records] = [settings.bytes("block"), settings.count("lines", 1)];
  return { bytes: bytes ?? (records === null ? DEFAULT_BLOCK : null), records };
}

function readOutput(settings: Settings): OutputWish {
  const text = settings.text("tag-string");
  return {
    isShown: !settings.isOn("no-output"),
    isOrdered: settings.isOn("keep-order"),
    isByLine: settings.isOn("line-buffer"),
    tag: text !== null ? { text } : settings.isOn("tag") ? "values" : null,
  };
}

function readOptions(settings: Settings): Wish["options"] {
  const [retries, delay, timeout] = [
    settings.count("retries", 0, 1000),
    settings.timeMs("retry-delay"),
    settings.timeMs("timeout"),
  ];
  return {
    ...(retries !== null && { retries }),
    ...(delay !== null && { retry_delay: delay / 1000 }),
    ...(timeout !== null && timeout > 0 && { timeout: timeout / 1000 }),
  };
}

/** Null if nothing was said. What is no amount, the library says. */
function readResources(given: readonly string[]): Wish["resources"] {
  const resources: Record<string, number | string> = {};
  for (const text of given.flatMap((each) => each.split(","))) {
    const [, name, amount] = /^\s*([^=]+)=(.+)$/.exec(text) ?? [];
    if (name === undefined || amount === undefined)
      throw new UsageError(`--resources is "${text}": expected a name and how much of it a task takes, such as gpu=1`);
    if (name in resources) throw new UsageError(`--resources says twice how much of ${name} a task takes`);
    resources[name] = Number.isFinite(Number(amount)) ? Number(amount) : amount;
  }
  return given.length === 0 ? null : resources;
}

function readVariable(text: string): [string, string] {
  const [, name, value] = /^([^=]+)=([\s\S]*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new UsageError(`--env is "${text}": expected NAME=VALUE`);
  return [name, value];
}

function checkTogether(wish: Wish, settings: Settings): void {
  const refuse = (reason: string): never => {
    throw new UsageError(reason);
  };
  const { pipe, lists, maxArgs, colsep, csv } = wish;
  const isStdinAlone = lists.length === 1 && readsStdin(lists[0]!);
  if (wish.hasHeader && "words" in wish.command && wish.command.words[0] === ":")
    refuse('--header takes no ":", which parallel wants behind it: leave it out');
  if (settings.isOn("null") && settings.text("delimiter") !== null) refuse("--null and --delimiter: one of them is enough");
  if (pipe !== null && !isStdinAlone) refuse("with --pipe the input is standard input alone: leave the lists out");
  if (pipe !== null && (colsep !== null || csv !== null || maxArgs !== null))
    refuse("--pipe cuts no columns and knows no --max-args: its pieces have --block and --lines");
  if (pipe !== null && wish.shuffleSeed !== null) refuse("--pipe can't be shuffled");
  if (pipe === null && (settings.text("block") !== null || settings.text("lines") !== null))
    refuse("--block and --lines are for --pipe");
  if (maxArgs !== null && (lists.length > 1 || colsep !== null || csv !== null))
    refuse("--max-args is for one list of inputs without columns");
  if (wish.output.isByLine && wish.output.isOrdered)
    refuse("--line-buffer and --keep-order: output can come as it is written, or in order");
}
