/** Reads CSV (RFC 4180, line breaks within quotes included) with the package csv-parse. Bytes that are no text pass unchanged. */

import { pipeline } from "node:stream";
import { CsvError, Parser } from "csv-parse";
import { AirError } from "../../../index.js";
import { textOf } from "../../../internal.js";
import type { Row } from "./rows.js";

/** As long as an input of any other list may be. */
const LONGEST_RECORD = 4 * 1024 * 1024;
const BLOCK_ROWS = 500;
const BYTE_ORDER_MARK = /^\ufeff/;

/** @throws AirError `AIR_INVALID_JOB` with the line. */
export async function* readCsv(bytes: AsyncIterable<Buffer>, delimiter: string, place: string): AsyncGenerator<readonly Row[]> {
  // In latin1 each byte is a character, so that none is lost; all that CSV itself knows is ASCII.
  const parser = new Parser({ encoding: "latin1", delimiter, max_record_size: LONGEST_RECORD, skip_empty_lines: true });
  pipeline(bytes, parser, () => {});
  let isFirst = true;
  let block: Row[] = [];
  try {
    for await (const record of parser as AsyncIterable<readonly string[]>) {
      const row = record.map((field) => textOf(Buffer.from(field, "latin1")));
      block.push(isFirst ? row.map((field, column) => (column === 0 ? field.replace(BYTE_ORDER_MARK, "") : field)) : row);
      isFirst = false;
      if (block.length < BLOCK_ROWS && parser.readableLength > 0) continue;
      yield block;
      block = [];
    }
  } catch (error) {
    throw error instanceof CsvError ? explainCsv(error, place) : error;
  }
}

function explainCsv(error: CsvError, place: string): AirError {
  const { lines } = error as CsvError & { readonly lines?: number };
  const line = lines === undefined ? "" : `, line ${lines}`;
  const reason = error.message.replace(/ (?:at|on) line \d+.*$/s, "");
  return new AirError("AIR_INVALID_JOB", `${place}${line}: this is no CSV (${reason}): mend it, or cut its lines with --colsep`, {
    cause: error,
  });
}
