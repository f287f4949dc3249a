/**
 * The records of one list of inputs, each a row of columns: a line as it is, a line cut into columns by an expression, a record of CSV or
 * TSV. They come in blocks, as they are read.
 */

import { AirError } from "../../../index.js";
import { textOfBytes } from "../../../internal.js";
import { explain, nameOfPlace, openBytes } from "./open-bytes.js";
import type { Row } from "./rows.js";
import { splitBytes } from "./split-bytes.js";

export interface RecordFormat {
  /** What ends an input. */
  readonly delimiter: Buffer;
  /** How an input is cut into columns. Null: it is one. */
  readonly columns: RegExp | "csv" | "tsv" | null;
}

/** @throws AirError as `openBytes` and `splitBytes`, and `AIR_INVALID_JOB` for NUL within an input or CSV that is none, with its place. */
export async function* readRecords(path: string, { delimiter, columns }: RecordFormat): AsyncGenerator<readonly Row[]> {
  const place = nameOfPlace(path);
  const bytes = await openBytes(path);
  try {
    if (columns === "csv") {
      const { readCsv } = await import("./csv.js");
      yield* readCsv(bytes, place);
      return;
    }
    const cut = cutter(columns);
    let count = 0;
    for await (const items of splitBytes(bytes, delimiter, place)) {
      yield items.map((item) => cut(toValue(item, ++count, place)));
    }
  } catch (error) {
    throw explain(path, error);
  }
}

/** The rows of values that stand on the command line. */
export function recordsOf(values: readonly string[], columns: RecordFormat["columns"]): Row[] {
  const cut = cutter(columns);
  return values.map(cut);
}

function cutter(columns: RecordFormat["columns"]): (value: string) => Row {
  if (columns === null) return (value) => [value];
  if (columns === "tsv") return (value) => value.replace(/\r$/, "").split("\t");
  if (columns === "csv") throw new Error("Internal error: CSV is not cut by lines");
  // As GNU parallel: blanks around a column are not its own.
  return (value) => value.split(columns).map((column) => column.replaceAll(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""));
}

function toValue(item: Buffer, number: number, place: string): string {
  if (!item.includes(0)) return textOfBytes(item);
  const message = `input ${number} of ${place} holds a NUL byte, which no argument can: if NUL ends each input, say so with --null`;
  throw new AirError("AIR_INVALID_JOB", message);
}
