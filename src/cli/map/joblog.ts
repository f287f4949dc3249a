/**
 * Writes GNU parallel's log of jobs: a line for each task that ended, separated by tabs, in parallel's own words, so that its `--resume` and
 * whoever reads such logs can go on with it.
 */

import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { AirError, type MapResult } from "../../index.js";
import { bytesOf } from "../../internal.js";
import { shellText } from "./shell-quote.js";
import type { Prepared } from "./prepare.js";

const HEAD = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n";
/** As parallel says it of what was killed by a timeout, or did not start. */
const NO_EXIT = -1;

export class Joblog {
  readonly #file: number;

  /** @throws AirError `AIR_DISK` if it can't be written. */
  constructor(path: string) {
    try {
      this.#file = openSync(path, "a");
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new AirError("AIR_DISK", `--joblog: ${path} can't be written: ${reason}`, { cause });
    }
  }

  /** @param isNew false if a batch is gone on with: then what is there stays. */
  begin(isNew: boolean): void {
    if (isNew && fstatSync(this.#file).isFile()) ftruncateSync(this.#file);
    if (isNew || fstatSync(this.#file).size === 0) writeSync(this.#file, HEAD);
  }

  /** What never ran has no line, so that it is run by whoever goes on. */
  note(result: MapResult<Prepared>): void {
    if (result.startedAt === null || result.completedAt === null || result.status === "cancelled") return;
    const { input, startedAt, completedAt } = result;
    const start = (startedAt / 1000).toFixed(3);
    const seconds = ((completedAt - startedAt) / 1000).toFixed(3).padStart(10);
    const signal = result.signal === null ? 0 : (constants.signals[result.signal as NodeJS.Signals] ?? NO_EXIT);
    const exit = result.exitCode ?? (result.signal === null ? NO_EXIT : 0);
    const command = shellText([input.command, ...input.args]).replaceAll("\n", "\0");
    const line = [input.number, ":", start, seconds, 0, 0, exit, signal, command].join("\t");
    writeSync(this.#file, Buffer.from(bytesOf(`${line}\n`)));
  }

  end(): void {
    closeSync(this.#file);
  }
}
