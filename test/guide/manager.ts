/** A real manager in the foreground of a subprocess, and the jobs of its directory as they stand on disk. */

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { cliPath } from "./places.js";
import type { Workspace } from "./workspace.js";

/** Nothing here takes as long: the limit only turns a hang into a failure. */
const LIMIT_MS = 60_000;

export interface TaskOnDisk {
  readonly id: string;
  readonly status: string;
  readonly dependencies: readonly string[];
  readonly started_at: string | null;
  readonly completed_at: string | null;
  readonly error: string | null;
  readonly exit_code?: number | null;
  readonly log?: string | null;
}

export interface JobOnDisk {
  readonly dir: string;
  readonly state: string;
  readonly tasks: readonly TaskOnDisk[];
}

export class Manager {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #said = "";

  /** Starts it in the workspace's directory. Jobs may be dropped at once: it finds those that were there before it. */
  constructor(workspace: Workspace) {
    this.#child = spawn(process.execPath, [cliPath, "start", "--foreground"], {
      cwd: workspace.cwd,
      env: workspace.env,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#said += text));
    this.#ended = once(this.#child, "exit");
  }

  /** What it wrote to its stderr so far. */
  get said(): string {
    return this.#said;
  }

  /** Waits until the process is gone and gives its exit code. One that does not go is killed and is an error. */
  async stop(): Promise<number | null> {
    this.#child.kill("SIGTERM");
    const isGone = await Promise.race([this.#ended.then(() => true), pause(LIMIT_MS, false, { ref: false })]);
    if (!isGone) {
      this.#child.kill("SIGKILL");
      throw new Error(`the manager did not stop; it said: ${this.#said}`);
    }
    return this.#child.exitCode;
  }

  /** Throws with what it said if the manager is gone. */
  assertRuns(): void {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null)
      throw new Error(`the manager ended with ${this.#child.exitCode ?? this.#child.signalCode}; it said: ${this.#said}`);
  }
}

/** Waits until a job has ended, in whatever way. */
export async function untilEnded(base: string, name: string): Promise<JobOnDisk> {
  const deadline = Date.now() + LIMIT_MS;
  for (;;) {
    const job = readJob(join(base, "jobs", name));
    if (job !== null && ["completed", "failed", "cancelled"].includes(job.state)) return job;
    if (Date.now() > deadline) throw new Error(`job ${name} has not ended: ${JSON.stringify(job)}`);
    await pause(20);
  }
}

/** A job's files, or those of an earlier run; null as long as one is missing. */
export function readJob(dir: string): JobOnDisk | null {
  if (!existsSync(join(dir, "state.json")) || !existsSync(join(dir, "tasks.json"))) return null;
  const { state }: { state: string } = JSON.parse(readFileSync(join(dir, "state.json"), "utf8"));
  const tasks: TaskOnDisk[] = JSON.parse(readFileSync(join(dir, "tasks.json"), "utf8"));
  return { dir, state, tasks };
}

/** What a task printed; found through the key `log`, as a reader would. */
export function readLog(job: JobOnDisk, id: string): string {
  const task = job.tasks.find((candidate) => candidate.id === id);
  if (task === undefined) throw new Error(`no task ${id} in ${job.dir}`);
  const path = task.log === null || task.log === undefined ? null : join(job.dir, task.log);
  return path !== null && existsSync(path) ? readFileSync(path, "utf8") : "";
}
