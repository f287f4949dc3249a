/**
 * The runner of this machine: a Piscina pool whose threads keep lanes, small shells that start the tasks' subprocesses.
 *
 * Driven by the composition root and the scheduler, on the main thread. It knows slots and keys, and nothing of how a task runs or why.
 * The number of threads is fixed and none is ever ended while it has children: their exits would never be seen.
 */

import { MessageChannel } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";

import type { Descriptor, OrphanedAttempt, Placement, Report, TaskRunner } from "../domain/ports.js";
import type { WorkerCommand, WorkerMessage, WorkerSetup } from "./messages.js";
import { engineToken, leftSpools } from "./engine-token.js";
import { takeThreads } from "./threads.js";
import { isSpoolName, lanesDirectoryOf, makeLanesDirectory, spoolName } from "./spool.js";

export interface PoolOptions {
  /** Absolute path of the directory that holds the jobs (`.air-executor`). It exists; spools are kept in its `lanes/`. */
  readonly directory: string;
  /** Attempts at once. */
  readonly concurrency: number;
  /** The shell to make lanes of, an absolute path. Default: dash if the machine has it, else /bin/sh. */
  readonly shell?: string;
}

/** One thread keeps up with eight lanes; more threads than two only take the tasks' time. */
const SLOTS_OF_ONE_THREAD = 8;

/** The thread that adopts. */
const FIRST = 0;

export class Pool implements TaskRunner {
  readonly #options: PoolOptions;
  readonly #token = engineToken();
  readonly #taken: Uint8Array;
  /** How many attempts each slot has. */
  readonly #load: Uint16Array;
  /** No slot below this one is free. */
  #lowest = 0;
  readonly #slotOfKey = new Map<number, number>();
  #keepsSpools = false;
  #ports: MessagePort[] = [];
  #handler: (reports: readonly Report[]) => void = () => {};
  #closeThreads: () => Promise<void> = async () => {};

  /** Does nothing yet: `open` loads Piscina and starts the threads. */
  constructor(options: PoolOptions) {
    this.#options = options;
    this.#taken = new Uint8Array(options.concurrency);
    this.#load = new Uint16Array(options.concurrency);
  }

  async open(): Promise<void> {
    const { directory, concurrency, shell = null } = this.#options;
    const lanesDirectory = lanesDirectoryOf(directory);
    makeLanesDirectory(lanesDirectory);
    const piscina = await takeThreads();
    const threads = concurrency > SLOTS_OF_ONE_THREAD ? 2 : 1;
    const lives: Promise<unknown>[] = [];
    for (let thread = 0; thread < threads; thread += 1) {
      const { port1, port2 } = new MessageChannel();
      port1.on("message", (reports: WorkerMessage) => this.#receive(reports));
      this.#ports.push(port1);
      const setup: WorkerSetup = { port: port2, directory, lanesDirectory, token: this.#token, shell };
      const life = piscina.run(setup, { transferList: [port2] });
      // A thread that fails is a fault in this program, and its attempts are left to adoption: end as uncaught, not in silence.
      life.catch((error: unknown) =>
        queueMicrotask(() => {
          throw error;
        }),
      );
      lives.push(life);
    }
    this.#closeThreads = async () => {
      await Promise.all(lives);
      await piscina.destroy();
    };
  }

  /** Starts the lanes of that many slots. */
  warm(count: number): void {
    const slots: number[][] = this.#ports.map(() => []);
    for (let slot = 0; slot < Math.min(count, this.#taken.length); slot += 1) slots[this.#thread(slot)]?.push(slot);
    slots.forEach((ofThread, thread) => {
      if (ofThread.length > 0) this.#send(thread, { type: "warm", slots: ofThread });
    });
  }

  reserve(): Placement | undefined {
    const slot = this.#taken.indexOf(0, this.#lowest);
    if (slot === -1) {
      this.#lowest = this.#taken.length;
      return undefined;
    }
    this.#taken[slot] = 1;
    this.#lowest = slot + 1;
    return { slot, claim: spoolName(this.#token, slot) };
  }

  release(slot: number): void {
    this.#taken[slot] = 0;
    this.#lowest = Math.min(this.#lowest, slot);
  }

  start(attempts: readonly Descriptor[]): void {
    const ofThread: Descriptor[][] = this.#ports.map(() => []);
    for (const descriptor of attempts) {
      this.#slotOfKey.set(descriptor.key, descriptor.slot);
      this.#load[descriptor.slot]! += 1;
      ofThread[this.#thread(descriptor.slot)]?.push(descriptor);
    }
    ofThread.forEach((batch, thread) => {
      if (batch.length > 0) this.#send(thread, { type: "start", attempts: batch });
    });
  }

  adopt(attempts: readonly OrphanedAttempt[]): void {
    this.#send(FIRST, { type: "adopt", attempts });
  }

  stop(key: number, graceMs: number): void {
    const slot = this.#slotOfKey.get(key);
    this.#send(slot === undefined ? FIRST : this.#thread(slot), { type: "stop", key, graceMs });
  }

  onReports(handler: (reports: readonly Report[]) => void): void {
    this.#handler = handler;
  }

  knows(claim: string): boolean {
    return isSpoolName(claim);
  }

  /** Claims are spools. */
  reclaim(findNeeded: () => ReadonlySet<string> | null): void {
    if (this.#ports.length === 0) return;
    // First who is dead, then who needs what: the dead can't be named anew.
    const left = leftSpools(this.#options.directory);
    const needed = left.length === 0 ? null : findNeeded();
    if (needed !== null) this.#send(FIRST, { type: "forget", spools: left.filter((name) => !needed.has(name)) });
  }

  keep(): void {
    this.#keepsSpools = true;
  }

  async close(): Promise<void> {
    const keepsSpools = this.#keepsSpools;
    this.#ports.forEach((_, thread) => this.#send(thread, { type: "close", keepsSpools }));
    await this.#closeThreads();
    for (const port of this.#ports) port.close();
    this.#ports = [];
  }

  #thread(slot: number): number {
    return slot % this.#ports.length;
  }

  #send(thread: number, command: WorkerCommand): void {
    const port = this.#ports[thread];
    if (port === undefined) throw new Error("Internal error: the pool is not open");
    port.postMessage(command);
  }

  #receive(reports: readonly Report[]): void {
    for (const { key } of reports) {
      const slot = this.#slotOfKey.get(key);
      // Adopted attempts have none.
      if (slot === undefined) continue;
      this.#slotOfKey.delete(key);
      this.#load[slot]! -= 1;
      if (this.#load[slot] === 0) this.release(slot);
    }
    this.#handler(reports);
  }
}
