/** Writes one graph as the file that each tool reads: a job file, a Makefile, a build.ninja. Called by scenarios to prepare a run. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { quoteCommand } from "./command-line.js";
import type { GraphTask } from "./graphs.js";

export function writeJobFile(directory: string, name: string, tasks: readonly GraphTask[]): void {
  writeFileSync(join(directory, name), `[\n${tasks.map((task) => JSON.stringify(task)).join(",\n")}\n]\n`);
}

/** Phony targets with a number instead of the id, as ids may hold what make gives a meaning to. */
export function writeMakefile(directory: string, tasks: readonly GraphTask[]): void {
  const names = targetNames(tasks);
  const all = tasks.map(({ id }) => names.get(id)).join(" ");
  const rules = tasks.map(
    ({ id, command, args, dependencies }) =>
      `${names.get(id)}: ${dependencies.map((other) => names.get(other)).join(" ")}\n\t@${dollars([command, ...args])}`,
  );
  writeFileSync(join(directory, "Makefile"), `all: ${all}\n.PHONY: all ${all}\n${rules.join("\n")}\n`);
}

/** Outputs that never appear, so that every run is a whole one. */
export function writeNinjaFile(directory: string, tasks: readonly GraphTask[]): void {
  const names = targetNames(tasks);
  const builds = tasks.map(
    ({ id, command, args, dependencies }) =>
      `build ${names.get(id)}: run ${dependencies.map((other) => names.get(other)).join(" ")}\n  line = ${dollars([command, ...args])}`,
  );
  writeFileSync(join(directory, "build.ninja"), `rule run\n  command = $line\n${builds.join("\n")}\n`);
}

function targetNames(tasks: readonly GraphTask[]): ReadonlyMap<string, string> {
  return new Map(tasks.map(({ id }, index) => [id, `t${index + 1}`]));
}

/** Both make and ninja read a doubled dollar as one. */
function dollars(command: readonly string[]): string {
  return quoteCommand(command).replaceAll("$", "$$$$");
}
