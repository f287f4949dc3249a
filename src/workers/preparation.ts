/**
 * All that can be found out and put right before an attempt starts: is there such a command and directory, does it fit, is its log's
 * place free. What fails here never reaches a lane.
 */

import { accessSync, constants, existsSync, lstatSync, renameSync, statSync, unlinkSync } from "node:fs";

import type { Result } from "../domain/outcome.js";
import type { Descriptor } from "../domain/ports.js";
import { findTooLong } from "./argument-limit.js";
import type { ArgumentLimit } from "./argument-limit.js";
import { findUnpassable, needsEnvProgram, taskCommand } from "./command-line.js";
import type { CommandLookup } from "./command-lookup.js";
import { beforeBegin, withoutLog } from "./exit-status.js";
import type { LaneEnvironment } from "./lane-environment.js";

/** An attempt that is ready for a lane. */
export interface Prepared {
  /** Shell text. */
  readonly line: string;
  readonly file: string;
  /** Which directory it runs in: device and inode, since a path may be another directory tomorrow. */
  readonly directory: string;
}

type Directory = { readonly identity: string } | { readonly problem: string };

/** No fault of the file that is to be moved. */
const DIRECTORY_REFUSES: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EROFS", "EIO", "ENOSPC", "EDQUOT"]);
/** Lines shorter than this fit whatever their characters are. */
const SURELY_SHORT = 32_000;

export class Preparation {
  readonly #environment: LaneEnvironment;
  readonly #lookup: CommandLookup;
  readonly #limit: ArgumentLimit;
  /** What was found at the paths of working directories since the last `lookAnew`. */
  readonly #directories = new Map<string, Directory>();

  constructor(environment: LaneEnvironment, lookup: CommandLookup, limit: ArgumentLimit) {
    this.#environment = environment;
    this.#lookup = lookup;
    this.#limit = limit;
  }

  /** To be called before attempts that are handed over together: what they share is looked at once. */
  lookAnew(): void {
    this.#directories.clear();
    this.#lookup.forget();
  }

  /** @param laneDirectory the directory in which the lane is, as `Prepared.directory` names it */
  prepare(descriptor: Descriptor, laneDirectory: string): Prepared | Result {
    try {
      return this.#prepare(descriptor, laneDirectory);
    } catch (error) {
      // A link that leads in circles, a directory that we may not enter, a disk that fails.
      return beforeBegin("it can't be started", error);
    }
  }

  /** Why a command that was found can't be run after all; undefined if it is still there. */
  explainMissing(descriptor: Descriptor): string | undefined {
    const found = this.#lookup.findAnew(descriptor.command, descriptor.cwd, this.#path(descriptor));
    return "problem" in found ? found.problem : undefined;
  }

  #prepare(descriptor: Descriptor, laneDirectory: string): Prepared | Result {
    const unpassable = findUnpassable(descriptor);
    if (unpassable !== undefined) return failed(unpassable);
    const directory = this.#directoryAt(descriptor.cwd);
    if ("problem" in directory) return failed(directory.problem);
    if (descriptor.stdin !== null) {
      const stdin = statSync(descriptor.stdin, { throwIfNoEntry: false });
      if (stdin === undefined) return failed(`stdin file does not exist: ${descriptor.stdin}`);
      if (stdin.isDirectory()) return failed(`stdin file is a directory: ${descriptor.stdin}`);
      if (!isReadable(descriptor.stdin)) return failed(`stdin file can't be read (no permission): ${descriptor.stdin}`);
    }
    const found = this.#lookup.find(descriptor.command, descriptor.cwd, this.#path(descriptor));
    if ("problem" in found) return failed(found.problem);
    if (found.file.includes("=") && needsEnvProgram(descriptor, this.#environment)) {
      return failed(`a path with "=" can't be combined with environment variables of unusual names: ${found.file}`);
    }
    const line = taskCommand(descriptor, found.file, directory.identity !== laneDirectory, this.#environment);
    if (line.length > SURELY_SHORT || this.#environment.bytes > SURELY_SHORT) {
      const tooLong = findTooLong(descriptor, this.#environment.bytes, this.#limit);
      if (tooLong !== undefined) return failed(tooLong);
    }
    const problem = makePlaceForLog(descriptor);
    return problem ?? { line, file: found.file, directory: directory.identity };
  }

  #directoryAt(path: string): Directory {
    let directory = this.#directories.get(path);
    if (directory === undefined) {
      directory = findDirectory(path);
      this.#directories.set(path, directory);
    }
    return directory;
  }

  #path(descriptor: Descriptor): string {
    return descriptor.env["PATH"] ?? this.#environment.path;
  }
}

/** An attempt that never began leaves no log: an empty one, or one that holds only the shell's complaint, goes. */
export function removeLog(log: string): void {
  try {
    if (lstatSync(log).isFile()) unlinkSync(log);
  } catch {
    // It was not made, or can't be removed: then it stays.
  }
}

/** The attempt will not begin: the log of the one before it is the task's again. */
export function putLogBack({ log, earlierLog }: Descriptor): void {
  try {
    if (earlierLog !== null && !existsSync(log)) renameSync(earlierLog, log);
  } catch {
    // There was none, or it stays where it is.
  }
}

/** How long ago a log was made, in milliseconds; 0 if there is none. */
export function ageOfLog(log: string): number {
  const made = statSync(log, { throwIfNoEntry: false })?.birthtimeMs;
  return made === undefined ? 0 : Math.max(0, Date.now() - made);
}

/**
 * Only if there can be an earlier log: to look for a file that is not there costs more than all else here. Whatever else is in its
 * place the lane's noclobber finds.
 */
function makePlaceForLog({ log, earlierLog }: Descriptor): Result | undefined {
  if (earlierLog === null) return undefined;
  try {
    renameSync(log, earlierLog);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code === "ENOENT") return undefined;
    if (DIRECTORY_REFUSES.has(code)) return withoutLog(log, code);
    return beforeBegin(`the earlier log ${log} can't be moved out of the way`, error);
  }
  return undefined;
}

function findDirectory(path: string): Directory {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return { problem: `working directory does not exist: ${path}` };
  if (!stats.isDirectory()) return { problem: `working directory is not a directory: ${path}` };
  return { identity: `${stats.dev}:${stats.ino}` };
}

/** Not left to the lane: its complaint would be the only line of the task's log, and its exit code the task's. */
function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function failed(message: string): Result {
  return { kind: "spawn-failed", message };
}
