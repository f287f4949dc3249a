/**
 * A job as its events tell it, put together in the plainest way: what the simulation compares the scheduler with, and what it
 * gives to the next scheduler after a crash.
 */

import assert from "node:assert/strict";
import type { JobEvent } from "../../../src/domain/events.js";
import type { RecordedAttempt, JobSettings, LoadedJob } from "../../../src/domain/job.js";
import type { Outcome } from "../../../src/domain/outcome.js";
import { DEFAULT_RESOURCES } from "../../../src/domain/resources.js";
import type { TaskRecord, TaskSpec } from "../../../src/domain/task.js";
import { isFinal } from "../../../src/domain/task.js";
import { record } from "./jobs.js";

/** Fractions are added up here as they come. */
const SMALL = 1e-9;

export interface Entry {
  readonly task: TaskSpec;
  readonly record: TaskRecord;
  inFlight: RecordedAttempt | null;
  retryAt: number | null;
  failures: number;
  losses: number;
  isHarmless: boolean;
}

export class Model {
  readonly entries = new Map<string, Entry>();
  isCancelling = false;
  /** Its `job-ended`, once it is there. */
  ended: string | null = null;
  readonly #name: string;
  readonly #settings: JobSettings;

  constructor(name: string, settings: JobSettings, tasks: readonly TaskSpec[]) {
    this.#name = name;
    this.#settings = settings;
    this.#add(tasks);
  }

  get inFlight(): Entry[] {
    return [...this.entries.values()].filter((entry) => entry.inFlight !== null);
  }

  /** Those that wait behind no other in their slots. */
  get running(): Entry[] {
    return this.inFlight.filter((entry) => entry.inFlight?.isQueued === false);
  }

  /** What those take of a pool, together. */
  taken(pool: string): number {
    return this.running.reduce((sum, { inFlight }) => sum + (inFlight?.takes[pool] ?? 0), 0);
  }

  /** True if it would fit beside them into the job's own pools. */
  hasRoomFor({ resources }: TaskSpec): boolean {
    const { pools, concurrency } = this.#settings;
    const fits = Object.entries(resources).every(
      ([pool, amount]) => this.taken(pool) + amount <= (pools[pool] ?? Infinity) + SMALL,
    );
    return fits && this.running.length < (concurrency ?? Infinity);
  }

  /** Whether its own limits hold. */
  get isWithinLimits(): boolean {
    const { pools, concurrency } = this.#settings;
    const fits = Object.entries(pools).every(([pool, size]) => this.taken(pool) <= size + SMALL);
    return fits && this.running.length <= (concurrency ?? Infinity);
  }

  get failed(): Entry[] {
    return [...this.entries.values()].filter((entry) => entry.record.status === "failed");
  }

  /** Past the failure limit, or cancelled. */
  get isBarred(): boolean {
    return this.isCancelling || this.failed.length >= (this.#settings.maxFailures ?? Infinity);
  }

  entry(id: string): Entry {
    const found = this.entries.get(id);
    assert.ok(found, `there is a task ${id}`);
    return found;
  }

  /** Takes an event, after checking that it may happen. */
  apply(event: JobEvent): void {
    assert.equal(this.ended, null, "nothing happens after the end of a job");
    switch (event.type) {
      case "tasks-added":
        return this.#add(event.tasks);
      case "attempt-started": {
        const entry = this.entry(event.task);
        assert.equal(entry.inFlight, null, "no two attempts of a task at once");
        assert.equal(entry.record.status, "pending");
        assert.equal(event.attempt, entry.record.attempts + 1);
        assert.ok(!this.isBarred, "nothing starts past the limit or when cancelled");
        assert.ok(this.mayRun(entry), `${event.task} starts as its trigger rule asks`);
        assert.ok(entry.retryAt === null || entry.retryAt <= event.at, "the delay is kept");
        const { task, attempt, claim, key, takes = DEFAULT_RESOURCES } = event;
        const isQueued = event.queued === true;
        entry.inFlight = { task, attempt, startedAt: event.at, claim, key, takes, isQueued, stopping: null };
        assert.deepEqual(takes, isQueued ? DEFAULT_RESOURCES : entry.task.resources, "it takes what it asked for");
        Object.assign(entry.record, { status: "running", attempts: attempt, startedAt: event.at });
        entry.retryAt = null;
        return;
      }
      case "attempt-begun": {
        const entry = this.entry(event.task);
        assert.ok(entry.inFlight?.isQueued, "an attempt leaves its queue once");
        assert.equal(entry.inFlight.attempt, event.attempt);
        entry.inFlight = { ...entry.inFlight, isQueued: false };
        return;
      }
      case "attempt-stopping": {
        const entry = this.entry(event.task);
        const { inFlight } = entry;
        const isCancel = event.reason === "cancel" && inFlight?.stopping?.isCancelled !== true;
        assert.ok(inFlight?.stopping === null || isCancel, "an attempt is stopped once, and once more for its task is cancelled");
        assert.equal(inFlight?.attempt, event.attempt);
        const first = inFlight.stopping ?? { reason: event.reason, at: event.at };
        entry.inFlight = { ...inFlight, stopping: isCancel ? { ...first, isCancelled: true } : first };
        return;
      }
      case "attempt-ended":
        return this.#end(event);
      case "task-ended": {
        const entry = this.entry(event.task);
        assert.equal(entry.record.status, "pending", "only what is pending ends without an attempt");
        if (event.status === "skipped" && !this.isBarred) {
          this.#checkSkip(entry, event.error, event.isHarmless);
        }
        entry.isHarmless = event.isHarmless;
        Object.assign(entry.record, { status: event.status, completedAt: event.at, error: event.error });
        return;
      }
      case "tasks-reset":
        for (const id of event.tasks) {
          const entry = this.entry(id);
          assert.ok(isFinal(entry.record.status), "only what has ended is reset");
          Object.assign(entry, { retryAt: null, failures: 0, losses: 0, isHarmless: false });
          Object.assign(entry.record, { status: "pending", completedAt: null, error: null });
        }
        return;
      case "job-cancelling":
        assert.equal(this.isCancelling, false);
        this.isCancelling = true;
        return;
      case "job-interrupted":
        assert.deepEqual(this.inFlight, []);
        return;
      case "job-ended": {
        const statuses = Array.from(this.entries.values(), (entry) => entry.record.status);
        assert.ok(statuses.every(isFinal), "a job ends when all its tasks have");
        const hasTrouble = statuses.includes("failed") || statuses.includes("cancelled");
        assert.equal(event.state, this.isCancelling ? "cancelled" : hasTrouble ? "failed" : "completed");
        this.ended = event.state;
        return;
      }
      case "held-back":
        assert.ok(event.at - event.since >= 1000);
        return;
      case "job-taken":
      case "settings-changed":
      case "job-taken-up":
      case "attempt-outlived":
      case "records-restored":
      case "job-restored":
      case "history-restored":
      case "edits-ignored":
        assert.fail(`${event.type} is the store's to say`);
    }
  }

  /** Whether its dependencies allow a task to run. */
  mayRun({ task }: Entry): boolean {
    const dependencies = task.dependencies.map((id) => this.entry(id));
    if (task.triggerRule === "all_success") {
      return dependencies.every((entry) => entry.record.status === "completed");
    }
    const haveEnded = dependencies.every((entry) => isFinal(entry.record.status));
    return haveEnded && (task.triggerRule === "all_done" || dependencies.some(isTrouble));
  }

  /** Whether its dependencies forbid a task ever to run. */
  cantRun(entry: Entry): boolean {
    const dependencies = entry.task.dependencies.map((id) => this.entry(id));
    if (entry.task.triggerRule === "all_success" && dependencies.some(isTrouble)) return true;
    return dependencies.every(({ record: { status } }) => isFinal(status)) && !this.mayRun(entry);
  }

  /** Tasks that could start now if there were room. */
  ready(now: number): Entry[] {
    const isReady = (entry: Entry): boolean =>
      entry.record.status === "pending" && (entry.retryAt ?? now) <= now && this.mayRun(entry) && !this.isBarred;
    return [...this.entries.values()].filter(isReady);
  }

  load(): LoadedJob {
    const entries = [...this.entries.values()];
    const mapOf = (value: (entry: Entry) => number | null): Map<string, number> =>
      new Map(entries.flatMap((entry) => (value(entry) ? [[entry.task.id, value(entry)!]] : [])));
    return {
      name: this.#name,
      settings: this.#settings,
      tasks: entries.map(({ task }) => task),
      records: entries.map((entry) => ({ ...entry.record })),
      inFlight: entries.flatMap(({ inFlight }) => inFlight ?? []),
      retryAt: mapOf(({ retryAt }) => retryAt),
      losses: mapOf(({ losses }) => losses),
      apart: new Set(),
      failures: mapOf(({ failures }) => failures),
      harmless: new Set(entries.filter(({ isHarmless }) => isHarmless).map(({ task }) => task.id)),
      isCancelling: this.isCancelling,
    };
  }

  #add(tasks: readonly TaskSpec[]): void {
    for (const task of tasks) {
      assert.ok(!this.entries.has(task.id));
      const entry = { task, record: record(), inFlight: null, retryAt: null, failures: 0, losses: 0, isHarmless: false };
      this.entries.set(task.id, entry);
    }
  }

  #end({ task: id, attempt, outcome, status, error, retryAt, at }: Extract<JobEvent, { type: "attempt-ended" }>): void {
    const entry = this.entry(id);
    assert.equal(entry.inFlight?.attempt, attempt, "an attempt ends once");
    if (outcome.stopped !== undefined) {
      assert.equal(outcome.stopped, entry.inFlight.stopping?.reason, "the reason is on record");
    }
    if (isFailure(outcome)) {
      entry.failures += 1;
      assert.ok(entry.failures <= entry.task.retries + 1, "no more retries than allowed");
    } else if (outcome.kind === "lost" && outcome.stopped === undefined) {
      entry.losses += 1;
      assert.ok(entry.losses <= 4);
    }
    entry.inFlight = null;
    entry.retryAt = retryAt;
    entry.record.status = status;
    entry.record.error = error;
    entry.record.attempts = outcome.kind === "not-begun" ? attempt - 1 : attempt;
    if (isFinal(status)) {
      entry.record.completedAt = at;
    }
  }

  #checkSkip(entry: Entry, error: string, isHarmless: boolean): void {
    assert.ok(this.cantRun(entry), `${entry.task.id} is skipped only if it can't run`);
    const blamed = entry.task.dependencies.filter((id) => error.startsWith(`dependency "${id}" `)).map((id) => this.entry(id));
    if (entry.task.triggerRule === "any_failed") {
      assert.ok(isHarmless && blamed.length === 0);
    } else {
      assert.equal(blamed.length, 1, `one dependency of ${entry.task.id} is blamed: ${error}`);
      assert.ok(isFinal(blamed[0]!.record.status) && blamed[0]!.record.status !== "completed");
      const isHarmed = entry.task.dependencies.some((id) => isTrouble(this.entry(id)));
      assert.deepEqual([isHarmless, blamed[0]!.isHarmless], [!isHarmed, !isHarmed], "whatever ended first");
    }
  }
}

function isTrouble(entry: Entry): boolean {
  return isFinal(entry.record.status) && entry.record.status !== "completed" && !entry.isHarmless;
}

function isFailure(outcome: Outcome): boolean {
  if (outcome.kind === "not-begun" || outcome.stopped === "cancel" || outcome.stopped === "interrupt") {
    return false;
  }
  return outcome.stopped === "timeout" || (outcome.kind !== "lost" && !(outcome.kind === "exited" && outcome.exitCode === 0));
}
