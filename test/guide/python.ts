/** Finds a real Python for the tests, and gets the real pexpect if it is missing. A machine without either skips what needs it. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";

export interface Python {
  /** Absolute path of the interpreter. */
  readonly path: string;
  /** Why it has no pexpect; null if it has. */
  readonly withoutPexpect: string | null;
}

/** The interpreter behind `python3` on PATH; null if there is none. */
export function findPython(): string | null {
  const { status, stdout } = run("python3", ["-c", "import sys; print(sys.executable)"]);
  return status === 0 ? stdout.trim() : null;
}

export function canImport(python: string, module: string): boolean {
  return run(python, ["-c", `import ${module}`]).status === 0;
}

/** A Python with pexpect: the given one if it has it, else one in a virtual environment made at `venv`. */
export function withPexpect(python: string, venv: string): Python {
  if (canImport(python, "pexpect")) return { path: python, withoutPexpect: null };
  const own = join(venv, "bin", "python");
  const made = run(python, ["-m", "venv", venv]);
  const installed = made.status === 0 ? run(own, ["-m", "pip", "install", "--quiet", "pexpect"]) : made;
  if (installed.status === 0) return { path: own, withoutPexpect: null };
  return { path: python, withoutPexpect: `python3 has no pexpect and it can't be installed: ${installed.stderr.trim()}` };
}

function run(command: string, args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(command, args, { encoding: "utf8", timeout: 120_000 });
}
