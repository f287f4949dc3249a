/**
 * One attempt in the portable runner: starts its process, watches its limit, and ends it with what it started. Says what happens through its
 * listener; writes no record itself.
 */

import { spawn, type ChildProcess } from "node:child_process";
import { accessSync, constants, statSync, writeFileSync } from "node:fs";
import { constants as system } from "node:os";
import { codeOf } from "../../system/look/error-code.js";
import { isText, scriptOf } from "../../system/process/byte-script.js";
import { hasEnded, isLivingChild, readProcess, readProcesses, type ProcessEntry } from "../../system/process/process-table.js";
import type { TaskOrder } from "./commands.js";
import { Family } from "./family.js";
import { StartFailure, type Stage } from "./start-failure.js";
import { splitVariable, type TaskEnvironment } from "./task-environment.js";
import { removeScript, TaskFiles } from "./task-files.js";

export interface TaskListener {
  lasting(pid: number, start: number): void;
  ending(why: "limit" | "stop"): void;
  unendable(processes: number): void;
  /** The last word, but for `left`. */
  ended(kind: "x" | "s" | Stage, value: number): void;
  left(processes: number): void;
}

export interface TaskSurroundings {
  readonly environment: TaskEnvironment;
  /** By number. */
  readonly ignoredSignals: readonly number[];
  /** Where a script for a shell may be written. */
  readonly scriptPath: (key: number) => string;
}

const EARLY_MS = 50;
const LOOK_MS = 20;
/** Ancestry is looked at now and then, so that what leaves it later is known. */
const FAMILY_MS = 1000;
const UNENDABLE_MS = 2000;
/** Of the machine, not of the task: it may go away. */
const SHORTAGES = new Set(["EAGAIN", "ENOMEM", "EMFILE", "ENFILE"]);
const SLASH = 0x2f;

export class TaskRun {
  readonly #task: TaskOrder;
  readonly #surroundings: TaskSurroundings;
  readonly #listener: TaskListener;
  readonly #files: TaskFiles;
  readonly #timers = new Set<NodeJS.Timeout>();
  #process: { readonly child: ChildProcess; readonly pid: number; readonly family: Family } | null = null;
  #end: { readonly kind: "x" | "s"; readonly value: number } | null = null;
  /** When KILL begins, if it is being ended. */
  #killAt: number | null = null;
  #isOver = false;
  #hasScript = false;
  #hasToldUnendable = false;

  /** It is on record that the task begins. */
  constructor(task: TaskOrder, surroundings: TaskSurroundings, listener: TaskListener) {
    this.#task = task;
    this.#surroundings = surroundings;
    this.#listener = listener;
    this.#files = new TaskFiles(task);
  }

  async run(): Promise<void> {
    try {
      await this.#files.open(this.#task);
      this.#checkPlaces();
      await this.#start();
    } catch (error) {
      if (!(error instanceof StartFailure)) throw error;
      this.#files.close();
      this.#files.removeEmpty("all");
      this.#over(() => this.#listener.ended(error.stage, error.errno));
    }
  }

  /** Ends it with all that it started. Again with less grace: sooner. */
  stop(why: "limit" | "stop", graceMs: number): void {
    const killAt = performance.now() + graceMs;
    if (this.#killAt !== null) {
      this.#killAt = Math.min(this.#killAt, killAt);
      return;
    }
    // We may have been stopped (SIGSTOP) meanwhile: what has ended was ended by nobody, and that is about to be heard.
    if (this.#process !== null && hasEnded(this.#process.pid)) return;
    this.#killAt = killAt;
    this.#listener.ending(why);
    if (this.#process === null) this.#files.release();
    else this.#beginEnding();
  }

  /** What would otherwise be a shell's word in the log. */
  #checkPlaces(): void {
    const { cwd, file } = this.#task;
    try {
      if (!statSync(cwd).isDirectory()) throw Object.assign(new Error("no directory"), { code: "ENOTDIR" });
      accessSync(cwd, constants.X_OK);
    } catch (error) {
      throw new StartFailure("d", error);
    }
    // A name alone is looked up when the task is started.
    if (!file.includes(SLASH)) return;
    try {
      if (statSync(file).isDirectory()) throw Object.assign(new Error("a directory"), { code: "EACCES" });
      accessSync(file, constants.X_OK);
    } catch (error) {
      throw new StartFailure("r", error);
    }
  }

  async #start(): Promise<void> {
    const child = this.#spawn();
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (error) => reject(new StartFailure(SHORTAGES.has(codeOf(error)) ? "f" : "r", error)));
    });
    this.#files.close();
    child.on("error", () => {});
    this.#process = { child, pid: child.pid!, family: new Family(child.pid!) };
    child.once("exit", (code, signal) => this.#exited(code, signal));
    const { limitMs, graceMs } = this.#task;
    if (this.#killAt !== null) return this.#beginEnding();
    if (limitMs > 0) this.#later(limitMs, () => this.stop("limit", graceMs));
    this.#later(EARLY_MS, () => this.#tellOfProcess());
  }

  #spawn(): ChildProcess {
    const { key, cwd, file, args } = this.#task;
    const { environment, ignoredSignals, scriptPath } = this.#surroundings;
    const { stdio } = this.#files;
    const own = environment.ownOf(this.#task.env);
    const isPlain = ignoredSignals.length === 0 && [cwd, file, ...args, ...own].every(isText);
    try {
      if (!isPlain) {
        const script = scriptOf({ cwd, env: own, file, args: args.slice(1), ignoredSignals });
        this.#hasScript = true;
        writeFileSync(scriptPath(key), script, { mode: 0o600, flag: "wx" });
        return spawn("/bin/sh", [scriptPath(key)], { cwd: "/", env: environment.base, stdio, detached: true });
      }
      const [name = "", ...rest] = args.map((argument) => argument.toString("utf8"));
      const env = { ...environment.base, ...Object.fromEntries(own.map(splitVariable)) };
      return spawn(file.toString("utf8"), rest, { argv0: name, cwd: cwd.toString("utf8"), env, stdio, detached: true });
    } catch (error) {
      // What is too long is thrown.
      throw new StartFailure("r", error);
    }
  }

  #tellOfProcess(): void {
    const { pid } = this.#process!;
    const entry = readProcess(pid);
    if (entry.answer === "yes") this.#listener.lasting(pid, entry.found.start);
    this.#lookAtFamily();
  }

  #lookAtFamily(): void {
    this.#members();
    this.#later(FAMILY_MS, () => this.#lookAtFamily());
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    const { pid } = this.#process!;
    // Who asks to be traced stops at each signal, which Node takes for its end: nobody here can let it go on.
    if (code === 0 && isLivingChild(pid)) [code, signal] = [null, send(pid, "SIGKILL")];
    this.#end = code === null ? { kind: "s", value: signal === null ? 0 : system.signals[signal] } : { kind: "x", value: code };
    if (this.#killAt === null) this.#finish();
  }

  #beginEnding(): void {
    this.#signalAll(this.#members(), "SIGTERM");
    this.#later(LOOK_MS, () => this.#lookWhileEnding());
  }

  #lookWhileEnding(): void {
    const all = readProcesses();
    const members = all.answer === "yes" ? this.#family(all.found) : [];
    // Who can't look waits: nothing is known to be gone.
    if (all.answer === "yes" && this.#end !== null && members.length === 0) return this.#finish();
    const now = performance.now();
    if (now >= this.#killAt!) {
      this.#signalAll(members, "SIGKILL");
      if (now >= this.#killAt! + UNENDABLE_MS && !this.#hasToldUnendable && members.length > 0) {
        this.#hasToldUnendable = true;
        this.#listener.unendable(members.length);
      }
      // What it forked while the first TERM was on its way.
    } else if (this.#end !== null) this.#signalAll(members, "SIGTERM");
    this.#later(LOOK_MS, () => this.#lookWhileEnding());
  }

  /** All of it that can be found; none if nobody can look. */
  #members(): readonly ProcessEntry[] {
    const all = readProcesses();
    return all.answer === "yes" ? this.#family(all.found) : [];
  }

  #family(entries: readonly ProcessEntry[]): readonly ProcessEntry[] {
    return this.#process!.family.among(entries, this.#end === null);
  }

  #signalAll(members: readonly ProcessEntry[], signal: "SIGTERM" | "SIGKILL"): void {
    const { pid: leader } = this.#process!;
    // To the group at once while it is certainly ours, so that nothing that is forked meanwhile is missed.
    const targets = members.flatMap(({ pid, group }) => (this.#end === null && group === leader ? [] : [pid]));
    if (this.#end === null) targets.unshift(-leader);
    for (const target of targets) send(target, signal);
    if (signal === "SIGTERM") for (const target of targets) send(target, "SIGCONT");
  }

  #finish(): void {
    const { kind, value } = this.#end!;
    const left = this.#members().length;
    if (left === 0) this.#files.removeEmpty("errors");
    this.#over(() => {
      this.#listener.ended(kind, value);
      if (left > 0) this.#listener.left(left);
    });
  }

  #over(tell: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    if (this.#hasScript) removeScript(this.#surroundings.scriptPath(this.#task.key));
    tell();
  }

  #later(delayMs: number, act: () => void): void {
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        act();
      },
      Math.min(delayMs, 2 ** 31 - 1),
    );
    this.#timers.add(timer);
  }
}

function send(target: number, signal: NodeJS.Signals): NodeJS.Signals {
  try {
    process.kill(target, signal);
  } catch {
    // Gone already, or not ours to signal: the next look tells.
  }
  return signal;
}
