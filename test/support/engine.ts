/** An engine in a process of its own, to be killed, starved and stopped. Started by the crash tests and the soak. */

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { TaskInput } from "../../src/index.js";
import type { DriverJob, DriverLine } from "./engine-driver.js";
import { FAULTS_VARIABLE, RECORD_VARIABLE, ROOT_VARIABLE, type Fault } from "./fault-plan.js";

const driver = fileURLToPath(new URL("./engine-driver.js", import.meta.url));
const preload = new URL("./fault-preload.js", import.meta.url).href;

/** No engine of a test lives longer. */
const LIFE_MS = 60_000;

export interface EngineOptions {
  /** Takes up what lies in the job's directory instead of handing the tasks in. Default: false. */
  readonly takeUp?: boolean;
  readonly faults?: readonly Fault[];
  readonly concurrency?: number;
  readonly graceMs?: number;
  readonly patienceMs?: number;
  readonly durability?: "grouped" | "strict";
  /** Started, but it waits for this file. */
  readonly gate?: string;
  /** A script and its arguments in place of the driver, which then knows nothing of all above but faults. */
  readonly program?: readonly string[];
  /** A program and its arguments that starts node with what follows: `["prlimit", "--nproc=30"]`. */
  readonly prefix?: readonly string[];
  /** File handles, once it has loaded. */
  readonly handles?: number;
  readonly uid?: number;
  /** A file for a recording of the calls that it makes. */
  readonly record?: string;
}

export interface EngineEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lines: readonly DriverLine[];
  readonly stderr: string;
}

export class Engine {
  readonly #child: ChildProcess;
  readonly #lines: DriverLine[] = [];
  #stderr = "";
  readonly ended: Promise<EngineEnd>;
  readonly #watchers = new Set<() => void>();

  constructor(dir: string, name: string, tasks: readonly TaskInput[], options: EngineOptions = {}) {
    const {
      takeUp = false,
      faults = [],
      concurrency = 4,
      graceMs = 2_000,
      patienceMs = 60_000,
      durability = "grouped",
    } = options;
    const job: DriverJob = {
      dir,
      name,
      tasks: takeUp ? null : tasks,
      concurrency,
      graceMs,
      patienceMs,
      durability,
      gate: options.gate ?? null,
      handles: options.handles ?? null,
    };
    const own = mkdtempSync(join(tmpdir(), "air-executor-driver-"));
    if (options.uid !== undefined) chmodSync(own, 0o755);
    const file = join(own, "job.json");
    writeFileSync(file, JSON.stringify(job));
    const { record } = options;
    const preloading = faults.length === 0 && record === undefined ? [] : ["--import", preload];
    const argv = [...(options.prefix ?? []), process.execPath, ...preloading, ...(options.program ?? [driver, file])];
    this.#child = spawn(argv[0]!, argv.slice(1), {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...faultEnvironment(dir, faults, record) },
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    });
    const guard = setTimeout(() => this.kill("SIGKILL"), LIFE_MS);
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      if (options.program === undefined) this.#lines.push(JSON.parse(line) as DriverLine);
      for (const watcher of this.#watchers) watcher();
    });
    this.#child.stderr!.on("data", (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.ended = once(this.#child, "close").then(([code, signal]) => {
      clearTimeout(guard);
      rmSync(own, { recursive: true });
      return { code: code as number | null, signal: signal as NodeJS.Signals | null, lines: this.#lines, stderr: this.#stderr };
    });
  }

  /** What it said there so far. */
  get stderr(): string {
    return this.#stderr;
  }

  get isGone(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves at the first line of that type, in which these words stand; or when the engine has ended. */
  async said(type: DriverLine["type"], words = ""): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!this.#lines.some((line) => line.type === type && JSON.stringify(line).includes(words))) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
      void this.ended.then(() => resolve());
    });
  }
}

/** What a process with fault-preload.ts has to be told. */
export function faultEnvironment(dir: string, faults: readonly Fault[], record?: string): NodeJS.ProcessEnv {
  return {
    [FAULTS_VARIABLE]: JSON.stringify(faults),
    [ROOT_VARIABLE]: dir,
    ...(record !== undefined && { [RECORD_VARIABLE]: record }),
  };
}

/** What of an end a failing test should show. */
export function describeEnd({ code, signal, lines, stderr }: EngineEnd): string {
  return `exit ${code} ${signal}\n${lines.map((line) => JSON.stringify(line)).join("\n")}\n${stderr}`;
}

export function warningsOf({ lines }: EngineEnd): string[] {
  return lines.flatMap((line) => (line.type === "warning" ? [line.message] : []));
}

export function failureOf({ lines }: EngineEnd): { code: string; message: string } | undefined {
  return lines.find((line) => line.type === "failure");
}

/** True if the job was taken in and its journal has no end: only then may it be handed in again without beginning a new run. */
export function isUnfinished(dir: string, name: string): boolean {
  const journal = join(dir, "jobs", name, "journal.ndjson");
  return existsSync(journal) && !readFileSync(journal, "utf8").includes('"type":"job-ended"');
}
