/**
 * Spools: where exit statuses outlive the engine. Lanes write them, adoption reads them; nothing reads them while all goes well.
 *
 * Format: one append-only file a slot, `<engine token>-<slot>.spool` (engine-token.ts) in `lanes/` (0700), mode 0600, UTF-8 lines:
 *
 *     lane <boot id> <pid> <start ticks>    by the worker thread: what follows is of this lane, until the next such line
 *     b <key>                               by the lane, before it starts the attempt of that key
 *     s <key>                               by the lane, after a `b`: it was recalled, and is not started after all
 *     e <key> <exit status>                 by the lane, before it answers the engine; 128 + n after signal n
 *
 * Anything else is a complaint of the lane itself (its stderr): a log that it can't create, no process to be had. A line without its
 * newline is unfinished and does not count. A key occurs once in a spool; should a complaint ever look like an `e` line, the last
 * line of a key is the one that the lane wrote. The lane holds a flock on the file as long as it lives, where there is `flock`.
 *
 * Not taken: a status file an attempt (costs a rename each), and the engine as the writer (dies with what it should outlive).
 */

import { closeSync, fstatSync, mkdirSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

import { certain } from "../system/look.js";
import { openFile, openToAppend } from "../system/open-file.js";
import type { ProcessIdentity } from "../system/process-identity.js";

const CHUNK_BYTES = 64 * 1024;
/** Complaints are kept to this length; the line that matters comes first. */
const COMPLAINT_LENGTH = 4096;
/** Far more than what a lane writes about one attempt. */
const TAIL_BYTES = 16 * 1024;

/** What a spool says of one attempt. */
export interface SpoolEntry {
  hasBegun: boolean;
  /** The lane that began it; null if none did or its line was not read. */
  lane: ProcessIdentity | null;
  /** As the lane saw it; null if no end is recorded. */
  exitStatus: number | null;
  /** What the lane complained about between begin and end; empty if nothing. */
  complaint: string;
}

export function spoolName(token: string, slot: number): string {
  return `${token}-${slot}`;
}

/** True for names that `spoolName` can have made: nothing else becomes part of a path. */
export function isSpoolName(name: string): boolean {
  return /^[A-Za-z0-9]{1,64}-\d{1,9}$/.test(name);
}

export function spoolPath(lanesDirectory: string, name: string): string {
  return join(lanesDirectory, `${name}.spool`);
}

/** The file that, while it is there, keeps further attempts of a batch from beginning. */
export function recallPath(spool: string): string {
  return spool.replace(/spool$/, "recall");
}

/** From now on nothing of a lane's batch begins that has not begun. Throws the file system's error. */
export function recall(spool: string): void {
  closeSync(openToAppend(recallPath(spool)));
}

/** With its recall file. One that can't be removed now is left to a later engine, as one of an engine that was killed. */
export function removeSpool(path: string): void {
  for (const file of [recallPath(path), path]) {
    try {
      rmSync(file, { force: true });
    } catch {
      // As it is.
    }
  }
}

export const lanesDirectoryOf = (directory: string): string => join(directory, "lanes");

/** Makes the directory of the spools; its parent is there. */
export function makeLanesDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
}

/** For appending; makes the file. Never follows a link. */
export function openSpool(path: string): number {
  return openToAppend(path);
}

/** Says which lane writes from here on. Throws if the disk does not take the line whole. */
export function writeLaneLine(fd: number, lane: ProcessIdentity): void {
  const line = `lane ${lane.bootId} ${lane.pid} ${lane.start}\n`;
  if (writeSync(fd, line) !== line.length) {
    throw Object.assign(new Error("No space left on device: the spool took a part of a line"), { code: "ENOSPC" });
  }
}

/** What the end of a spool says of the attempt that its lane ran last. An unreadable spool says nothing. */
export function readLastEntry(path: string, key: number): SpoolEntry {
  const reader = new SpoolReader([key]);
  const fd = openForReading(path);
  if (fd === undefined) return reader.entry(key);
  try {
    reader.read(fd, Math.max(0, fstatSync(fd).size - TAIL_BYTES));
  } finally {
    closeSync(fd);
  }
  return reader.entry(key);
}

/** Undefined if it can't be read or is not a plain file. */
export function openForReading(path: string): number | undefined {
  try {
    return openIfThere(path);
  } catch {
    return undefined;
  }
}

/** Undefined if there is no such file, or it is not a plain one; any other hindrance is thrown. Does not hang on a FIFO. */
export function openIfThere(path: string): number | undefined {
  const file = openFile(path);
  return file.answer === "other" ? undefined : (certain(file) ?? undefined);
}

/** Reads a growing spool in bounded memory, keeping what concerns certain keys. */
export class SpoolReader {
  /** The lane that wrote last. */
  lane: ProcessIdentity | null = null;
  /** Key of the last finished `e` line: the file's time is this attempt's end. */
  lastEnded: number | null = null;
  readonly #entries = new Map<number, SpoolEntry>();
  /** The attempt that the lines now being read belong to. */
  #current: SpoolEntry | null = null;
  /** Bytes of whole lines read so far. */
  #offset = 0;

  constructor(keys: Iterable<number>) {
    for (const key of keys) this.#entries.set(key, { hasBegun: false, lane: null, exitStatus: null, complaint: "" });
  }

  entry(key: number): SpoolEntry {
    const entry = this.#entries.get(key);
    if (entry === undefined) throw new Error(`Internal error: spool key ${key} was not asked for`);
    return entry;
  }

  /** Goes on where the last call stopped, or at `from`, and takes in all whole lines that are there now. */
  read(fd: number, from: number = this.#offset): void {
    let pending: Buffer = Buffer.alloc(0);
    let position = from;
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const length = readSync(fd, chunk, 0, CHUNK_BYTES, position);
      if (length === 0) break;
      position += length;
      pending = pending.length === 0 ? chunk.subarray(0, length) : Buffer.concat([pending, chunk.subarray(0, length)]);
      const end = pending.lastIndexOf(10) + 1;
      if (end > 0) {
        for (const line of pending.toString("utf8", 0, end - 1).split("\n")) this.#take(line);
        pending = pending.subarray(end);
      } else if (pending.length > CHUNK_BYTES) {
        // No line of ours is that long: what goes on here is a complaint, whose end is of no interest.
        pending = pending.subarray(-1);
      }
    }
    this.#offset = position - pending.length;
  }

  #take(line: string): void {
    const words = line.split(" ");
    if (words[0] === "b" && words.length === 2) {
      this.#current = this.#entries.get(Number(words[1])) ?? null;
      if (this.#current !== null) Object.assign(this.#current, { hasBegun: true, lane: this.lane });
    } else if (words[0] === "s" && words.length === 2) {
      const entry = this.#entries.get(Number(words[1]));
      if (entry !== undefined) entry.hasBegun = false;
      this.#current = null;
    } else if (words[0] === "e" && words.length === 3) {
      this.lastEnded = Number(words[1]);
      const entry = this.#entries.get(this.lastEnded);
      if (entry !== undefined) entry.exitStatus = Number(words[2]);
    } else if (words[0] === "lane" && words.length === 4) {
      this.lane = { bootId: words[1] ?? "", pid: Number(words[2]), start: Number(words[3]) };
      this.#current = null;
    } else if (this.#current !== null && this.#current.complaint.length < COMPLAINT_LENGTH) {
      this.#current.complaint += `${this.#current.complaint === "" ? "" : "\n"}${line}`;
    }
  }
}
