/**
 * The records of one list of inputs, each a row of columns: a line as it is, a line cut into columns by an expression, a record of CSV or
 * TSV. They come in blocks, as they are read.
 */

import { Readable } from "node:stream";
import { AirError } from "../../../index.js";
import { bytesOf, textOf } from "../../../internal.js";
import { nameOfPlace, openBytes } from "./open-bytes.js";
import type { Row } from "./rows.js";
import { splitBytes } from "./split-bytes.js";

export interface RecordFormat {
  /** What ends an input. */
  readonly delimiter: Buffer;
  /**
   * How an input is cut into columns; `header`: as its first line looks; `csv-header`: it is CSV, and its first line tells what separates
   * columns, a semicolon where there is no comma, as many spreadsheets write it. Null: it is one.
   */
  readonly columns: RegExp | Csv | "tsv" | "header" | "csv-header" | null;
}

export interface Csv {
  /** The character between columns. */
  readonly csv: string;
}

const LONGEST_HEADER = 1024 * 1024;

/** @throws AirError as `openBytes` and `splitBytes`, and `AIR_INVALID_JOB` for NUL within an input or CSV that is none, with its place. */
export async function* readRecords(path: string, { delimiter, columns }: RecordFormat): AsyncGenerator<readonly Row[]> {
  const place = nameOfPlace(path);
  const bytes = await openBytes(path);
  const { chunks, seen } = await settle(bytes, columns);
  if (seen !== null && typeof seen === "object" && "csv" in seen) {
    const { readCsv } = await import("./csv.js");
    yield* readCsv(chunks, seen.csv, place);
    return;
  }
  const cut = cutter(seen);
  let count = 0;
  for await (const items of splitBytes(chunks, delimiter, place)) {
    yield items.map((item) => cut(toValue(item, ++count, place)));
  }
}

async function settle(
  bytes: AsyncIterable<Buffer>,
  columns: RecordFormat["columns"],
): Promise<Looked<RegExp | Csv | "tsv" | null>> {
  if (columns !== "header" && columns !== "csv-header") return { chunks: bytes, seen: columns };
  const { chunks, seen } = await look(bytes);
  if (columns === "csv-header") return { chunks, seen: { csv: seen === ";" ? seen : "," } };
  return { chunks, seen: seen === "\t" ? "tsv" : seen === null ? null : { csv: seen } };
}

interface Looked<Seen> {
  readonly chunks: AsyncIterable<Buffer>;
  readonly seen: Seen;
}

/** What separates the columns of the first line: tabs, else commas, else semicolons. */
async function look(bytes: AsyncIterable<Buffer>): Promise<Looked<"\t" | "," | ";" | null>> {
  const iterator = bytes[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (!head.includes("\n") && head.length < LONGEST_HEADER) {
    const next = await iterator.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  async function* chunks(): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  const line = head.toString("latin1", 0, head.indexOf("\n") === -1 ? head.length : head.indexOf("\n"));
  if (line.includes("\t")) return { chunks: chunks(), seen: "\t" };
  // What is in quotes separates nothing; but quotes are CSV's.
  const seen = separatorIn(line.replaceAll(/"[^"]*"/g, "")) ?? separatorIn(line);
  return { chunks: chunks(), seen };
}

function separatorIn(text: string): "," | ";" | null {
  return text.includes(",") ? "," : text.includes(";") ? ";" : null;
}

/**
 * The rows of values that stand on the command line.
 *
 * @throws AirError `AIR_INVALID_JOB` for a value that should be a record of CSV and is none.
 */
export async function* recordsOf(
  values: readonly string[],
  columns: RegExp | Csv | "tsv" | null,
): AsyncGenerator<readonly Row[]> {
  if (columns === null || columns === "tsv" || columns instanceof RegExp) {
    if (values.length > 0) yield values.map(cutter(columns));
    return;
  }
  const { readCsv } = await import("./csv.js");
  // In CSV an empty line is no record, but quotes with nothing between them are.
  const text = values.map((value) => `${value === "" ? '""' : value}\n`).join("");
  yield* readCsv(Readable.from([Buffer.from(bytesOf(text))]), columns.csv, ":::");
}

function cutter(separator: RegExp | "tsv" | null): (value: string) => Row {
  if (separator === null) return (value) => [value];
  if (separator === "tsv") return (value) => value.replace(/\r$/, "").split("\t");
  // As GNU parallel: blanks around a column are not its own.
  return (value) => value.split(separator).map((column) => column.replaceAll(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""));
}

function toValue(item: Buffer, number: number, place: string): string {
  if (!item.includes(0)) {
    const text = item.toString();
    return text.includes("\ufffd") ? textOf(item) : text;
  }
  const message = `input ${number} of ${place} holds a NUL byte, which no argument can: if NUL ends each input, say so with --null`;
  throw new AirError("AIR_INVALID_JOB", message);
}
