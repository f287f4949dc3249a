/**
 * Reads a task's log, from the beginning and on as it grows. Bytes come as they are; nothing is ever written. Links are not followed.
 */

import { fstatSync, readSync, type Stats } from "node:fs";
import { basename, join } from "node:path";
import type { JobView, TaskView } from "../index.js";
import { isSystemError, isWantOfRoom, systemWords } from "../system/look/error-code.js";
import { letGo } from "../system/look/let-go.js";
import { openFile, withFile } from "../system/read/open-file.js";
import { lookAt } from "../system/look/path-look.js";
import { readPiece } from "../system/read/read-open.js";
import { unknown, yes, type Place } from "../system/look/look.js";

const chunkBytes = 64 * 1024;
/** Of what is only passed on. */
const largeChunkBytes = 256 * 1024;

/**
 * Where the log of a task is, or null if it has none yet. The name is taken from a file that anybody may have written: whatever path it
 * holds, the log is looked for in the job's own `logs`.
 */
export function logPathOf(job: JobView, task: TaskView): string | null {
  return typeof task.log === "string" ? join(job.dir, "logs", basename(task.log)) : null;
}

/** Where what a task wrote to stderr is, in a job that keeps it apart. */
export function errorsPathOf(log: string): string {
  return log.replace(/\.log$/, ".err");
}

export class LogFile {
  readonly #path: string;
  #descriptor: number | null = null;
  #problem: string | null = null;
  #hasNoRoom = false;
  #readTo = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Why it can't be shown; null if it can, or is not there yet. */
  get problem(): string | null {
    return this.#problem;
  }

  /** True if what kept it from being opened was a want of handles or memory, which passes. */
  get hasNoRoom(): boolean {
    return this.#hasNoRoom;
  }

  /** True if it is there; what it holds is left to be read. */
  isThere(): boolean {
    this.#descriptor ??= this.#open();
    return this.#descriptor !== null;
  }

  /** True if that is what is open here. */
  is({ ino }: Pick<Stats, "ino">): boolean {
    return this.#descriptor !== null && ino === fstatSync(this.#descriptor).ino;
  }

  /** When it was written last, milliseconds since the epoch; of what is open. */
  writtenAt(): number {
    return this.#descriptor === null ? 0 : fstatSync(this.#descriptor).mtimeMs;
  }

  /**
   * What was written into this one file since the last call, in chunks, wherever it stands by now. No more than there is at the first of
   * them: one that grows faster than it is read has an end, too. One that was made shorter is read anew.
   */
  *readOn(): Generator<Buffer> {
    if (!this.isThere()) return;
    try {
      const { size } = fstatSync(this.#descriptor!);
      if (size < this.#readTo) this.#readTo = 0;
      while (this.#readTo < size) {
        const chunk = readPiece(this.#descriptor!, this.#readTo, Math.min(chunkBytes, size - this.#readTo));
        if (chunk.length === 0) return;
        this.#readTo += chunk.length;
        yield chunk;
      }
    } catch (error) {
      if (!isSystemError(error)) throw error;
      this.#problem = problemOf(this.#path, unknown(error));
    }
  }

  /** What was written since the last call, in chunks. A new file in place of the old one is read after the rest of the old one. */
  *read(): Generator<Buffer> {
    this.#descriptor ??= this.#open();
    if (this.#descriptor === null) return;
    this.#problem = null;
    try {
      yield* readRest(this.#descriptor);
      if (!isReplaced(this.#path, this.#descriptor)) return;
      yield* readRest(this.#descriptor);
      this.close();
      this.#descriptor = this.#open();
      if (this.#descriptor !== null) yield* readRest(this.#descriptor);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      this.#problem = problemOf(this.#path, unknown(error));
    }
  }

  /** All of it, of a task that has ended. What is given is good until more is asked for: there is one buffer for all. */
  *readWhole(): Generator<Buffer> {
    this.#descriptor ??= this.#open();
    if (this.#descriptor === null) return;
    try {
      const { size } = fstatSync(this.#descriptor);
      const buffer = Buffer.allocUnsafe(Math.min(Math.max(size, 1), largeChunkBytes));
      for (let count = readSync(this.#descriptor, buffer); count > 0; count = readSync(this.#descriptor, buffer)) {
        yield buffer.subarray(0, count);
      }
    } catch (error) {
      if (!isSystemError(error)) throw error;
      this.#problem = problemOf(this.#path, unknown(error));
    }
  }

  close(): void {
    if (this.#descriptor !== null) letGo(this.#descriptor);
    this.#descriptor = null;
  }

  #open(): number | null {
    const file = openFile(this.#path);
    this.#problem = problemOf(this.#path, file);
    this.#hasNoRoom = file.answer === "unknown" && isWantOfRoom(file.why);
    return file.answer === "yes" ? file.found : null;
  }
}

/** The end of a log, at most `maxBytes` of it, or why there is none to be shown; neither if there is no log. */
export function readLogEnd(path: string, maxBytes: number): { readonly end: Buffer | null; readonly problem: string | null } {
  const file = withFile(path, (descriptor) => {
    const { size } = fstatSync(descriptor);
    const length = Math.min(size, maxBytes);
    return yes(readPiece(descriptor, size - length, length));
  });
  return { end: file.answer === "yes" ? file.found : null, problem: problemOf(path, file) };
}

function problemOf(path: string, file: Place<unknown>): string | null {
  switch (file.answer) {
    case "yes":
    case "no":
      return null;
    case "other":
      return `${path} is ${file.what}, expected a log: not shown`;
    case "unknown":
      return `${path} can't be read: ${systemWords(file.why)}`;
  }
}

function* readRest(descriptor: number): Generator<Buffer> {
  for (;;) {
    const buffer = Buffer.allocUnsafe(chunkBytes);
    const count = readSync(descriptor, buffer);
    if (count === 0) return;
    yield buffer.subarray(0, count);
  }
}

function isReplaced(path: string, descriptor: number): boolean {
  const current = lookAt(path);
  return current.answer === "yes" && current.found.ino !== fstatSync(descriptor).ino;
}
