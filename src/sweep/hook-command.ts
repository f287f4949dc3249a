/** Runs what a user wants done before or after each run of a bench, through the shell, and waits for it. Its time is not counted. */

import { spawn } from "node:child_process";

export interface Hook {
  readonly command: string;
  /** What it is called in a complaint: `--prepare`. */
  readonly name: string;
  readonly cwd: string;
  /** Added to our environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends it, with all of its process group. */
  readonly signal: AbortSignal;
}

/** Of what it says so much is shown. */
const TAIL_CHARACTERS = 500;

/** Resolves with null if it went well, else with the reason in a sentence. */
export async function runHook({ command, name, cwd, env, signal }: Hook): Promise<string | null> {
  if (signal.aborted) return `${name} was stopped`;
  const child = spawn("sh", ["-c", command], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let said = "";
  const listen = (text: string): void => void (said = `${said}${text}`.slice(-TAIL_CHARACTERS));
  child.stdout.setEncoding("utf8").on("data", listen);
  child.stderr.setEncoding("utf8").on("data", listen);
  const stop = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  };
  signal.addEventListener("abort", stop);
  try {
    return await new Promise((resolve) => {
      child.on("error", (error) => resolve(`${name} could not be started: ${error.message}`));
      // Not "close": what it leaves in the background may hold its output for ever.
      child.on("exit", (code, signalName) => resolve(code === 0 ? null : `${name} ended with ${signalName ?? code}${tail()}`));
    });
  } finally {
    signal.removeEventListener("abort", stop);
    child.stdout.destroy();
    child.stderr.destroy();
  }

  function tail(): string {
    const words = said.trim();
    return words === "" ? "" : `: ${words}`;
  }
}
