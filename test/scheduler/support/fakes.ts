/** Stand-ins for the ports of the scheduler, which a test steers: nothing happens in them by itself. */

import assert from "node:assert/strict";
import type { AttemptStarted, JobEvent } from "../../../src/domain/events.js";
import type { Result } from "../../../src/domain/outcome.js";
import {
  NO_SLOT,
  type Begun,
  type Clock,
  type Descriptor,
  type DevicePort,
  type OrphanedAttempt,
  type Placement,
  type Recorder,
  type Report,
  type RunnerQueue,
  type TaskRunner,
} from "../../../src/domain/ports.js";
import type { Resources } from "../../../src/domain/resources.js";
import type { TaskSpec } from "../../../src/domain/task.js";

export const SUCCESS: Result = { kind: "exited", exitCode: 0 };

export class FakeClock implements Clock {
  time = 1_000;
  /** Wall time is that much ahead of monotonic time. */
  skew = 1_700_000_000_000;

  now(): number {
    return this.time + this.skew;
  }

  monotonic(): number {
    return this.time;
  }
}

/** Attempts that it was given, by key, until the test says how they ended. */
export class FakeRunner implements TaskRunner {
  readonly running = new Map<number, Descriptor | OrphanedAttempt>();
  /** Every call of `start`, by task ids. */
  readonly starts: string[][] = [];
  readonly stops: { key: number; task: string; graceMs: number; needsEnd: boolean }[] = [];
  /** True after `keep`. */
  isKept = false;
  /** Called at the beginning of `stop`, with the attempt that is to be stopped. */
  onStop: (attempt: Descriptor | OrphanedAttempt) => void = () => {};
  /** Called at the end of `start`. */
  onStart: () => void = () => {};
  /** How long its slots are there. */
  leftMs = Infinity;
  /** The limit of each task for which a slot was asked. */
  readonly limits: (number | null)[] = [];
  readonly #slots: number;
  readonly #claim: string;
  readonly #taken = new Set<number>();
  readonly #slotsByKey = new Map<number, number>();
  /** How many attempts each slot has. */
  readonly #loads = new Map<number, number>();
  #handler: (reports: readonly Report[]) => void = () => {};
  #begunHandler: (begun: readonly Begun[]) => void = () => {};

  constructor(slots: number, claim = "claim") {
    this.#slots = slots;
    this.#claim = claim;
  }

  get freeSlots(): number {
    return this.#slots - this.#taken.size;
  }

  /** How many slots have something to run, adopted attempts aside. */
  get busySlots(): number {
    return new Set(this.#slotsByKey.values()).size;
  }

  async open(): Promise<void> {}

  warm(): void {}

  knows(): boolean {
    return true;
  }

  keep(): void {
    this.isKept = true;
  }

  leave(): void {}

  reclaim(): void {}

  reserve(_takes?: Resources, _ready?: number, _isApart?: boolean, limitMs: number | null = null): Placement | undefined {
    this.limits.push(limitMs);
    for (let slot = 0; slot < this.#slots; slot++) {
      if (!this.#taken.has(slot)) {
        this.#taken.add(slot);
        return { slot, claim: `${this.#claim}-${slot}`, leftMs: this.leftMs };
      }
    }
    return undefined;
  }

  release(slot: number): void {
    assert.ok(this.#taken.delete(slot), `slot ${slot} was not taken`);
  }

  start(attempts: readonly Descriptor[]): void {
    this.starts.push(attempts.map(({ task }) => task));
    for (const attempt of attempts) {
      assert.ok(!this.running.has(attempt.key), "keys are unique");
      this.running.set(attempt.key, attempt);
      if (attempt.slot === NO_SLOT) continue;
      assert.ok(this.#taken.has(attempt.slot), "a slot is reserved before it is used");
      this.#slotsByKey.set(attempt.key, attempt.slot);
      this.#loads.set(attempt.slot, (this.#loads.get(attempt.slot) ?? 0) + 1);
    }
    this.onStart();
  }

  adopt(attempts: readonly OrphanedAttempt[]): void {
    for (const attempt of attempts) {
      assert.ok(!this.running.has(attempt.key), "keys are unique");
      this.running.set(attempt.key, attempt);
    }
  }

  stop(key: number, graceMs: number, needsEnd = false): void {
    const attempt = this.running.get(key);
    assert.ok(attempt, "only what runs is stopped");
    this.onStop(attempt);
    this.stops.push({ key, task: attempt.task, graceMs, needsEnd });
  }

  onReports(handler: (reports: readonly Report[]) => void): void {
    this.#handler = handler;
  }

  onBegun(handler: (begun: readonly Begun[]) => void): void {
    this.#begunHandler = handler;
  }

  tellBegun(begun: readonly Begun[]): void {
    this.#begunHandler(begun);
  }

  async close(): Promise<void> {}

  /** Ids of the tasks of which an attempt runs, in the order of their starts. */
  get tasks(): string[] {
    return Array.from(this.running.values(), ({ task }) => task);
  }

  keyOf(task: string): number {
    const found = [...this.running.values()].find((attempt) => attempt.task === task);
    assert.ok(found, `no attempt of ${task} runs`);
    return found.key;
  }

  /** Reports ends in one batch. */
  report(reports: readonly Report[]): void {
    for (const { key } of reports) {
      assert.ok(this.running.delete(key), "an attempt ends once");
      const slot = this.#slotsByKey.get(key);
      if (slot !== undefined) {
        this.#slotsByKey.delete(key);
        const load = this.#loads.get(slot)! - 1;
        this.#loads.set(slot, load);
        if (load === 0) this.release(slot);
      }
    }
    this.#handler(reports);
  }

  /** Ends the attempts of tasks, in one batch. */
  end(
    tasks: readonly string[],
    result: Result = SUCCESS,
    options: { at?: number; begunAt?: number; wasStopped?: boolean; isUnread?: true; isInShutdown?: true } = {},
  ): void {
    const { wasStopped = false, ...times } = options;
    this.report(tasks.map((task) => ({ key: this.keyOf(task), at: 0, ...times, result, wasStopped })));
  }
}

/** One whose slots have one queue. What waits there begins when the test has ended what was before it, and that is told at once. */
export class FakeQueueRunner extends FakeRunner {
  readonly queue: RunnerQueue;
  /** False to keep quiet about what begins, as a runner does of what ends soon. */
  tellsBegun = true;
  /** How often all that waits was taken back. */
  recalls = 0;
  /** Keys, in order. */
  readonly #waiting = new Set<number>();
  readonly #returning = new Set<number>();
  readonly #begun = new Set<number>();
  /** What was handed over ahead and has not ended. Meanwhile there are only as many slots as the queue is wide. */
  readonly #ahead = new Set<number>();
  readonly #slotCount: number;

  constructor(width: number, claim?: string, slots = width) {
    super(slots, claim);
    this.#slotCount = slots;
    const isAlone = (): boolean => [...this.running.values()].every((attempt) => "slot" in attempt);
    this.queue = {
      width,
      get isOpen() {
        return isAlone();
      },
      place: () => ({ slot: NO_SLOT, claim: `${claim ?? "claim"}-queue` }),
      recall: () => {
        this.recalls += 1;
        for (const key of this.#waiting) this.#returning.add(key);
        this.#waiting.clear();
      },
    };
  }

  /** Tasks that wait, and are not on their way back. */
  get waiting(): string[] {
    return Array.from(this.#waiting, (key) => this.running.get(key)!.task);
  }

  /** Tasks on their way back. */
  get returning(): string[] {
    return Array.from(this.#returning, (key) => this.running.get(key)!.task);
  }

  override start(attempts: readonly Descriptor[]): void {
    for (const { key, slot } of attempts) {
      if (slot === NO_SLOT) {
        this.#waiting.add(key);
        this.#ahead.add(key);
      } else this.#begun.add(key);
    }
    super.start(attempts);
    const room = this.#ahead.size > 0 ? this.queue.width : this.#slotCount;
    assert.ok(this.#begun.size <= room || !this.queue.isOpen, "no more is handed over than fits, but for what waits");
  }

  override report(reports: readonly Report[]): void {
    for (const { key } of reports) {
      for (const keys of [this.#waiting, this.#returning, this.#begun, this.#ahead]) keys.delete(key);
    }
    super.report(reports);
    this.beginNext();
  }

  /** What waits begins as long as there is room. */
  beginNext(): void {
    const begun: Begun[] = [];
    for (const key of this.#waiting) {
      if (this.#begun.size >= this.queue.width) break;
      this.#waiting.delete(key);
      this.#begun.add(key);
      begun.push({ key, at: 1 });
    }
    if (begun.length > 0 && this.tellsBegun) this.tellBegun(begun);
  }
}

/** A record in memory, in calls and events. */
export class FakeRecorder implements Recorder {
  readonly events: JobEvent[] = [];
  readonly calls: (readonly JobEvent[])[] = [];
  ready = true;
  acceptsStarts = true;

  record(events: readonly JobEvent[]): void {
    this.calls.push(events);
    this.events.push(...events);
  }

  recordStarts(events: readonly AttemptStarted[]): boolean {
    if (this.acceptsStarts) {
      this.events.push(...events);
    }
    return this.acceptsStarts;
  }

  isReady(): boolean {
    return this.ready;
  }
}

export function describe(job: string): (task: TaskSpec, attempt: number, key: number, placement: Placement) => Descriptor {
  return ({ id, command, args, env }, attempt, key, { slot }) => {
    const log = `/logs/${id}.log`;
    const files = { stdin: null, log, errorLog: null, earlierLog: null, earlierErrorLog: null };
    return {
      key,
      slot,
      job,
      run: "",
      task: id,
      attempt,
      command,
      args,
      cwd: "/",
      env,
      jobEnv: {},
      ...files,
      limitMs: null,
      graceMs: 0,
    };
  };
}

/** Where no task takes a device. */
export const NO_DEVICES: DevicePort = { take: () => assert.fail("there are none"), give: () => {}, want: () => {} };
