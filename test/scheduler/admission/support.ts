/** Jobs as the admission sees them, whose tasks a test makes ready, starts and ends. What they take is counted anew from what runs. */

import assert from "node:assert/strict";
import type { Resources } from "../../../src/domain/resources.js";
import { Admission } from "../../../src/scheduler/admission/admission.js";
import type { Candidate, Holding } from "../../../src/scheduler/admission/queue.js";
import { ReadyQueues } from "../../../src/scheduler/plan/ready-queues.js";

export interface TrialTask {
  readonly resources: Resources;
  readonly priority: number;
}

export class TrialJob implements Candidate {
  readonly ready: ReadyQueues;
  readonly tasks: TrialTask[] = [];
  readonly waiting = new Set<number>();
  readonly running = new Map<number, Holding>();
  readonly pools: Resources;
  readonly limit: number;
  isOpen = true;

  constructor(options: { pools?: Resources; limit?: number; onCompare?: () => void } = {}) {
    const { pools = {}, limit = Infinity, onCompare = () => {} } = options;
    this.pools = pools;
    this.limit = limit;
    this.ready = new ReadyQueues({
      of: () => {
        onCompare();
        return 0;
      },
    });
  }

  get slots(): number {
    return this.running.size;
  }

  /** Gives the first one's number. */
  add(...tasks: readonly TrialTask[]): number {
    const from = this.tasks.length;
    this.ready.note(from, tasks);
    for (const task of tasks) {
      this.waiting.add(this.tasks.length);
      this.ready.push(this.tasks.push(task) - 1);
    }
    return from;
  }

  /** What its running tasks take of a pool. */
  taken(pool: string): number {
    return [...this.running.keys()].reduce((sum, task) => sum + (this.tasks[task]!.resources[pool] ?? 0), 0);
  }
}

/** An engine with its pools; nothing starts or ends unless it is told. */
export class Trial {
  readonly pools: Resources;
  readonly admission: Admission<TrialJob>;
  readonly jobs: TrialJob[] = [];
  time = 0;
  starts = 0;

  constructor(pools: Resources) {
    this.pools = pools;
    this.admission = new Admission(pools);
  }

  enter(job: TrialJob): TrialJob {
    this.jobs.push(job);
    this.admission.add(job);
    return job;
  }

  leave(job: TrialJob): void {
    this.jobs.splice(this.jobs.indexOf(job), 1);
    this.admission.remove(job);
  }

  add(job: TrialJob, ...tasks: readonly TrialTask[]): number {
    const first = job.add(...tasks);
    this.admission.refresh(job);
    return first;
  }

  /** Starts one task, if one may start. */
  start(): { readonly job: TrialJob; readonly task: number } | null {
    const queue = this.admission.pick();
    if (queue === null) return null;
    const { job, demand } = queue;
    const holding = this.admission.start(queue, this.time);
    const task = job.ready.take(demand);
    assert.ok(task !== undefined && job.waiting.delete(task), "what is picked is ready");
    job.running.set(task, holding);
    this.admission.refresh(job);
    this.starts += 1;
    this.check();
    return { job, task };
  }

  /** Starts all that may start. */
  startAll(): void {
    for (let each = this.start(); each !== null; each = this.start());
  }

  end(job: TrialJob, task: number): void {
    const holding = job.running.get(task);
    assert.ok(holding);
    job.running.delete(task);
    this.admission.give(job, holding);
    this.admission.refresh(job);
  }

  /** What all running tasks take of a pool of the engine. */
  taken(pool: string): number {
    return this.jobs.reduce((sum, job) => sum + job.taken(pool), 0);
  }

  /** True if it would fit into what is not taken: counted from scratch. */
  fits(job: TrialJob, { resources }: TrialTask): boolean {
    const small = 1e-9;
    return (
      job.running.size < job.limit &&
      Object.entries(resources).every(
        ([pool, amount]) =>
          this.taken(pool) + amount <= (this.pools[pool] ?? Infinity) + small &&
          job.taken(pool) + amount <= (job.pools[pool] ?? Infinity) + small,
      )
    );
  }

  check(): void {
    const small = 1e-9;
    for (const [pool, size] of Object.entries(this.pools))
      assert.ok(this.taken(pool) <= size + small, `${pool} is never above ${size}`);
    for (const job of this.jobs) {
      assert.ok(job.running.size <= job.limit, "the job's own limit holds");
      for (const [pool, size] of Object.entries(job.pools)) {
        assert.ok(job.taken(pool) <= size + small, `the job's own ${pool} is never above ${size}`);
      }
    }
  }
}

/** A task that takes this, and one cpu unless it says otherwise. */
export function takes(resources: Resources = {}, priority = 0): TrialTask {
  return { resources: { cpu: 1, ...resources }, priority };
}
