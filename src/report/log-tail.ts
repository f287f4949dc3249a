/** The last lines of a log, as text that can be shown: without escape sequences, never more than a little. Reads, changes nothing. */

import { fstatSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { systemWords } from "../system/look/error-code.js";
import { yes } from "../system/look/look.js";
import { withFile } from "../system/read/open-file.js";
import { readPiece } from "../system/read/read-open.js";

const [MOST_BYTES, MOST_LINES] = [8 * 1024, 30];
/** All but tab and line feed, and what turns the direction of text around. */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Empty if there is no log; why it can't be read, if it can't. */
export function logTail(path: string): string {
  const bytes = readEnd(path);
  const text = stripVTControlCharacters(bytes.toString("utf8")).replaceAll("\r\n", "\n").replaceAll("\r", "\n");
  return text.replaceAll(CONTROL, "").trimEnd().split("\n").slice(-MOST_LINES).join("\n");
}

function readEnd(path: string): Buffer {
  const file = withFile(path, (fd) => {
    const { size } = fstatSync(fd);
    return yes(readPiece(fd, Math.max(0, size - MOST_BYTES), MOST_BYTES));
  });
  if (file.answer === "unknown") return Buffer.from(`(this log can't be read: ${systemWords(file.why)})`);
  return file.answer === "yes" ? file.found : Buffer.alloc(0);
}
