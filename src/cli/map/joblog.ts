/**
 * Writes GNU parallel's log of jobs: a line for each task that ended, separated by tabs, in parallel's own words, so that its `--resume` and
 * whoever reads such logs can go on with it.
 */

import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { AirError, type JobSummary, type MapResult } from "../../index.js";
import { bytesOf, forEachEnded } from "../../internal.js";
import { systemWords } from "../../system/look/error-code.js";
import { letGo } from "../../system/look/let-go.js";
import { yes } from "../../system/look/look.js";
import { openFile, withFile } from "../../system/read/open-file.js";
import { readPiece } from "../../system/read/read-open.js";
import { NumberSet } from "./output/number-set.js";
import { readLines } from "./read-lines.js";
import { commandLine } from "./shell-quote.js";
import type { Prepared } from "./prepare.js";

const HEAD = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n";
/** As parallel says it of what was killed by a timeout, or did not start. */
const NO_EXIT = -1;

/** What became of a task. */
type Ended = Pick<MapResult<unknown>, "status" | "exitCode" | "signal" | "startedAt" | "completedAt">;

export class Joblog {
  readonly #path: string;
  readonly #file: number;
  readonly #warn: (message: string) => void;
  /** Lines that the disk has not taken yet, and how much of the first it has. */
  readonly #waiting: Buffer[] = [];
  #taken = 0;
  /** Why they wait; null if none does. */
  #trouble: unknown = null;

  /** @throws AirError `AIR_DISK` if it can't be written. */
  constructor(path: string, warn: (message: string) => void) {
    this.#path = path;
    this.#warn = warn;
    try {
      this.#file = openSync(path, "a");
    } catch (cause) {
      throw this.#refusal(cause);
    }
  }

  /**
   * A batch begins anew.
   *
   * @throws AirError `AIR_DISK` if it can't be written.
   */
  begin(): void {
    try {
      if (fstatSync(this.#file).isFile()) ftruncateSync(this.#file);
    } catch (cause) {
      throw this.#refusal(cause);
    }
    this.#write(HEAD);
    if (this.#trouble !== null) throw this.#refusal(this.#trouble);
  }

  /** A batch is gone on with: what is there stays. Gives the numbers that have a line; null if that can't be told. */
  resume(): NumberSet | null {
    const stats = fstatSync(this.#file);
    if (!stats.isFile()) return null;
    const numbers = readNumbers(this.#path);
    if (stats.size === 0) this.#write(HEAD);
    else if (!endsWithLine(this.#path, stats.size)) this.#write("\n");
    return numbers;
  }

  /** What never ran has no line, so that it is run by whoever goes on. */
  note(number: number, { command, args }: Pick<Prepared, "command" | "args">, result: Ended): void {
    if (result.startedAt === null || result.completedAt === null || result.status === "cancelled") return;
    const { startedAt, completedAt } = result;
    const start = (startedAt / 1000).toFixed(3);
    // The clock may have been set back in between.
    const seconds = (Math.max(0, completedAt - startedAt) / 1000).toFixed(3).padStart(10);
    const signal = result.signal === null ? 0 : (constants.signals[result.signal as NodeJS.Signals] ?? NO_EXIT);
    const exit = result.exitCode ?? (result.signal === null ? NO_EXIT : 0);
    const text = commandLine([command, ...args]).replaceAll("\n", "\0");
    const line = [number, ":", start, seconds, 0, 0, exit, signal, text].join("\t");
    this.#write(bytesOf(`${line}\n`));
  }

  /** What it lacks at the end, in a sentence; null if nothing. */
  lack(): string | null {
    this.#flush();
    return this.#trouble === null
      ? null
      : `its last lines, ${this.#waiting.length}, are missing: ${this.#refusal(this.#trouble).message}`;
  }

  end(): void {
    this.#flush();
    // A piece of a line would make nonsense of it for whoever reads it.
    if (this.#taken > 0 && fstatSync(this.#file).isFile()) ftruncateSync(this.#file, fstatSync(this.#file).size - this.#taken);
    closeSync(this.#file);
  }

  /** What the disk does not take now is kept, and no task waits for it. */
  #write(line: string | Uint8Array): void {
    this.#waiting.push(Buffer.from(line as Uint8Array));
    const before = this.#trouble;
    this.#flush();
    if (before === null && this.#trouble !== null)
      this.#warn(`${this.#refusal(this.#trouble).message}; its lines are kept until it can`);
  }

  #flush(): void {
    for (let line = this.#waiting[0]; line !== undefined; line = this.#waiting[0]) {
      try {
        this.#taken += writeSync(this.#file, line, this.#taken);
      } catch (error) {
        this.#trouble = error;
        return;
      }
      if (this.#taken < line.length) continue;
      this.#waiting.shift();
      this.#taken = 0;
    }
    this.#trouble = null;
  }

  #refusal(cause: unknown): AirError {
    const reason = cause instanceof Error ? systemWords(cause) : String(cause);
    return new AirError("AIR_DISK", `--joblog: ${this.#path} can't be written: ${reason}`, { cause });
  }
}

/** Null for a file that we may not read. */
function readNumbers(path: string): NumberSet | null {
  const file = openFile(path, { followsLinks: true });
  if (file.answer !== "yes") return null;
  const numbers = new NumberSet();
  try {
    for (const line of readLines(path, file.found)) {
      const number = /^\d{1,15}(?=\t)/.exec(line)?.[0];
      if (number !== undefined) numbers.add(Number(number));
    }
  } finally {
    letGo(file.found);
  }
  return numbers;
}

function endsWithLine(path: string, size: number): boolean {
  const last = withFile(path, (fd) => yes(readPiece(fd, size - 1, 1)));
  // Where that can't be told an empty line does no harm.
  return last.answer === "yes" && last.found[0] === 0x0a;
}

/** @param resumed the job that is gone on with, or had ended; null for a new one. What ended of it and has no line gets one, out of its record. */
export function beginJoblog(
  joblog: Joblog,
  resumed: Parameters<typeof forEachEnded>[0] | null,
  counts: JobSummary["counts"],
): void {
  if (resumed === null) return joblog.begin();
  const noted = joblog.resume();
  if (noted === null || noted.size >= counts.completed + counts.failed) return;
  forEachEnded(resumed, (task, record) => {
    const number = Number(/^task-(\d+)$/.exec(task.id)?.[1] ?? 0);
    if (number > 0 && !noted.has(number)) joblog.note(number, task, record);
  });
}
