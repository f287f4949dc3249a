/**
 * Looks after each pass of the dispatcher which limits hold jobs back, and has it recorded when that is over. Only at jobs to which something
 * has happened: one that merely waits still waits for the same. Decides nothing.
 */

import type { HeldBack, Hold, Holder } from "../domain/held-back.js";
import type { Clock } from "../domain/ports.js";
import type { Admission } from "./admission/admission.js";
import type { Obstacle } from "./admission/hold-ups.js";
import type { InFlight } from "./in-flight.js";
import type { JobRun } from "./job-run.js";

/** Of those that take of a pool, so many are named. */
const MOST_HOLDERS = 5;

export class HoldUpWatch {
  readonly #admission: Admission<JobRun>;
  readonly #inFlight: InFlight;
  readonly #clock: Clock;
  readonly #touched = new Set<JobRun>();

  constructor(admission: Admission<JobRun>, inFlight: InFlight, clock: Clock) {
    this.#admission = admission;
    this.#inFlight = inFlight;
    this.#clock = clock;
  }

  touch(job: JobRun): void {
    this.#touched.add(job);
  }

  /** The job is over: gives what there is still to record. */
  end(job: JobRun): HeldBack[] {
    this.#touched.delete(job);
    return job.holdUps.look([], this.#clock.now(), () => ({ task: "", holders: [] }));
  }

  /** What holds a job back now, and who has it by now. Costs as much as runs. */
  now(job: JobRun): Hold[] {
    const obstacles = this.#admission.obstaclesOf(job);
    return job.holdUps.open.map((hold) => {
      const now = obstacles.find(({ pool, isOwn }) => pool === hold.pool && isOwn === hold.isOwn);
      if (now === undefined) return hold;
      const isSlots = now.pool === "cpu" && !now.isOwn;
      return { ...hold, ...now, ...this.#complete(job, now), ...(isSlots && { holders: this.#otherJobs(job) }) };
    });
  }

  /** @param onFault hears of a job whose handling failed */
  record(onRecorded: (job: JobRun, events: readonly HeldBack[]) => void, onFault: (job: JobRun, error: unknown) => void): void {
    for (const job of this.#touched) {
      try {
        const over = this.#lookAt(job);
        if (over.length === 0) continue;
        job.ports.recorder.record(over);
        onRecorded(job, over);
      } catch (error) {
        onFault(job, error);
      }
    }
    this.#touched.clear();
  }

  #lookAt(job: JobRun): HeldBack[] {
    const complete = (obstacle: Obstacle): Pick<Hold, "task" | "holders"> => this.#complete(job, obstacle);
    return job.holdUps.look(this.#admission.obstaclesOf(job), this.#clock.now(), complete);
  }

  #complete(job: JobRun, { pool, isOwn, task }: Obstacle): Pick<Hold, "task" | "holders"> {
    // Who has the slots shows in what runs.
    const holders = pool === "cpu" || pool === "concurrency" ? [] : this.#holdersOf(pool, isOwn ? job : undefined);
    return { task: job.plan.taskAt(task).id, holders };
  }

  /** How many slots other jobs have. */
  #otherJobs(than: JobRun): Holder[] {
    const amounts = new Map<string, number>();
    for (const { job, holding } of this.#inFlight.all()) {
      const amount = holding?.demand["cpu"] ?? 0;
      if (job !== than && amount > 0) amounts.set(job.name, (amounts.get(job.name) ?? 0) + amount);
    }
    return largest([...amounts].map(([job, amount]) => ({ job, task: null, amount })));
  }

  #holdersOf(pool: string, of: JobRun | undefined): Holder[] {
    const holders: Holder[] = [];
    for (const { job, task, holding } of this.#inFlight.all(of)) {
      const amount = holding?.demand[pool] ?? 0;
      if (amount > 0) holders.push({ job: job.name, task: job.plan.taskAt(task).id, amount });
    }
    return largest(holders);
  }
}

function largest(holders: readonly Holder[]): Holder[] {
  return holders.toSorted((a, b) => b.amount - a.amount).slice(0, MOST_HOLDERS);
}
