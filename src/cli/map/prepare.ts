/**
 * The tasks of a batch as they come of its inputs: reads the lists, puts them together, fills the command. Lazy: an input is read when it is
 * asked for, and nothing is opened before the first one is.
 */

import { STDIN, openBytes } from "./input/open-bytes.js";
import { collect, combine, type LinkedRows } from "./input/combine.js";
import { cutPieces } from "./input/pieces.js";
import { readRecords, recordsOf, type RecordFormat } from "./input/records.js";
import type { Row, Rows } from "./input/rows.js";
import { shuffle } from "./input/shuffle.js";
import { compileArguments, type Fill, type Input } from "./command/arguments.js";
import { compileScript } from "./command/shell-script.js";
import { parseTemplate, type Columns } from "./command/template.js";
import { UsageError } from "../command-line/usage-error.js";
import type { List } from "./lists.js";
import type { Wish } from "./wish.js";

/** A task, ready to be run. */
export interface Prepared {
  readonly number: number;
  readonly command: string;
  readonly args: readonly string[];
  /** What stands before each line of its output; null for nothing. */
  readonly tag: string | null;
  /** What it reads from standard input; null for nothing. */
  readonly piece: Buffer | null;
}

const BATCHED = (most: number): Columns => ({ count: most, names: null });

/** @throws UsageError for a placeholder that can't be, AirError for an input that can't be read. */
export async function* prepare(wish: Wish): AsyncGenerator<Prepared> {
  if (wish.pipe !== null) {
    const make = compile(wish, { count: 0, names: null });
    let number = 0;
    for await (const piece of cutPieces(await openBytes(STDIN), wish.delimiter, wish.pipe, wish.hasHeader)) {
      yield { ...make({ values: [], number: ++number }), piece };
    }
    return;
  }
  const lists = await Promise.all(wish.lists.map((list) => openList(list, wish)));
  if (lists.some(({ names }) => names?.length === 0)) return;
  const columns = wish.maxArgs === null ? columnsOf(lists, wish) : BATCHED(wish.maxArgs);
  const make = compile(wish, columns);
  let rows: Rows = combine(lists);
  if (wish.shuffleSeed !== null) rows = shuffled(rows, wish.shuffleSeed);
  if (wish.maxArgs !== null) rows = batched(rows, wish.maxArgs);
  let number = 0;
  for await (const block of rows) for (const values of block) yield make({ values, number: ++number });
}

interface OpenList extends LinkedRows {
  /** Null without a header. */
  readonly names: Row | null;
}

async function openList({ source, isLinked }: List, wish: Wish): Promise<OpenList> {
  if ("path" in source) return withHeader(readRecords(source.path, await formatOf(wish, source.path)), isLinked, wish.hasHeader);
  const columns = wish.csv === null ? wish.colsep : { csv: wish.csv };
  return withHeader(recordsOf(source.values, columns), isLinked, wish.hasHeader);
}

async function withHeader(rows: AsyncGenerator<readonly Row[]>, isLinked: boolean, hasHeader: boolean): Promise<OpenList> {
  if (!hasHeader) return { rows, isLinked, names: null };
  const first = await rows.next();
  if (first.done === true) return { rows, isLinked, names: [] };
  const [names = [], ...rest] = first.value;
  async function* others(): AsyncGenerator<readonly Row[]> {
    if (rest.length > 0) yield rest;
    yield* rows;
  }
  return { rows: others(), isLinked, names };
}

/** Without a word about columns a file with a header is what its name says, or what its lines look like. */
async function formatOf({ delimiter, colsep, csv, hasHeader }: Wish, path: string): Promise<RecordFormat> {
  const columns = colsep ?? (csv !== null ? { csv } : hasHeader ? guess(path) : null);
  return { delimiter, columns };
}

function guess(path: string): RecordFormat["columns"] {
  if (/\.csv$/i.test(path)) return "csv-header";
  return /\.(?:tsv|tab)$/i.test(path) ? "tsv" : "header";
}

function columnsOf(lists: readonly OpenList[], { colsep, csv, hasHeader }: Wish): Columns {
  if (!hasHeader) return { count: colsep !== null || csv !== null ? null : lists.length, names: null };
  const names = lists.flatMap((list) => list.names ?? []);
  const double = names.find((name, index) => names.indexOf(name) < index);
  if (double !== undefined) throw new UsageError(`two columns are called "${double}": {${double}} would be one or the other`);
  return { count: names.length, names };
}

function compile(wish: Wish, columns: Columns): (input: Input) => Prepared {
  const isAppended = wish.pipe === null;
  const fill = compileCommand(wish, columns, isAppended);
  const tag = compileTag(wish, columns);
  return (input) => {
    const [command = "", ...args] = fill(input);
    return { number: input.number, command, args, tag: tag(input), piece: null };
  };
}

function compileCommand({ command, maxArgs }: Wish, columns: Columns, isAppended: boolean): Fill {
  // The last task may have fewer inputs than the others.
  const pad = (input: Input): Input => (maxArgs === null || input.values.length === maxArgs ? input : { ...input, missing: "" });
  if ("words" in command) {
    const fill = compileArguments(command.words, columns, isAppended);
    return (input) => fill(pad(input));
  }
  const fill = compileScript(command.script, columns, isAppended);
  return (input) => ["sh", "-c", fill(pad(input))];
}

function compileTag({ output: { tag } }: Wish, columns: Columns): (input: Input) => string | null {
  if (tag === null) return () => null;
  if (tag === "values") return ({ values, number }) => (values.length === 0 ? String(number) : values.join(" "));
  if (parseTemplate(tag.text, columns).some(({ kind }) => kind === "slot"))
    throw new UsageError(
      "--tag-string can't hold {%}: which slot runs a task is not known where its tag is made (for the braces themselves write {{%}})",
    );
  const fill = compileArguments([tag.text], columns, false);
  return (input) => fill(input).join(" ");
}

async function* shuffled(rows: Rows, seed: string): AsyncGenerator<readonly Row[]> {
  yield shuffle(await collect(rows), seed);
}

async function* batched(rows: Rows, most: number): AsyncGenerator<readonly Row[]> {
  let batch: string[] = [];
  for await (const block of rows) {
    const full: Row[] = [];
    for (const [value] of block) {
      batch.push(value!);
      if (batch.length < most) continue;
      full.push(batch);
      batch = [];
    }
    if (full.length > 0) yield full;
  }
  if (batch.length > 0) yield [batch];
}

/** All of them, for who has to know how many there are. */
export async function collected<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
