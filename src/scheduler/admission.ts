/**
 * Which job may start the next attempt: of those that have something ready and are below their own limit, the one with the fewest
 * in flight; among equals, the one that has waited longest. So a job of 50,000 tasks does not starve one of three.
 *
 * Told by the scheduler and the dispatcher (`refresh`) whenever one of these figures changed. Knows no limit but the job's.
 */

import { IndexedHeap } from "./plan/indexed-heap.js";
import type { JobRun } from "./job-run.js";

export class Admission {
  readonly #slots = new Map<JobRun, number>();
  readonly #jobs: (JobRun | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  readonly #heap = new IndexedHeap((a, b) => isBefore(this.#jobs[a]!, this.#jobs[b]!));

  add(job: JobRun): void {
    const slot = this.#freeSlots.pop() ?? this.#jobs.length;
    this.#slots.set(job, slot);
    this.#jobs[slot] = job;
    this.refresh(job);
  }

  remove(job: JobRun): void {
    const slot = this.#slotOf(job);
    this.#heap.remove(slot);
    this.#slots.delete(job);
    this.#jobs[slot] = undefined;
    this.#freeSlots.push(slot);
  }

  /** The job whose turn it is, which stays; undefined if none may start anything. */
  first(): JobRun | undefined {
    const slot = this.#heap.first();
    return slot === undefined ? undefined : this.#jobs[slot];
  }

  refresh(job: JobRun): void {
    const slot = this.#slotOf(job);
    if (job.isHeld || !job.mayStart || job.plan.readyCount === 0 || job.slots >= job.limit) {
      this.#heap.remove(slot);
    } else if (this.#heap.has(slot)) {
      this.#heap.moved(slot);
    } else {
      this.#heap.push(slot);
    }
  }

  #slotOf(job: JobRun): number {
    const slot = this.#slots.get(job);
    if (slot === undefined) {
      throw new Error(`Internal error: job ${JSON.stringify(job.name)} is not admitted`);
    }
    return slot;
  }
}

function isBefore(a: JobRun, b: JobRun): boolean {
  return a.slots === b.slots ? a.servedAt < b.servedAt : a.slots < b.slots;
}
