/**
 * Writes GNU parallel's log of jobs: a line for each task that ended, separated by tabs, in parallel's own words, so that its `--resume` and
 * whoever reads such logs can go on with it.
 */

import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { AirError, type MapResult } from "../../index.js";
import { bytesOf, forEachEnded } from "../../internal.js";
import { yes } from "../../system/look.js";
import { openFile, withFile } from "../../system/open-file.js";
import { readPiece } from "../../system/read-open.js";
import { NumberSet } from "./output/number-set.js";
import { readLines } from "./read-lines.js";
import { shellText } from "./shell-quote.js";
import type { Prepared } from "./prepare.js";

const HEAD = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n";
/** As parallel says it of what was killed by a timeout, or did not start. */
const NO_EXIT = -1;

/** What became of a task. */
type Ended = Pick<MapResult<unknown>, "status" | "exitCode" | "signal" | "startedAt" | "completedAt">;

export class Joblog {
  readonly #path: string;
  readonly #file: number;

  /** @throws AirError `AIR_DISK` if it can't be written. */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#file = openSync(path, "a");
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new AirError("AIR_DISK", `--joblog: ${path} can't be written: ${reason}`, { cause });
    }
  }

  /** A batch begins anew. */
  begin(): void {
    if (fstatSync(this.#file).isFile()) ftruncateSync(this.#file);
    writeSync(this.#file, HEAD);
  }

  /** A batch is gone on with: what is there stays. Gives the numbers that have a line; null if that can't be told. */
  resume(): NumberSet | null {
    const stats = fstatSync(this.#file);
    if (!stats.isFile()) return null;
    const numbers = readNumbers(this.#path);
    if (stats.size === 0) writeSync(this.#file, HEAD);
    else if (!endsWithLine(this.#path, stats.size)) writeSync(this.#file, "\n");
    return numbers;
  }

  /** What never ran has no line, so that it is run by whoever goes on. */
  note(number: number, { command, args }: Pick<Prepared, "command" | "args">, result: Ended): void {
    if (result.startedAt === null || result.completedAt === null || result.status === "cancelled") return;
    const { startedAt, completedAt } = result;
    const start = (startedAt / 1000).toFixed(3);
    const seconds = ((completedAt - startedAt) / 1000).toFixed(3).padStart(10);
    const signal = result.signal === null ? 0 : (constants.signals[result.signal as NodeJS.Signals] ?? NO_EXIT);
    const exit = result.exitCode ?? (result.signal === null ? NO_EXIT : 0);
    const text = shellText([command, ...args]).replaceAll("\n", "\0");
    const line = [number, ":", start, seconds, 0, 0, exit, signal, text].join("\t");
    writeSync(this.#file, Buffer.from(bytesOf(`${line}\n`)));
  }

  end(): void {
    closeSync(this.#file);
  }
}

/** Null for a file that we may not read. */
function readNumbers(path: string): NumberSet | null {
  const file = openFile(path, { followsLinks: true });
  if (file.answer !== "yes") return null;
  const numbers = new NumberSet();
  try {
    for (const line of readLines(file.found)) {
      const number = /^\d{1,15}(?=\t)/.exec(line)?.[0];
      if (number !== undefined) numbers.add(Number(number));
    }
  } finally {
    closeSync(file.found);
  }
  return numbers;
}

function endsWithLine(path: string, size: number): boolean {
  const last = withFile(path, (fd) => yes(readPiece(fd, size - 1, 1)));
  // Where that can't be told an empty line does no harm.
  return last.answer === "yes" && last.found[0] === 0x0a;
}

/** @param resumed the job that is gone on with; null for a new one. What ended of it and has no line gets one, out of its record. */
export function beginJoblog(joblog: Joblog, resumed: Parameters<typeof forEachEnded>[0] | null, ended: number): void {
  if (resumed === null) return joblog.begin();
  const noted = joblog.resume();
  if (noted === null || noted.size >= ended) return;
  forEachEnded(resumed, (task, record) => {
    const number = Number(/^task-(\d+)$/.exec(task.id)?.[1] ?? 0);
    if (number > 0 && !noted.has(number)) joblog.note(number, task, record);
  });
}
