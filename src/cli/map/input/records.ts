/**
 * The records of one list of inputs, each a row of columns: a line as it is, a line cut into columns by an expression, a record of CSV or
 * TSV. They come in blocks, as they are read.
 */

import { AirError } from "../../../index.js";
import { textOf } from "../../../internal.js";
import { nameOfPlace, openBytes } from "./open-bytes.js";
import type { Row } from "./rows.js";
import { splitBytes } from "./split-bytes.js";

export interface RecordFormat {
  /** What ends an input. */
  readonly delimiter: Buffer;
  /** How an input is cut into columns; `header`: as its first line looks. Null: it is one. */
  readonly columns: RegExp | "csv" | "tsv" | "header" | null;
}

const LONGEST_HEADER = 1024 * 1024;

/** @throws AirError as `openBytes` and `splitBytes`, and `AIR_INVALID_JOB` for NUL within an input or CSV that is none, with its place. */
export async function* readRecords(path: string, { delimiter, columns }: RecordFormat): AsyncGenerator<readonly Row[]> {
  const place = nameOfPlace(path);
  const bytes = await openBytes(path);
  const { chunks, seen } = columns === "header" ? await look(bytes) : { chunks: bytes, seen: columns };
  if (seen === "csv") {
    const { readCsv } = await import("./csv.js");
    yield* readCsv(chunks, place);
    return;
  }
  const cut = cutter(seen);
  let count = 0;
  for await (const items of splitBytes(chunks, delimiter, place)) {
    yield items.map((item) => cut(toValue(item, ++count, place)));
  }
}

/** Tabs in the first line make TSV of it, else commas CSV. */
async function look(bytes: AsyncIterable<Buffer>): Promise<{ chunks: AsyncIterable<Buffer>; seen: "csv" | "tsv" | null }> {
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
  const line = head.subarray(0, head.indexOf("\n") === -1 ? head.length : head.indexOf("\n"));
  return { chunks: chunks(), seen: line.includes("\t") ? "tsv" : line.includes(",") ? "csv" : null };
}

/** The rows of values that stand on the command line. */
export function recordsOf(values: readonly string[], columns: RecordFormat["columns"]): Row[] {
  const cut = cutter(columns);
  return values.map(cut);
}

function cutter(columns: RecordFormat["columns"]): (value: string) => Row {
  if (columns === null) return (value) => [value];
  if (columns === "tsv") return (value) => value.replace(/\r$/, "").split("\t");
  if (columns === "csv" || columns === "header") throw new Error("Internal error: this is not cut by lines");
  // As GNU parallel: blanks around a column are not its own.
  return (value) => value.split(columns).map((column) => column.replaceAll(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""));
}

function toValue(item: Buffer, number: number, place: string): string {
  if (!item.includes(0)) {
    const text = item.toString();
    return text.includes("\ufffd") ? textOf(item) : text;
  }
  const message = `input ${number} of ${place} holds a NUL byte, which no argument can: if NUL ends each input, say so with --null`;
  throw new AirError("AIR_INVALID_JOB", message);
}
