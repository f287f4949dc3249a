/**
 * The GPUs that this engine may hand out. Each is a file in `devices/` under the lock of one engine at a time, taken ahead of need, since a
 * start can't wait for it, and given back when no task of ours wants one. A second file is locked by the task itself, in which that lock lives
 * on whatever becomes of its engine and its runner: so a device whose engine was killed is free only when the task has ended that used it.
 * Many programs close what they have inherited before they start others, Python's do, and so the lock: those tell by their environment.
 *
 * One engine at a time takes any: it has the turn, another lock, until it has what it wants, or a task of its has got what was taken. So it is
 * the only one that holds some while it waits for others (two that did could wait for each other for ever), and who has no need to wait comes
 * after who does. From somebody whose process is stopped nobody gets the turn: whoever holds nothing while he waits goes on without.
 *
 * Told by the scheduler who takes and gives and how many are wanted. While any are it looks again twice a second: others may have given some
 * back, or somebody has removed the files.
 */

import { AirError } from "../domain/errors.js";
import type { DevicePort } from "../domain/ports.js";
import { devicesDir, gpuLock, gpuTaskLock, gpuTurnLock } from "../store/layout.js";
import { lookAtHolder } from "../system/lock/lock-holder.js";
import { takeLock, type Lock } from "../system/lock/lock.js";
import { certain } from "../system/look/look.js";
import { ensurePrivateDirectory } from "../system/write/private-directory.js";
import { isInAnEnvironment } from "../system/process/environments.js";
import { readProcess } from "../system/process/process-table.js";

const AGAIN_MS = 500;

/** Where slots are unlike each brings its own, and how many there are is not ours to count. */
export const DEVICES_OF_SLOTS: DevicePort = { take: () => [], give: () => {}, want: () => {} };
export const PLENTY_OF_GPUS = 1e9;

/** By which the processes of a task with that GPU, and whatever they start, are known where the lock is not: name and value. */
export function gpuVariable(base: string, gpu: number): readonly [string, string] {
  return [`AIR_EXECUTOR_GPU_${gpu}`, gpuTaskLock(base, gpu)];
}

export class GpuDevices implements DevicePort {
  readonly #base: string;
  /** More are free to hand out, or, below 0, fewer. */
  readonly #onChange: (by: number) => void;
  readonly #onTrouble: (error: Error) => void;
  #numbers: readonly number[] = [];
  /** Under our lock. */
  readonly #locks = new Map<number, Lock>();
  /** Of those the ones that no task has. */
  readonly #free = new Set<number>();
  /** The turn, if we have it. */
  #turn: Lock | null = null;
  /** A task has got some since it is our turn. */
  #isServed = false;
  /** So many are to be free. */
  #wanted = 0;
  #isClosed = false;
  #timer: NodeJS.Timeout | null = null;
  #trying: Promise<void> | null = null;
  /** Some were given back, or wanted, meanwhile. */
  #isDue = false;
  /** Others had some of them, or the turn, when we tried last. */
  #isRefused = false;
  /** By file what was said last of why it can't be had, unless that has passed. */
  readonly #said = new Map<string, string>();

  constructor(base: string, onChange: (by: number) => void, onTrouble: (error: Error) => void) {
    this.#base = base;
    this.#onChange = onChange;
    this.#onTrouble = onTrouble;
  }

  /** Which there are. None of them is ours before it is wanted. */
  open(numbers: readonly number[]): void {
    ensurePrivateDirectory(devicesDir(this.#base));
    this.#numbers = numbers;
  }

  take(count: number): readonly number[] {
    const taken = [...this.#free].toSorted((a, b) => a - b).slice(0, count);
    if (taken.length < count) throw new Error(`Internal error: ${count} GPUs are to be taken and ${taken.length} are free`);
    for (const gpu of taken) this.#free.delete(gpu);
    this.#isServed = true;
    return taken;
  }

  give(gpus: readonly number[]): void {
    // What the task has left behind may still use them: they are as good as another engine's until its lock is gone.
    this.#onChange(-gpus.length);
    for (const gpu of gpus) this.#letGo(gpu);
    this.#try();
  }

  want(count: number): void {
    // What others have comes free at their time, not at ours: a timer looks for that.
    const isTimely = this.#wanted === 0 || (count > this.#wanted && !this.#isRefused);
    this.#wanted = count;
    this.#giveBack([...this.#free].slice(count));
    if (isTimely) this.#try();
    this.#leaveTurn();
  }

  /** No task has any. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wanted = 0;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#trying;
    for (const gpu of this.#locks.keys()) this.#letGo(gpu);
    this.#leaveTurn();
  }

  #giveBack(idle: readonly number[]): void {
    if (idle.length === 0) return;
    this.#onChange(-idle.length);
    for (const gpu of idle) this.#letGo(gpu);
  }

  #letGo(gpu: number): void {
    this.#free.delete(gpu);
    this.#locks.get(gpu)?.release();
    this.#locks.delete(gpu);
  }

  #try(): void {
    this.#isDue = this.#trying !== null;
    if (this.#isDue || this.#wanted === 0 || this.#isClosed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#trying = this.#tryAll().finally(() => {
      this.#trying = null;
      if (this.#isDue) this.#try();
      this.#leaveTurn();
      if (this.#wanted > 0) this.#timer ??= setTimeout(() => this.#try(), AGAIN_MS);
    });
  }

  /** Not while we take some: those may have to wait. */
  #leaveTurn(): void {
    if (this.#turn === null || this.#trying !== null || this.#isShort()) return;
    this.#turn.release();
    this.#turn = null;
  }

  /** What we have is not enough, and we have waited for more, or hold some. */
  #isShort(): boolean {
    return this.#free.size < this.#wanted && (this.#free.size > 0 || !this.#isServed);
  }

  async #tryAll(): Promise<void> {
    this.#letGoOfRemoved();
    if (this.#free.size >= this.#wanted) return;
    const isOurTurn = await this.#takeTurn();
    this.#isRefused = !isOurTurn;
    if (!isOurTurn && !this.#isTurnAsleep()) return;
    await this.#takeFree();
    if (!isOurTurn && this.#isShort()) this.#giveBack([...this.#free]);
  }

  /** What is locked at a path where it is no more keeps nobody away. */
  #letGoOfRemoved(): void {
    if (this.#turn?.presence() === "removed") {
      this.#turn.release();
      this.#turn = null;
    }
    this.#giveBack([...this.#free].filter((gpu) => this.#locks.get(gpu)!.presence() === "removed"));
  }

  async #takeTurn(): Promise<boolean> {
    if (this.#turn !== null) return true;
    this.#isServed = false;
    this.#turn = await this.#lockAt(gpuTurnLock(this.#base), "the turn to take GPUs");
    return this.#turn !== null;
  }

  /** The process that has the turn is stopped (Ctrl-Z). */
  #isTurnAsleep(): boolean {
    const holder = lookAtHolder(gpuTurnLock(this.#base));
    const look = holder.answer === "yes" ? readProcess(holder.found.pid) : holder;
    return look.answer === "yes" && look.found.isStopped;
  }

  async #takeFree(): Promise<void> {
    for (const gpu of this.#numbers) {
      if (this.#locks.has(gpu) || this.#free.size >= this.#wanted) continue;
      const lock = await this.#lockOf(gpu);
      if (lock === null) {
        this.#isRefused = true;
        continue;
      }
      this.#locks.set(gpu, lock);
      this.#free.add(gpu);
      if (this.#isClosed) return this.#letGo(gpu);
      this.#onChange(1);
    }
  }

  /** Null if another engine has it, or a task that an engine has left behind. */
  async #lockOf(gpu: number): Promise<Lock | null> {
    const ours = await this.#lockAt(gpuLock(this.#base, gpu), `GPU ${gpu}`);
    if (ours === null) return null;
    const ofTask = await this.#lockAt(gpuTaskLock(this.#base, gpu), `GPU ${gpu}`);
    const isFree = ofTask !== null && !this.#isUsed(gpu);
    ofTask?.release();
    if (!isFree) ours.release();
    return isFree ? ours : null;
  }

  #isUsed(gpu: number): boolean {
    try {
      return certain(isInAnEnvironment(gpuVariable(this.#base, gpu).join("="))) !== null;
    } catch (error) {
      this.#say(gpuTaskLock(this.#base, gpu), error as Error);
      return true;
    }
  }

  async #lockAt(path: string, what: string): Promise<Lock | null> {
    try {
      ensurePrivateDirectory(devicesDir(this.#base));
      const lock = await takeLock(path, what);
      this.#said.delete(path);
      return lock;
    } catch (error) {
      if (!(error instanceof AirError && error.code === "AIR_LOCKED")) this.#say(path, error as Error);
      return null;
    }
  }

  /** Once for all tries that fail for it. */
  #say(path: string, error: Error): void {
    if (error.message === this.#said.get(path)) return;
    this.#said.set(path, error.message);
    this.#onTrouble(error);
  }
}
