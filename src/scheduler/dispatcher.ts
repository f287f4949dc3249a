/**
 * Starts what may start: chooses ready tasks while there is room, has their starts recorded, and hands them to the runner, all in
 * one go for all that may start now.
 *
 * Called by the scheduler, once for each batch of things that happened. It never waits: what can't start now is tried in the next
 * pass.
 */

import type { AttemptStarted } from "../domain/events.js";
import type { Clock, Descriptor, Placement, TaskRunner } from "../domain/ports.js";
import { Admission } from "./admission.js";
import type { Attempt, InFlight } from "./in-flight.js";
import type { JobRun } from "./job-run.js";

/** Attempts of one job that are about to start; the index is the same in all three. */
interface Batch {
  readonly attempts: Attempt[];
  readonly placements: Placement[];
  readonly starts: AttemptStarted[];
}

export class Dispatcher {
  readonly #runner: TaskRunner;
  readonly #clock: Clock;
  readonly #inFlight: InFlight;
  readonly #admission = new Admission();
  /** Jobs whose recorder took no starts when it was asked last. */
  readonly #held: JobRun[] = [];
  #choices = 0;
  #lastKey = 0;

  constructor(runner: TaskRunner, clock: Clock, inFlight: InFlight) {
    this.#runner = runner;
    this.#clock = clock;
    this.#inFlight = inFlight;
  }

  add(job: JobRun): void {
    this.#admission.add(job);
  }

  remove(job: JobRun): void {
    this.#admission.remove(job);
    if (job.isHeld) {
      this.#held.splice(this.#held.indexOf(job), 1);
    }
  }

  /** The ready tasks of a job, or the number of its attempts in flight, have changed. */
  refresh(job: JobRun): void {
    this.#admission.refresh(job);
  }

  /** A number for a new attempt. */
  nextKey(): number {
    return ++this.#lastKey;
  }

  /** Starts attempts until so many are in flight. `onStarted` hears of the starts on record, job by job. */
  dispatch(ceiling: number, onStarted: (job: JobRun, starts: readonly AttemptStarted[]) => void): void {
    for (const job of this.#held.splice(0)) {
      job.isHeld = false;
      this.#admission.refresh(job);
    }
    const descriptors: Descriptor[] = [];
    let wasRefused = true;
    // A job that is refused is held, and leaves its room to the others.
    while (wasRefused) {
      wasRefused = false;
      for (const [job, batch] of this.#choose(ceiling - this.#inFlight.size)) {
        if (job.ports.recorder.recordStarts(batch.starts)) {
          this.#start(job, batch, descriptors);
          onStarted(job, batch.starts);
        } else {
          this.#putBack(job, batch);
          wasRefused = true;
        }
      }
    }
    if (descriptors.length > 0) {
      this.#runner.start(descriptors);
    }
  }

  /** Takes up to `room` ready tasks out of their plans. */
  #choose(room: number): Map<JobRun, Batch> {
    const batches = new Map<JobRun, Batch>();
    let left = room;
    while (left > 0) {
      const job = this.#admission.first();
      if (job === undefined) {
        break;
      }
      if (!job.ports.recorder.isReady()) {
        this.#hold(job);
        continue;
      }
      const placement = this.#runner.reserve();
      if (placement === undefined) {
        break;
      }
      let batch = batches.get(job);
      if (batch === undefined) {
        batch = { attempts: [], placements: [], starts: [] };
        batches.set(job, batch);
      }
      this.#take(job, batch, placement);
      left -= 1;
    }
    return batches;
  }

  #take(job: JobRun, batch: Batch, placement: Placement): void {
    const task = job.plan.takeReady();
    if (task === undefined) {
      throw new Error(`Internal error: job ${JSON.stringify(job.name)} was admitted with nothing ready`);
    }
    const key = this.nextKey();
    batch.attempts.push({ key, job, task, reason: null, isAdopted: false, wasStoppedBefore: false, ticket: null });
    batch.placements.push(placement);
    batch.starts.push({
      type: "attempt-started",
      at: this.#clock.now(),
      task: job.plan.taskAt(task).id,
      attempt: job.plan.attemptsOf(task) + 1,
      spool: placement.spool,
      key,
    });
    job.running += 1;
    job.servedAt = ++this.#choices;
    this.#admission.refresh(job);
  }

  #start(job: JobRun, { attempts, placements, starts }: Batch, descriptors: Descriptor[]): void {
    const now = this.#clock.monotonic();
    for (const [place, attempt] of attempts.entries()) {
      const spec = job.plan.taskAt(attempt.task);
      job.plan.start(attempt.task);
      this.#inFlight.add(attempt, spec.timeoutMs === null ? null : now + spec.timeoutMs);
      descriptors.push(job.ports.describe(spec, starts[place]!.attempt, attempt.key, placements[place]!));
    }
  }

  #putBack(job: JobRun, { attempts, placements }: Batch): void {
    placements.forEach(({ slot }) => this.#runner.release(slot));
    attempts.forEach(({ task }) => job.plan.putBack(task));
    job.running -= attempts.length;
    this.#hold(job);
  }

  #hold(job: JobRun): void {
    if (!job.isHeld) {
      job.isHeld = true;
      this.#held.push(job);
    }
    this.#admission.refresh(job);
  }
}
