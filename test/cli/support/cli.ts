/** Runs the real command as a user would: in a directory of its own, with an environment that holds none of our variables. */

import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { killAll } from "../../support/processes.js";

export const main = fileURLToPath(new URL("../../../bundle/air-executor.cjs", import.meta.url));

/** Far beyond what any test needs: a command that hangs fails its test instead of the whole run. */
const limitMs = 60_000;

export interface Result {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly process: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Result>;
}

export interface Playground {
  readonly dir: string;
  readonly write: (name: string, content: string | object) => string;
  /** Resolves when the command has ended. */
  readonly run: (args: readonly string[], options?: { input?: string; env?: NodeJS.ProcessEnv }) => Promise<Result>;
  readonly start: (args: readonly string[], options?: { env?: NodeJS.ProcessEnv }) => Started;
}

export function makePlayground(context: TestContext): Playground {
  const dir = mkdtempSync(join(tmpdir(), "air-executor-cli-"));
  const started: ChildProcess[] = [];
  context.after(() => {
    // Whatever became of the test: what still runs would go on writing there.
    for (const child of started) child.kill("SIGKILL");
    killAll(dir);
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  const start: Playground["start"] = (args, { env = {} } = {}) => {
    const it = follow(process.execPath, [main, ...args], dir, env);
    started.push(it.process);
    return it;
  };
  return {
    dir,
    write: (name, content) => {
      const path = join(dir, name);
      writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
      return path;
    },
    start,
    run: async (args, { input = "", env = {} } = {}) => {
      const { process: child, ended } = start(args, { env });
      child.stdin.on("error", () => {});
      child.stdin.end(input);
      return ended;
    },
  };
}

export function follow(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Started {
  // More certificates to read make every start of Node a tenth of a second longer.
  const isKept = (name: string): boolean => !/^(?:AIR_EXECUTOR_|NO_COLOR$|FORCE_COLOR$|NODE_EXTRA_CA_CERTS$)/.test(name);
  const inherited = Object.entries(process.env).filter(([name]) => isKept(name));
  const child = spawn(command, args, { cwd, env: { ...Object.fromEntries(inherited), ...env } });
  const limit = setTimeout(() => child.kill("SIGKILL"), limitMs);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<Result>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(limit);
      resolve({ code, signal, stdout, stderr });
    });
  });
  return { process: child, ended };
}
