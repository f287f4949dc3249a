/** A real manager in the foreground of a subprocess with a directory of its own, and ways to drop jobs and to see what became of them. */

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { killAll } from "../support/processes.js";

/** Nothing here takes as long: the limit only turns a hang into a failure. */
const LIMIT_MS = 30_000;

const cli = fileURLToPath(new URL("../../bundle/air-executor.cjs", import.meta.url));

export type State = Readonly<Record<string, unknown>>;
export type Task = Readonly<Record<string, unknown>>;

export class ManagedDirectory {
  readonly root: string;
  readonly base: string;
  readonly cli = cli;
  readonly env: NodeJS.ProcessEnv;
  /** Who runs the manager; empty for us. */
  readonly #user: { readonly uid?: number; readonly gid?: number };
  /** Of open files, for managers that are started from now on. Linux. */
  openFiles: number | null = null;
  #manager: ChildProcess | null = null;

  /** @param user who runs the manager: for what root may do and nobody else. Default: we. */
  constructor(t: TestContext, user: number | null = null) {
    this.#user = user === null ? {} : { uid: user, gid: user };
    this.root = mkdtempSync(join(tmpdir(), "air-executor-test-"));
    this.base = join(this.root, ".air-executor");
    // As many at a time on a machine of one core.
    this.env = { ...process.env, AIR_EXECUTOR_DIR: this.base, AIR_EXECUTOR_CONCURRENCY: "4" };
    mkdirSync(join(this.base, "jobs"), { recursive: true, mode: 0o700 });
    if (user !== null) for (const dir of [this.root, this.base, join(this.base, "jobs")]) chownSync(dir, user, user);
    t.after(async () => {
      if (this.#manager !== null) await this.end("SIGKILL");
      killAll(this.base);
      rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
    });
  }

  /** Resolves when it watches. */
  async start(...options: string[]): Promise<ChildProcess> {
    const limit = this.openFiles === null ? [] : ["prlimit", `--nofile=${this.openFiles}`];
    const [program, ...args] = [...limit, process.execPath, cli, "start", "--foreground", "--grace-period", "5", ...options];
    const manager = spawn(program!, args, {
      cwd: this.root,
      env: this.env,
      stdio: ["ignore", "inherit", "pipe"],
      ...this.#user,
    });
    this.#manager = manager;
    let said = "";
    manager.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    await until(() => said.includes("watching") || manager.exitCode !== null, "the manager to be up");
    if (manager.exitCode !== null) throw new Error(`the manager ended with ${manager.exitCode}: ${said}`);
    return manager;
  }

  /** A command of the same user. */
  run(...args: string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
    return spawnSync(process.execPath, [cli, ...args], { cwd: this.root, env: this.env, encoding: "utf8", ...this.#user });
  }

  get isUp(): boolean {
    return this.#manager?.exitCode === null && this.#manager.signalCode === null;
  }

  /** Ends the manager with a signal and gives its exit code. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    const manager = this.#manager!;
    this.#manager = null;
    if (manager.exitCode !== null || manager.signalCode !== null) return manager.exitCode;
    manager.kill(signal);
    await once(manager, "exit");
    return manager.exitCode;
  }

  path(job: string, ...names: string[]): string {
    return join(this.base, "jobs", job, ...names);
  }

  /** As the guide's client does: state first, not atomic, indented. */
  drop(job: string, tasks: readonly Task[], createdAt = "2026-01-31T12:00:00.123456Z"): void {
    this.dropState(job, createdAt);
    this.dropTasks(job, tasks);
  }

  dropState(job: string, createdAt = "2026-01-31T12:00:00.123456Z"): void {
    mkdirSync(this.path(job, "logs"), { recursive: true });
    this.#give(job, "logs");
    writeFileSync(this.path(job, "state.json"), stateText(job, createdAt));
    this.#give(job, "state.json");
  }

  dropTasks(job: string, tasks: readonly Task[]): void {
    mkdirSync(this.path(job, "logs"), { recursive: true });
    this.#give(job, "logs");
    writeFileSync(this.path(job, "tasks.json"), JSON.stringify(tasks, null, 2));
    this.#give(job, "tasks.json");
  }

  /** To the manager's user. */
  #give(job: string, name: string): void {
    const { uid, gid } = this.#user;
    if (uid === undefined || gid === undefined) return;
    for (const path of [this.path(job), this.path(job, name)]) chownSync(path, uid, gid);
  }

  state(job: string): State {
    return JSON.parse(readFileSync(this.path(job, "state.json"), "utf8")) as State;
  }

  tasks(job: string): Task[] {
    return JSON.parse(readFileSync(this.path(job, "tasks.json"), "utf8")) as Task[];
  }

  log(): string {
    return readFileSync(join(this.base, "manager.log"), "utf8");
  }

  /** Waits until the job is in one of the states, and gives its state.json. */
  async untilState(job: string, ...states: string[]): Promise<State> {
    await until(() => states.includes(this.peek(job)), `job ${job} to be ${states.join(" or ")}`);
    return this.state(job);
  }

  peek(job: string): string {
    try {
      return String(this.state(job)["state"]);
    } catch {
      return "";
    }
  }
}

export function stateText(job: string, createdAt: string): string {
  const state = { id: `${job}-1769860800`, name: job, state: "waiting", created_at: createdAt, updated_at: createdAt };
  return JSON.stringify(state, null, 2);
}

/** A task in the guide's form. */
export function task(id: string, command: string, args: readonly string[] = [], dependencies: readonly string[] = []): Task {
  const times = { created_at: "2026-01-31T12:00:00.123456Z", started_at: null, completed_at: null };
  return { id, job_name: "job", command, args, dependencies, status: "pending", ...times, error: null };
}

export async function until(isTrue: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await pause(10);
  }
}
