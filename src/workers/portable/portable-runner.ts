/**
 * The portable runner: a small Node process that speaks native/PROTOCOL.md, for machines without a compiler or a binary that runs there. As exact
 * as Node lets it be, at a fraction of the speed: each start costs Node over a millisecond, what a task took is not known, and processes that
 * leave their group and their parents between two looks are not found. Knows no job and no engine.
 */

import { fstatSync, writeSync } from "node:fs";
import { randomInt } from "node:crypto";
import { basename } from "node:path";
import { bootId } from "../../system/process/process-identity.js";
import { readProcess } from "../../system/process/process-table.js";
import { flock } from "../../system/lock/flock.js";
import { isEngineAlive } from "../engine-token.js";
import { isSpoolName } from "../spool-name.js";
import { CommandReader, ProtocolError, type Command, type TaskOrder } from "./commands.js";
import { SpoolWriter } from "./spool-writer.js";
import { TaskEnvironment } from "./task-environment.js";
import { TaskRun } from "./task-run.js";

export interface RunnerSetup {
  readonly spool: string;
  readonly slots: number;
  readonly ignoredSignals: readonly number[];
}

/** What fails so soon after we were told to stop may have been told, too. */
const SHUTDOWN_MS = 1000;

export class PortableRunner {
  readonly #setup: RunnerSetup;
  readonly #spool: SpoolWriter;
  readonly #environment: TaskEnvironment;
  readonly #commands = new CommandReader();
  readonly #queue = new Map<number, TaskOrder>();
  readonly #running = new Map<number, TaskRun>();
  readonly #onOver: (exitCode: number) => void;
  #slots: number;
  #exitCode = 0;
  /** Monotonic milliseconds. */
  #toldAt = -Infinity;
  #hasEnded = false;

  /** @param onOver called when nothing is left to do. @throws if the spool can't be one. */
  constructor(setup: RunnerSetup, onOver: (exitCode: number) => void) {
    this.#setup = setup;
    this.#slots = setup.slots;
    this.#onOver = onOver;
    this.#spool = new SpoolWriter(setup.spool, () => this.#advance());
    this.#environment = new TaskEnvironment(process.env, process.ppid);
  }

  /** Takes the lock and says who writes here. @throws if somebody else has it. */
  async open(): Promise<void> {
    if (!(await flock(this.#spool.fd))) throw new Error(`${this.#setup.spool} is another runner's`);
    // Whoever adopts closes a spool that nobody has, so that none who comes late begins anything.
    if (fstatSync(this.#spool.fd).size > 0) throw new Error(`${this.#setup.spool} was closed meanwhile`);
    // Of an engine that is dead by now nothing begins, as nothing does that waits when it dies: its environment could not be read as it was.
    const name = basename(this.#setup.spool, ".spool");
    if (isSpoolName(name) && isEngineAlive(name).answer === "no") throw new Error(`the engine of ${name} is gone`);
    const self = readProcess(process.pid);
    const start = self.answer === "yes" ? self.found.start : 0;
    this.#spool.append(`h 1 ${randomInt(1, 2 ** 31)} ${process.pid} ${start} ${bootId() || "-"} none`);
  }

  /** @returns false once something was no command: then as if the input had ended. */
  take(bytes: Buffer): boolean {
    if (this.#hasEnded) return false;
    try {
      for (const command of this.#commands.take(bytes)) this.#obey(command);
      this.#advance();
      return true;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      writeSync(2, `air-executor-runner: ${error.message}\n`);
      this.#exitCode = 2;
      this.end();
      return false;
    }
  }

  /** Nobody says anything any more: what waits is dropped, what runs goes on. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#dropAll();
    this.#spool.append("q");
    this.#advance();
  }

  /** Somebody tells us to stop, and so, perhaps, everybody. We go on: what fails now is marked. */
  shutdown(): void {
    this.#toldAt = performance.now();
  }

  #obey(command: Command): void {
    switch (command.type) {
      case "run":
        this.#queue.set(command.task.key, command.task);
        return;
      case "stop":
        if (this.#queue.delete(command.key)) this.#drop(command.key);
        else this.#running.get(command.key)?.stop("stop", command.graceMs);
        return;
      case "slots":
        this.#slots = command.count;
        return;
      case "drop-all":
        this.#dropAll();
        return;
    }
  }

  #dropAll(): void {
    for (const key of this.#queue.keys()) this.#drop(key);
    this.#queue.clear();
  }

  #drop(key: number): void {
    this.#spool.append(`d ${key}`);
    this.#spool.ring(this.#queue.size === 0);
  }

  #advance(): void {
    for (const [key, task] of this.#queue) {
      // On a full disk nothing begins: its begin has to be on record.
      if (this.#running.size >= this.#slots || !this.#spool.tryAppend(`b ${key} ${microseconds()}`)) break;
      this.#queue.delete(key);
      this.#begin(task);
    }
    if (this.#hasEnded && this.#running.size === 0 && this.#spool.isSettled) {
      this.#spool.ring(true);
      this.#onOver(this.#exitCode);
    }
  }

  #begin(task: TaskOrder): void {
    const { key } = task;
    const { ignoredSignals, spool } = this.#setup;
    const surroundings = { environment: this.#environment, ignoredSignals, scriptPath: (of: number) => `${spool}.${of}.sh` };
    const run = new TaskRun(task, surroundings, {
      lasting: (pid, start) => this.#say(`p ${key} ${pid} ${start}`),
      ending: (why) => this.#say(`${why === "limit" ? "t" : "k"} ${key} ${microseconds()}`),
      unendable: (processes) => this.#say(`u ${key} ${processes}`),
      left: (processes) => this.#say(`w ${key} ${processes}`),
      ended: (kind, value) => {
        this.#running.delete(key);
        const hasFailed = kind === "s" || (kind === "x" && value !== 0);
        if (hasFailed && performance.now() - this.#toldAt < SHUTDOWN_MS) this.#spool.append(`a ${key} ${microseconds()}`);
        this.#spool.append(`e ${key} ${kind} ${value} ${microseconds()} 0 0 0`);
        this.#advance();
        this.#spool.ring(this.#queue.size === 0);
      },
    });
    this.#running.set(key, run);
    void run.run();
  }

  #say(line: string): void {
    this.#spool.append(line);
    this.#spool.ring(true);
  }
}

function microseconds(): string {
  return `${Date.now()}000`;
}
