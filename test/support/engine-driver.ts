/**
 * The smallest program around the library, as it is shipped: runs the job of the file that its argument names, and says what happened as
 * JSON lines. TERM stops it, USR2 cancels the job. Exit codes as those of `air-executor run`.
 */

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AirError, AirExecutor, type TaskInput } from "air-executor";

/** What the file holds. */
export interface DriverJob {
  readonly dir: string;
  readonly name: string;
  /** Null takes up what lies in the directory. */
  readonly tasks: readonly TaskInput[] | null;
  readonly concurrency: number;
  readonly graceMs: number;
  readonly patienceMs: number;
  readonly durability: "grouped" | "strict";
  /** Wait for this file before anything is done, so that several can begin at the same instant. */
  readonly gate: string | null;
  /** So many file handles from then on, when all modules are loaded (Node reads them side by side); null for what we have. */
  readonly handles: number | null;
}

/** A line of the output. */
export type DriverLine =
  | { readonly type: "taken" }
  | { readonly type: "warning"; readonly message: string }
  | { readonly type: "ended"; readonly state: string; readonly isInterrupted: boolean }
  | { readonly type: "failure"; readonly code: string; readonly message: string };

function say(line: DriverLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function passGate(gate: string): Promise<void> {
  for (let round = 0; round < 20_000 && !existsSync(gate); round++) await new Promise((resolve) => setTimeout(resolve, 1));
}

async function drive(job: DriverJob): Promise<number> {
  const { dir, name, tasks, concurrency, graceMs, patienceMs, durability, gate, handles } = job;
  if (handles !== null) execFileSync("prlimit", [`--pid=${process.pid}`, `--nofile=${handles}`]);
  if (gate !== null) {
    say({ type: "taken" });
    await passGate(gate);
  }
  const onWarning = (message: string): void => say({ type: "warning", message });
  const executor = await AirExecutor.open({ dir, concurrency, graceMs, patienceMs, durability, onWarning });
  process.on("SIGTERM", () => void executor.stop());
  try {
    const running = tasks === null ? await executor.takeUp(join(dir, "jobs", name)) : await executor.submit(name, tasks);
    process.on("SIGUSR2", () => void running.cancel());
    say({ type: "taken" });
    const summary = await running.finished();
    say({ type: "ended", state: summary.state, isInterrupted: summary.isInterrupted });
    if (summary.isInterrupted) return 143;
    return summary.state === "completed" ? 0 : 1;
  } finally {
    await executor.close();
  }
}

try {
  process.exitCode = await drive(JSON.parse(readFileSync(process.argv[2]!, "utf8")) as DriverJob);
} catch (error) {
  const code = error instanceof AirError ? error.code : "not an AirError";
  say({ type: "failure", code, message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  process.exitCode = 3;
}
