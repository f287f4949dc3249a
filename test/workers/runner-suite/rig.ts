/** A runner under test, driven as an engine drives it: commands in, the spool and the bell out. */

import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { signal } from "../../support/processes.js";
import { waitUntil } from "../../support/wait-until.js";
import { SpoolText, type End } from "./spool-text.js";

/** What is to be tested. */
export interface RunnerKind {
  readonly name: string;
  /** Its program and first arguments; options, spool and slots follow. */
  readonly command: readonly string[];
  /** Whether peak memory is the task's own, and not at least the runner's. */
  readonly hasOwnMemory: boolean;
  /** Whether each task takes it so long that there must not be too many. */
  readonly isSlow?: boolean;
  /** Whether what is no UTF-8 in the engine's environment reaches tasks. */
  readonly hasRawEnvironment: boolean;
}

export type Bytes = string | Buffer;

/** If a test is cut short its tasks live no longer. */
const LIFE_MS = 60_000;

export interface RigOptions {
  readonly slots?: number;
  readonly options?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Another place for the spool. */
  readonly spool?: string;
  /** More descriptors that the runner is started with. */
  readonly extraFiles?: number;
  /** What stands before the runner's command. */
  readonly before?: readonly string[];
  /** Variables of the context. */
  readonly contextEnv?: readonly Bytes[];
}

export interface RunOptions {
  readonly context?: number;
  readonly cwd?: Bytes;
  readonly log?: Bytes;
  readonly errorLog?: Bytes;
  readonly stdin?: Bytes;
  readonly limitMs?: number;
  readonly graceMs?: number;
  readonly env?: readonly Bytes[];
  /** If it is not the first of the arguments. */
  readonly file?: Bytes;
}

export function fields(...values: readonly (Bytes | number)[]): Buffer {
  return Buffer.concat(
    values.flatMap((value) => [Buffer.isBuffer(value) ? value : Buffer.from(String(value)), Buffer.from([0])]),
  );
}

export class Rig {
  readonly directory = mkdtempSync(join(tmpdir(), "air-runner-"));
  readonly logs = join(this.directory, "logs");
  readonly spool: string;
  readonly child: ChildProcess;
  /** What it said on stderr. */
  complaint = "";
  readonly #exit: Promise<number | string>;
  /** What all tasks have in their environment, so that none outlives its test. */
  readonly #variable = `RIG=${this.directory}`;
  readonly #beings: Being[] = [];
  readonly #files: number[] = [];

  constructor(t: TestContext, kind: RunnerKind, options: RigOptions = {}) {
    chmodSync(this.directory, 0o755);
    mkdirSync(this.logs);
    this.spool = options.spool ?? join(this.directory, "spool");
    const [program = "", ...first] = [...(options.before ?? []), ...kind.command];
    this.child = spawn(program, [...first, ...(options.options ?? []), this.spool, String(options.slots ?? 4)], {
      cwd: "/",
      detached: true,
      env: options.env ?? process.env,
      stdio: ["pipe", "pipe", "pipe", ...Array.from({ length: options.extraFiles ?? 0 }, () => "pipe" as const)],
    });
    this.child.stdin!.on("error", () => {});
    this.child.stderr!.on("data", (chunk: Buffer) => (this.complaint += chunk.toString()));
    this.#exit = new Promise((resolve) => this.child.once("close", (code, name) => resolve(code ?? name ?? "")));
    this.child.stdout!.resume();
    t.after(() => this.#clear());
    this.context(1, this.directory, options.contextEnv ?? []);
  }

  context(id: number, cwd: Bytes, env: readonly Bytes[] = [], logs: string = this.logs): void {
    this.send("c", id, cwd, logs, env.length + 1, this.#variable, ...env);
  }

  run(key: number, args: readonly Bytes[], options: RunOptions = {}): void {
    const { context = 1, cwd = "", log = `${key}.log`, errorLog = "", stdin = "", limitMs = LIFE_MS, graceMs = 5_000 } = options;
    const { env = [], file = args[0]! } = options;
    const head = ["r", key, context, cwd, log, errorLog, stdin, limitMs, graceMs, env.length];
    this.send(...head, ...env, file, args.length, ...args);
  }

  /** A task that is a line of shell. */
  shell(key: number, script: string, options: RunOptions = {}): void {
    this.run(key, ["/bin/sh", "-c", script], options);
  }

  stop(key: number, graceMs: number): void {
    this.send("s", key, graceMs);
  }

  send(...values: readonly (Bytes | number)[]): void {
    this.child.stdin!.write(fields(...values));
  }

  read(): SpoolText {
    return new SpoolText(existsSync(this.spool) ? readFileSync(this.spool) : Buffer.alloc(0));
  }

  /** Until the spool is as it should be. */
  async see(what: string, isTrue: (spool: SpoolText) => boolean, withinMs = 30_000): Promise<SpoolText> {
    const isSeen = await waitUntil(() => isTrue(this.read()), withinMs);
    assert.ok(isSeen, `not seen: ${what}; the spool:\n${readFileSync(this.spool, "latin1").slice(-4_000)}\n${this.complaint}`);
    return this.read();
  }

  async end(key: number): Promise<End> {
    return (await this.see(`the end of ${key}`, (spool) => spool.end(key) !== undefined)).end(key)!;
  }

  async ends(keys: readonly number[]): Promise<End[]> {
    const spool = await this.see(`${keys.length} ends`, (text) => keys.every((key) => text.end(key) !== undefined));
    return keys.map((key) => spool.end(key)!);
  }

  /** `how value` of a task's end. */
  async result(key: number): Promise<string> {
    const { how, value } = await this.end(key);
    return `${how} ${value}`;
  }

  /** Until a task has said so much in its log. */
  async heard(key: number, text: string): Promise<void> {
    const isHeard = await waitUntil(() => this.log(key).includes(text));
    assert.ok(isHeard, `${key} did not say ${JSON.stringify(text)}, but ${JSON.stringify(this.log(key))}`);
  }

  /** What a task wrote; nothing if there is no log. */
  log(key: number | string): string {
    const path = join(this.logs, typeof key === "number" ? `${key}.log` : key);
    return existsSync(path) ? readFileSync(path, "latin1") : "";
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** A FIFO at which a task waits: `read x < PATH`. */
  fifo(name: string): string {
    const path = this.path(name);
    assert.equal(spawnSync("mkfifo", [path]).status, 0);
    return path;
  }

  /** Lets `count` tasks on that wait at a FIFO, or will come to it. Never blocks, whoever is there. */
  release(path: string, count = 1): void {
    const file = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    this.#files.push(file);
    // One line each: who reads takes no more than his, byte by byte.
    writeSync(file, "x\n".repeat(count));
  }

  /** For a pid that a task told: gone with the test, whatever comes. */
  mind(pid: number): Being {
    const start = startOf(pid);
    assert.ok(start !== undefined, `a process that lives: ${pid}`);
    const being = { pid, start };
    this.#beings.push(being);
    return being;
  }

  /** What lives of its tasks. */
  survivors(): number[] {
    return processesWith(this.#variable).filter((pid) => startOf(pid) !== undefined);
  }

  /** The end of its input. */
  close(): void {
    this.child.stdin!.end();
  }

  /** The exit code or signal. */
  get exited(): Promise<number | string> {
    return this.#exit;
  }

  async closed(): Promise<number | string> {
    this.close();
    return this.#exit;
  }

  #clear(): void {
    if (this.child.exitCode === null && this.child.signalCode === null) signal(this.child.pid!, "SIGKILL");
    for (const pid of processesWith(this.#variable)) signal(pid, "SIGKILL");
    for (const being of this.#beings) if (isAlive(being)) signal(being.pid, "SIGKILL");
    for (const file of this.#files) closeSync(file);
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Those that have a variable in their environment. */
function processesWith(variable: string): number[] {
  return readdirSync("/proc").flatMap((name) => {
    try {
      const isOne = /^\d+$/.test(name) && readFileSync(`/proc/${name}/environ`, "latin1").split("\0").includes(variable);
      return isOne ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

/** A process that can't be taken for the next one of its number: numbers come again within minutes where much is tested. */
export interface Being {
  readonly pid: number;
  readonly start: string;
}

export function isAlive({ pid, start }: Being): boolean {
  return startOf(pid) === start;
}

/** When a process began, as /proc says; undefined if there is none, or a zombie. */
export function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [state = "", ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return /^[ZX]/.test(state) ? undefined : rest[18];
  } catch {
    return undefined;
  }
}
