/**
 * The manager's log: one JSON object a line in `manager.log`, by pino, rotated by size. Lines are written at once, by this thread, so that
 * none is lost with the process. What the log can't take (a full disk) is dropped: the manager goes on.
 */

import { fstatSync, ftruncateSync, renameSync, writeSync } from "node:fs";
import { pino } from "pino";
import { isPossible } from "../system/look/look.js";
import { openToAppend } from "../system/read/open-file.js";
import { lookAt } from "../system/look/path-look.js";
import { letGo } from "../system/look/let-go.js";

export type LogLevel = "info" | "warn" | "error";

export interface ManagerLog {
  /** `message` is for people; `fields` are for programs and join the line. */
  write(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
  close(): void;
}

export interface LogOptions {
  readonly path: string;
  /** Bytes after which the file is put aside. Default: 10 MiB. */
  readonly maxBytes?: number;
  /** Files that were put aside and are kept: `manager.log.1` is the newest. Default: 3. */
  readonly kept?: number;
  /** Told every message as well, for whoever watches. Default: nobody. */
  readonly onMessage?: (level: LogLevel, message: string) => void;
}

export function openLog(options: LogOptions): ManagerLog {
  const file = new RotatedFile(options.path, options.maxBytes ?? 10 * 1024 * 1024, options.kept ?? 3);
  const settings = { timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (level: string) => ({ level }) } };
  const logger = pino({ ...settings, base: { pid: process.pid } }, file);
  return {
    write: (level, message, fields = {}) => {
      logger[level](fields, message);
      options.onMessage?.(level, message);
    },
    close: () => file.close(),
  };
}

class RotatedFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #kept: number;
  #fd: number | null = null;

  constructor(path: string, maxBytes: number, kept: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#kept = kept;
    this.#open();
  }

  write(line: string): void {
    try {
      const bytes = Buffer.from(line);
      let fd = this.#current();
      let { size } = fstatSync(fd);
      if (size > 0 && size + bytes.length > this.#maxBytes) {
        fd = this.#rotate();
        ({ size } = fstatSync(fd));
      }
      // Half a line would spoil the next one.
      if (writeSync(fd, bytes) < bytes.length) ftruncateSync(fd, size);
    } catch {
      // There is nobody to tell: the next line tries again.
    }
  }

  close(): void {
    if (this.#fd !== null) letGo(this.#fd);
    this.#fd = null;
  }

  /** The file at the path: others may have removed ours or put it aside. */
  #current(): number {
    const fd = this.#fd;
    if (fd === null) return this.#open();
    const there = lookAt(this.#path);
    if (there.answer === "unknown" || (there.answer === "yes" && there.found.ino === fstatSync(fd).ino)) return fd;
    try {
      const opened = this.#open();
      letGo(fd);
      return opened;
    } catch {
      // Something else is in its place, say. Rather a line that is hard to find than none.
      return fd;
    }
  }

  #open(): number {
    this.#fd = openToAppend(this.#path);
    return this.#fd;
  }

  #rotate(): number {
    this.close();
    // A gap is what a kill in the middle of this has left: what is beyond it has its place already.
    let free = 1;
    while (free < this.#kept && isPossible(lookAt(`${this.#path}.${free}`))) free += 1;
    for (let number = free - 1; number >= 0; number--) {
      try {
        renameSync(number === 0 ? this.#path : `${this.#path}.${number}`, `${this.#path}.${number + 1}`);
      } catch {
        // Rather a log that is too large than none.
      }
    }
    return this.#open();
  }
}
