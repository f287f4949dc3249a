/** Runs the real make to print what it knows; it builds nothing. */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { AirError } from "../../index.js";
import { systemWords } from "../../system/look/error-code.js";
import type { ImportedJob, ImportFault } from "./imported-job.js";
import { filesRead, readMakeOutput, refusalsIn } from "./makefile.js";

/** A goal that needs nothing: asked for that, make reads its files and does no more. */
const NOTHING = "air-executor-import-nothing";
const MOST_BYTES = 256 * 1024 * 1024;

export interface MakeResult {
  readonly job: ImportedJob;
  readonly faults: readonly ImportFault[];
  /** What make itself has to say against it; null if nothing. */
  readonly failure: string | null;
}

/**
 * @param goals none for the file's own.
 * @throws AirError `AIR_SYSTEM` if make can't be run.
 */
export function importMakefile(path: string, goals: readonly string[]): MakeResult {
  const nothing: ImportedJob = { name: null, tasks: [] };
  const first = make(path, ["-p", "-n", `--eval=${NOTHING}: ;`, NOTHING]);
  if (first.failure !== null) return { job: nothing, faults: [], failure: first.failure };
  const files = filesRead(first.output);
  const faults = files.flatMap((file) => refusalsIn(file, readIfThere(join(dirname(path), file))));
  if (faults.length > 0) return { job: nothing, faults, failure: null };
  // Makefiles are remade also under -n, and with -B even if nothing has changed; a rule that fails then takes the user's file with it.
  const asTheyAre = files.map((file) => `--old-file=${file}`);
  // What is only made on the way would else be deleted behind the last target.
  const second = make(path, ["-n", "-B", "--trace", "-p", "--eval=.SECONDARY:", ...asTheyAre, ...goals]);
  if (second.failure !== null) return { job: nothing, faults: [], failure: second.failure };
  return { ...readMakeOutput(second.output), failure: null };
}

function make(path: string, args: readonly string[]): { readonly output: string; readonly failure: string | null } {
  const { MAKEFLAGS: _flags, MAKELEVEL: _level, MAKEFILES: _files, ...env } = process.env;
  const directory = dirname(path);
  const file = path.slice(directory === "." && !path.startsWith("./") ? 0 : directory.length + 1);
  const { status, stdout, stderr, error } = spawnSync("make", ["--no-print-directory", "-f", file, ...args], {
    cwd: directory,
    env: { ...env, LC_ALL: "C" },
    encoding: "utf8",
    maxBuffer: MOST_BYTES,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (error !== undefined) throw new AirError("AIR_SYSTEM", `make can't be run: ${systemWords(error)}`, { cause: error });
  return { output: stdout, failure: status === 0 ? null : stderr.trim() };
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
