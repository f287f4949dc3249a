/**
 * Remembers of which tasks of a batch the output was shown, in a file beside the job's own: so the same command, after a crash, shows what had
 * ended and was not shown, and nothing again. Written as soon as whoever reads has taken the output, so that what was being shown when we were
 * killed comes again, from its beginning: lost is nothing. A file that can't be written costs this and nothing else.
 *
 * Format: a line for each task or range of tasks, `12` or `12-40`, in no order (`0` is the one before all others, fifteen nines the one behind them). What has no newline behind it is no line.
 */

import { fstatSync, ftruncateSync, writeSync } from "node:fs";
import { openFile, openToAppend } from "../../../system/read/open-file.js";
import { clearTemporary } from "../../../system/write/temporary-file.js";
import { readLines } from "../read-lines.js";
import { NumberSet } from "./number-set.js";
import { letGo } from "../../../system/look/let-go.js";

/** A longer range was not written by us. */
const LONGEST_RANGE = 10_000_000;

/** Whoever reads what is shown. */
export interface Reader {
  /** True if it has taken all that was written. */
  hasAll(): boolean;
  /** Resolves when it has; false if nobody reads any more. */
  takesAll(): Promise<boolean>;
}

export class Shown {
  readonly #path: string;
  /** Null if nobody knows. */
  readonly #earlier: NumberSet | null;
  readonly #reader: Reader;
  #file: number | null;
  #waiting: number[] = [];
  #work: Promise<void> | null = null;

  private constructor(path: string, earlier: NumberSet | null, file: number | null, reader: Reader) {
    this.#path = path;
    this.#earlier = earlier;
    this.#file = file;
    this.#reader = reader;
  }

  /**
   * @param isNew true for a batch that begins anew: what an earlier one has shown says nothing of it.
   */
  static open(path: string, isNew: boolean, reader: Reader): Shown {
    try {
      if (isNew) clearTemporary(path);
      const earlier = isNew ? new NumberSet() : read(path);
      return new Shown(path, earlier, openToAppend(path), reader);
    } catch {
      return new Shown(path, null, null, reader);
    }
  }

  /** True if an earlier command has shown the output of that task; null if nobody knows. */
  has(number: number): boolean | null {
    return this.#earlier?.has(number) ?? null;
  }

  /** The output of that task was written, and it had one: else it may come again. */
  note(number: number): void {
    this.#waiting.push(number);
    if (this.#work !== null) return;
    if (this.#reader.hasAll()) this.#write(this.#waiting.splice(0));
    else this.#work = this.#writeLater().finally(() => (this.#work = null));
  }

  /** @param isAll true if nothing is left to be shown: then it need not be remembered. */
  async end(isAll: boolean): Promise<void> {
    await this.#work;
    if (this.#file === null) return;
    letGo(this.#file);
    this.#file = null;
    if (isAll) clearTemporary(this.#path);
  }

  /** What is shown while the reader takes its time is written together. */
  async #writeLater(): Promise<void> {
    while (this.#waiting.length > 0) {
      const numbers = this.#waiting.splice(0);
      if (!(await this.#reader.takesAll())) return;
      this.#write(numbers);
    }
  }

  #write(numbers: readonly number[]): void {
    if (this.#file === null) return;
    try {
      const lines = Buffer.from(linesOf(numbers.toSorted((a, b) => a - b)));
      const { size } = fstatSync(this.#file);
      // With what follows half a line would be the number of another task.
      if (writeSync(this.#file, lines) < lines.length) ftruncateSync(this.#file, size);
    } catch {
      // A full disk, say.
    }
  }
}

/** Null if there is none. */
function read(path: string): NumberSet | null {
  const file = openFile(path);
  if (file.answer !== "yes") return null;
  const numbers = new NumberSet();
  try {
    for (const line of readLines(path, file.found)) {
      const [, first, last = first] = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(line) ?? [];
      const [from, to] = [Number(first), Number(last)];
      if (to - from < LONGEST_RANGE) for (let number = from; number <= to; number++) numbers.add(number);
    }
  } finally {
    letGo(file.found);
  }
  return numbers;
}

/** @param numbers in order. */
function linesOf(numbers: readonly number[]): string {
  let lines = "";
  for (let from = 0, to = 0; from < numbers.length; from = to) {
    for (to = from + 1; to < numbers.length && numbers[to] === numbers[to - 1]! + 1;) to += 1;
    lines += to === from + 1 ? `${numbers[from]}\n` : `${numbers[from]}-${numbers[to - 1]}\n`;
  }
  return lines;
}
