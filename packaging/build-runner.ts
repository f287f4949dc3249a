/**
 * Makes the native runner and says in a line what it made or why not. `npm run build` makes the one of this machine with its C compiler;
 * with `--all`, before packing, those of all machines that we ship to are made with zig (PyPI's ziglang), from any of them.
 *
 * A machine without either is no error, but where a package is published: tasks are started by the portable runner there.
 */

import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { bundle, compileRunner, runnerName } from "./compile-runner.js";

const shipped = [
  { platform: "linux", arch: "x64", target: "x86_64-linux-musl", options: ["-static"] },
  { platform: "linux", arch: "arm64", target: "aarch64-linux-musl", options: ["-static"] },
  { platform: "darwin", arch: "x64", target: "x86_64-macos", options: [] },
  { platform: "darwin", arch: "arm64", target: "aarch64-macos", options: [] },
];

function findZig(): readonly string[] | undefined {
  const ways = [["zig"], [process.env["PYTHON"] ?? "python3", "-m", "ziglang"]];
  return ways.find(([command = "", ...first]) => spawnSync(command, [...first, "version"]).status === 0);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function buildOwn(): void {
  const name = runnerName(process.platform, process.arch);
  const problem = compileRunner([process.env["CC"] ?? "cc"], join(bundle, name), []);
  if (problem === null) say(`native runner: dist/bundle/${name}`);
  else say(`no native runner (${problem}): tasks will be started by the portable one, at about a fifth of the rate`);
}

/** False if not all were made. */
function buildAll(): boolean {
  const zig = findZig();
  if (zig === undefined) {
    say("native runners: the package gets that of this machine alone; with zig (pip install ziglang) it gets all four");
    return false;
  }
  const made: string[] = [];
  for (const { platform, arch, target, options } of shipped) {
    const name = runnerName(platform, arch);
    const file = join(bundle, name);
    const problem = compileRunner([...zig, "cc", "-target", target], file, ["-s", ...options]);
    if (problem === null) made.push(`${name} (${Math.round(statSync(file).size / 1024)} KiB)`);
    else say(`no ${name}: ${problem}`);
  }
  say(`native runners for the package: ${made.join(", ") || "none"}`);
  return made.length === shipped.length;
}

if (!process.argv.includes("--all")) buildOwn();
else if (!buildAll() && process.env["npm_command"] === "publish") process.exitCode = 1;
