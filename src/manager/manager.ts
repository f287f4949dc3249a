/**
 * The manager of a directory: runs what is dropped into `jobs/`, one executor for all jobs. One a directory.
 *
 * It decides nothing about tasks and writes no file of a job but through the library. What it knows of the jobs is in keeper.ts.
 */

import { AirError, AirExecutor, type ExecutorOptions } from "../index.js";
import { managerLock, managerLog } from "../internal.js";
import { lookAtHolder } from "../system/lock/lock-holder.js";
import { takeLock, type Lock } from "../system/lock/lock.js";
import { ensurePrivateDirectory } from "../system/write/private-directory.js";
import { JobKeeper } from "./keeper.js";
import { openLog, type LogLevel, type ManagerLog } from "./log.js";
import { directoryFromHere } from "../system/look/current-directory.js";

export interface ManagerOptions extends Pick<ExecutorOptions, "concurrency" | "memory" | "gpus" | "pools" | "durability"> {
  /** Absolute or relative path of the directory that holds `jobs/`. Made if missing. */
  readonly dir: string;
  /** For running tasks to end by themselves when the manager stops; for one that is cancelled or timed out, from TERM to KILL. Milliseconds. */
  readonly graceMs: number;
  /** Told every message of the log as well. */
  readonly onMessage?: (level: LogLevel, message: string) => void;
  /** Told if another manager has taken our place, whose file somebody removed: this one is to be stopped. */
  readonly onReplaced?: () => void;
}

/** How often it is looked whether our place is still ours. */
const LOOK_EVERY_MS = 1000;

/** A job that takes so much longer than those before it to be taken up is not waited for. */
const LONGEST_HOLD_MS = 5000;
/** What has not ended within the grace period has had its time: for its last words such a part of it is added. */
const AFTER_TERM = 0.2;

/** That the place is taken, in words that fit a manager. */
function nameManager(error: unknown, dir: string): unknown {
  if (!(error instanceof AirError) || error.code !== "AIR_LOCKED") return error;
  const manager = lookAtHolder(managerLock(dir));
  if (manager.answer === "no" || manager.answer === "unknown") return error;
  const { pid, since } = manager.found;
  const message = `a manager (process ${pid}, since ${since}) watches ${dir} already: air-executor stop ends it.`;
  return new AirError("AIR_LOCKED", message, { cause: error });
}

export class Manager {
  readonly #lock: Lock;
  readonly #log: ManagerLog;
  readonly #executor: AirExecutor;
  readonly #keeper: JobKeeper;
  readonly #graceMs: number;
  readonly #onReplaced: () => void;
  readonly #vigil = setInterval(() => void this.#keepPlace(), LOOK_EVERY_MS).unref();
  #stopped: Promise<void> | null = null;

  private constructor(lock: Lock, log: ManagerLog, executor: AirExecutor, { graceMs, onReplaced }: ManagerOptions) {
    this.#onReplaced = onReplaced ?? (() => {});
    this.#lock = lock;
    this.#log = log;
    this.#executor = executor;
    this.#graceMs = graceMs;
    this.#keeper = new JobKeeper(executor, log);
  }

  /**
   * Watches from now on. What was dropped before, or left unfinished by an earlier manager, is taken up.
   *
   * @throws AirError `AIR_LOCKED` naming the manager that runs already, `AIR_UNSAFE_PATH`.
   */
  static async open(options: ManagerOptions): Promise<Manager> {
    const { graceMs, onMessage } = options;
    const dir = directoryFromHere(options.dir);
    const warning = ensurePrivateDirectory(dir);
    const lock = await takeLock(managerLock(dir), `the manager's place in ${dir}`).catch((error: unknown) => {
      throw nameManager(error, dir);
    });
    try {
      const log = openLog({ path: managerLog(dir), ...(onMessage !== undefined && { onMessage }) });
      const onWarning = (message: string): void => log.write("warn", message);
      if (warning !== null) onWarning(warning);
      const { dir: _dir, graceMs: _graceMs, onMessage: _onMessage, onReplaced: _onReplaced, ...limits } = options;
      const executor = await AirExecutor.open({
        dir,
        graceMs,
        onWarning,
        // A manager waits as long as it takes.
        patienceMs: Infinity,
        ...limits,
      });
      log.write("info", `watching ${dir}`, { dir });
      const manager = new Manager(lock, log, executor, options);
      // What an earlier manager left running takes of pools that no other job is to have meanwhile: so first all are taken up.
      const release = executor.holdStarts();
      await manager.#keeper.start();
      void manager.#keeper.settled(LONGEST_HOLD_MS).then(release);
      return manager;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Its file is made anew where somebody has removed it, unless another manager was quicker: of two, one goes. */
  async #keepPlace(): Promise<void> {
    await this.#lock.restore();
    if (this.#lock.presence() === "here") this.#keeper.keep();
    if (this.#stopped !== null || this.#lock.presence() !== "removed") return;
    const other = lookAtHolder(managerLock(this.#executor.dir));
    if (other.answer === "no" || other.answer === "unknown" || other.found.pid === process.pid) return;
    clearInterval(this.#vigil);
    this.#log.write(
      "error",
      `manager.pid was removed, and another manager (process ${other.found.pid}) is in its place: this one stops`,
    );
    this.#onReplaced();
  }

  /** Something was thrown where nobody caught it: told with its place, and the manager goes on for all other jobs. */
  tellFault(error: unknown): void {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    this.#log.write("error", `a fault of the manager's own, which goes on: ${message}`, { stack });
  }

  /**
   * Starts nothing new; what runs may finish within the grace period, then gets TERM, and KILL after a fifth of it. Resolves when all is
   * down and on disk; what is unfinished is taken up by the next manager. Called again, it kills at once.
   */
  async stop(): Promise<void> {
    if (this.#stopped !== null) {
      await this.#executor.stop({ graceMs: 0 });
      return this.#stopped;
    }
    this.#stopped = this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#log.write("info", "stopping: what runs may finish within the grace period");
    clearInterval(this.#vigil);
    this.#keeper.close();
    const timer = setTimeout(() => void this.#executor.stop({ graceMs: this.#graceMs * AFTER_TERM }), this.#graceMs);
    await this.#executor.drain();
    clearTimeout(timer);
    await this.#keeper.idle();
    await this.#executor.close();
    this.#log.write("info", "stopped");
    this.#log.close();
    this.#lock.release();
  }
}
