/**
 * Reads `journal.ndjson` back, whole lines only, in bounded pieces. Writes and mends nothing.
 *
 * A crash can tear only the end of an append-only file. The torn tail is what stands behind the last whole line, with no whole line behind
 * it: a line without its newline, or, after a power loss, blocks that were never written, which are full of NULs. Anything else that is
 * wrong, a last line with its newline too, is damage, and damage is never skipped: the reader stops and says where.
 */

import { constants } from "node:buffer";
import { readSync } from "node:fs";
import { AirError } from "../../domain/errors.js";
import type { JobEvent } from "../../domain/events.js";
import { decodeLine, formatOf } from "./journal-format.js";
import { aboutPath } from "../../system/look/error-code.js";
import { letGo } from "../../system/look/let-go.js";
import { openRegular } from "../../system/read/regular-file.js";

export interface JournalEnd {
  /** Number of the last whole line. */
  readonly seq: number;
  /** Bytes of whole lines. */
  readonly size: number;
  /** Bytes behind them that are no whole line: a torn tail. */
  readonly torn: Buffer;
  /** As its first line says, if that was read. */
  readonly format: number;
}

/** Where a line begins. */
export interface LinePlace {
  readonly offset: number;
  /** Its number, from 1. */
  readonly seq: number;
}

export interface ReadOptions {
  /** Default: the first line. */
  readonly from?: LinePlace;
  /** Read into, as many bytes at a time: what is read too much if the end is not wanted. Whoever reads often gives the same. Default: 4 MiB. */
  readonly memory?: Buffer;
}

const FIRST_LINE: LinePlace = { offset: 0, seq: 1 };
const PIECE_BYTES = 4 * 1024 * 1024;
/** A line is one text. */
const LONGEST_LINE = constants.MAX_STRING_LENGTH;
const NEWLINE = 0x0a;
/** The smallest block of a disk, as a power loss leaves it that came before it was written. */
const UNWRITTEN = Buffer.alloc(512);

/** Hears of an event. Gives true if it wants no more. */
export type OnEvent = (event: JobEvent, place: LinePlace) => unknown;

/**
 * Calls `onEvent` for every event in order, until it says that it is enough. What is given then is no end.
 *
 * @throws AirError `AIR_DAMAGED` if a line is not as it was written; whatever was seen before it has been delivered.
 */
export function readJournal(path: string, onEvent: OnEvent, options: ReadOptions = {}): JournalEnd {
  const fd = openRegular(path);
  try {
    return readFrom(fd, path, onEvent, options);
  } catch (error) {
    throw aboutPath(error, path);
  } finally {
    letGo(fd);
  }
}

function readFrom(fd: number, path: string, onEvent: OnEvent, options: ReadOptions): JournalEnd {
  const { from = FIRST_LINE } = options;
  let memory = options.memory ?? Buffer.allocUnsafe(PIECE_BYTES);
  /** Bytes of a line that has begun, at the start of the memory. */
  let begun = 0;
  let format = 1;
  let seq = from.seq - 1;
  let good = from.offset;
  let readTo = from.offset;
  let bad: { readonly line: number; readonly reason: string; readonly isHole: boolean } | null = null;
  for (;;) {
    if (begun >= LONGEST_LINE) throw damaged(path, seq + 1, "it is longer than any line can be");
    if (begun === memory.length) memory = Buffer.concat([memory], 2 * begun);
    const length = readSync(fd, memory, begun, memory.length - begun, readTo);
    if (length === 0) break;
    readTo += length;
    const text = memory.subarray(0, begun + length);
    let start = 0;
    for (let end = text.indexOf(NEWLINE, begun); end >= 0; end = text.indexOf(NEWLINE, start)) {
      const line = text.subarray(start, end);
      start = end + 1;
      const decoded = decodeLine(line);
      if (decoded.kind === "too-new") throw tooNew(path, decoded.what);
      if (decoded.kind === "bad") {
        bad ??= { line: seq + 1, reason: decoded.reason, isHole: line.includes(UNWRITTEN) };
      } else if (bad !== null) {
        throw damaged(path, bad.line, bad.reason);
      } else if (decoded.seq !== seq + 1) {
        throw damaged(path, seq + 1, `expected line number ${seq + 1}, found ${decoded.seq}`);
      } else {
        seq = decoded.seq;
        if (seq === 1) format = formatOf(line);
        const place = { offset: good, seq };
        good += line.length + 1;
        for (const event of decoded.kind === "event" ? [decoded.event] : decoded.events) {
          if (onEvent(event, place) === true) return { seq, size: good, torn: Buffer.alloc(0), format };
        }
      }
    }
    memory.copyWithin(0, start, text.length);
    begun = text.length - start;
  }
  // A whole line, and in its newline's place something else.
  const { kind } = decodeLine(memory.subarray(0, Math.max(0, begun - 1)));
  if (kind === "event" || kind === "events") bad ??= { line: seq + 1, reason: "no newline", isHole: false };
  if (bad?.isHole === false) throw damaged(path, bad.line, bad.reason);
  return { seq, size: good, torn: readTail(fd, good), format };
}

/** Everything behind the last whole line, bad lines included. */
function readTail(fd: number, from: number): Buffer {
  const pieces: Buffer[] = [];
  for (let position = from; ;) {
    const piece = Buffer.allocUnsafe(64 * 1024);
    const length = readSync(fd, piece, 0, piece.length, position);
    if (length === 0) return Buffer.concat(pieces);
    pieces.push(piece.subarray(0, length));
    position += length;
  }
}

function damaged(path: string, line: number, reason: string): AirError {
  return new AirError(
    "AIR_DAMAGED",
    `${path}: line ${line} is damaged (${reason}); a crash leaves nothing like that, and nothing was changed. ` +
      `Restore the file from a copy, or move it away: the job then goes on from tasks.json, which may be up to a second older.`,
  );
}

function tooNew(path: string, what: string): AirError {
  return new AirError("AIR_DAMAGED", `${path} has ${what}, which this version does not know: use a newer air-executor.`);
}
