/** Runs the real make to print what it knows; it builds nothing. */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { AirError } from "../../index.js";
import { systemWords } from "../../system/look/error-code.js";
import type { ImportedJob, ImportFault } from "./imported-job.js";
import { filesRead, readMakeOutput, refusalsIn } from "./makefile.js";

/** Read behind the Makefile: make has read all its files then, and stops before it makes anew what it includes, which `-n` does not prevent. */
const MARK = "air-executor-import";
const STOP = `$(info ${MARK} $(MAKEFILE_LIST))\n$(error ${MARK})\n`;
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
  const first = make(path, ["--debug=v", "-f", "-"], STOP);
  const read = filesRead(first.output, MARK);
  if (read === null) return { job: nothing, faults: [], failure: first.failure ?? "it was not read to its end" };
  const { files, missing, optional } = read;
  const faults = [
    ...files.flatMap((file) => refusalsIn(file, readIfThere(join(dirname(path), file)))),
    ...missing.map((file) => ({ place: file, message: "it is included and not there, and no rule is run here: make it first" })),
  ];
  if (faults.length > 0) return { job: nothing, faults, failure: null };
  // Makefiles are remade also under -n, and with -B even if nothing has changed; a rule that fails then takes the user's file with it.
  const asTheyAre = [...files, ...optional].map((file) => `--old-file=${file}`);
  // What is only made on the way would else be deleted behind the last target.
  const second = make(path, ["-n", "-B", "--trace", "-p", "--eval=.SECONDARY:", ...asTheyAre, ...goals]);
  if (second.failure !== null) return { job: nothing, faults: [], failure: second.failure };
  return { ...readMakeOutput(second.output), failure: null };
}

function make(path: string, args: readonly string[], input = ""): { readonly output: string; readonly failure: string | null } {
  const { MAKEFLAGS: _flags, MAKELEVEL: _level, MAKEFILES: _files, ...env } = process.env;
  const directory = dirname(path);
  const file = path.slice(directory === "." && !path.startsWith("./") ? 0 : directory.length + 1);
  const { status, stdout, stderr, error } = spawnSync("make", ["--no-print-directory", "-f", file, ...args], {
    cwd: directory,
    env: { ...env, LC_ALL: "C" },
    encoding: "utf8",
    maxBuffer: MOST_BYTES,
    input,
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
