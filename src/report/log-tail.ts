/** The last lines of a log, as text that can be shown: without escape sequences, never more than a little. Reads, changes nothing. */

import { closeSync, fstatSync, readSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { AirError } from "../domain/errors.js";
import { openRegular } from "../system/regular-file.js";

const [MOST_BYTES, MOST_LINES] = [8 * 1024, 30];
/** All but tab and line feed, and what turns the direction of text around. */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Empty if there is no log, or none that may be read. */
export function logTail(path: string): string {
  const bytes = readEnd(path);
  const text = stripVTControlCharacters(bytes.toString("utf8")).replaceAll("\r\n", "\n").replaceAll("\r", "\n");
  return text.replaceAll(CONTROL, "").trimEnd().split("\n").slice(-MOST_LINES).join("\n");
}

function readEnd(path: string): Buffer {
  let handle: number;
  try {
    handle = openRegular(path);
  } catch (error) {
    if (error instanceof AirError) return Buffer.alloc(0);
    throw error;
  }
  try {
    const { size } = fstatSync(handle);
    const buffer = Buffer.alloc(Math.min(size, MOST_BYTES));
    return buffer.subarray(0, readSync(handle, buffer, 0, buffer.length, size - buffer.length));
  } finally {
    closeSync(handle);
  }
}
