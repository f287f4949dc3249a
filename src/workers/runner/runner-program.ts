/**
 * Which runner there is on this machine: the native one, if it was built for it, else the portable one. The variable AIR_EXECUTOR_RUNNER
 * chooses another: `native`, `portable`, or a path.
 */

import { existsSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Inherited } from "../../system/process/inherited.js";

export interface RunnerProgram {
  readonly kind: "native" | "portable";
  readonly file: string;
  readonly args: readonly string[];
  /** Why it is not the native one, if nobody has asked for that. */
  readonly instead?: string;
}

/** What it costs that tasks are started by the portable runner. */
export function inPlaceOfNative(why: string): string {
  return `the native runner can't be used here (${why}): tasks start at a fifth of the rate`;
}

const HERE = fileURLToPath(import.meta.url);
const NAME = `runner-${process.platform}-${process.arch}`;
const LINUX_NAMES = ["runner-linux-x64", "runner-linux-arm64"];

export function chooseRunner(wanted = process.env["AIR_EXECUTOR_RUNNER"]): RunnerProgram {
  if (wanted?.includes("/") === true) return { kind: "native", file: wanted, args: [] };
  if (wanted === "portable") return portableRunner();
  const native = placesOf(NAME).find((path) => existsSync(path));
  const instead = `there is no ${NAME}; a build makes it where there is a C compiler`;
  return native === undefined ? { ...portableRunner(), instead } : { kind: "native", file: native, args: [] };
}

export function portableRunner(): RunnerProgram {
  const places = [join(dirname(HERE), "portable-runner.cjs"), join(dirname(HERE), "..", "portable", "main.js")];
  return { kind: "portable", file: process.execPath, args: [places.find((path) => existsSync(path)) ?? places[0]!] };
}

/** What tasks are to inherit as if their command had been typed where the engine's was: Node has changed it for itself. */
export function runnerOptions({ softOpenFiles, ignoredSignals }: Inherited): string[] {
  const limit = softOpenFiles === null ? [] : ["-n", String(softOpenFiles)];
  return [...limit, ...ignoredSignals.flatMap((signal) => ["-i", String(constants.signals[signal])])];
}

/** The native runners for other machines, as far as they were built. */
export function linuxRunners(): string[] {
  return LINUX_NAMES.flatMap((name) => placesOf(name).find((path) => existsSync(path)) ?? []);
}

/** Shipped it lies beside the file that this one was joined into. */
function placesOf(name: string): string[] {
  return [join(dirname(HERE), name), join(dirname(HERE), "..", "..", "..", "bundle", name)];
}
