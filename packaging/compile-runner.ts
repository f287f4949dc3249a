/** How the native runner is compiled, for whoever compiles it: the build, the package, and the tests with their sanitizers. */

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Compiled, this file stands in dist/packaging. */
export const repository = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const sources = join(repository, "src", "workers", "native");

export const bundle = join(repository, "dist", "bundle");

/** Where the runner of a machine is looked for, beside the bundle. */
export function runnerName(platform: string, arch: string): string {
  return `runner-${platform}-${arch}`;
}

/** @param compiler a command and its first arguments. Returns null if `output` has been made, else why not, in a line. */
export function compileRunner(compiler: readonly string[], output: string, options: readonly string[]): string | null {
  const [command = "cc", ...first] = compiler;
  const files = readdirSync(sources, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".c"))
    .map((name) => join(sources, name));
  mkdirSync(dirname(output), { recursive: true });
  const made = `${output}.new`;
  const result = spawnSync(command, [...first, "-std=c11", "-O2", "-pthread", ...options, "-o", made, ...files], {
    encoding: "utf8",
  });
  if (result.error !== undefined)
    return (result.error as NodeJS.ErrnoException).code === "ENOENT" ? `there is no ${command}` : result.error.message;
  if (result.status !== 0) {
    rmSync(made, { force: true });
    const lines = result.stderr.trim().split("\n");
    return lines.find((line) => line.includes("error")) ?? lines[0] ?? `${command} failed`;
  }
  renameSync(made, output);
  return null;
}
