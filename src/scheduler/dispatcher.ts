/**
 * Starts what may start: chooses ready tasks while there is room, has their starts recorded, and hands them to the runner, all in
 * one go for all that may start now.
 *
 * Called by the scheduler, once for each batch of things that happened. It never waits: what can't start now is tried in the next
 * pass.
 */

import type { AttemptStarted } from "../domain/events.js";
import type { Clock, Descriptor, Placement, TaskRunner } from "../domain/ports.js";
import type { TaskSpec } from "../domain/task.js";
import { Admission } from "./admission.js";
import type { Attempt, Batch, InFlight } from "./in-flight.js";
import type { JobRun } from "./job-run.js";

/** A task that may time out sooner than this is not left to wait behind others. */
const SHORTEST_WAITING_TIMEOUT_MS = 1_000;

/** Attempts of one job that are about to start; the index is the same in all three. */
interface Starting {
  readonly attempts: Attempt[];
  readonly placements: Placement[];
  readonly starts: AttemptStarted[];
}

const QUEUED = { queued: true } as const;

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
      for (const [job, starting] of this.#choose(ceiling)) {
        if (job.ports.recorder.recordStarts(starting.starts)) {
          this.#start(job, starting, descriptors);
          onStarted(job, starting.starts);
        } else {
          this.#putBack(job, starting);
          wasRefused = true;
        }
      }
    }
    if (descriptors.length > 0) {
      this.#runner.start(descriptors);
    }
  }

  /** Takes ready tasks out of their plans, for as many slots as are free. */
  #choose(slots: number): Map<JobRun, Starting> {
    const chosen = new Map<JobRun, Starting>();
    let left = slots - this.#inFlight.running;
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
      let starting = chosen.get(job);
      if (starting === undefined) {
        starting = { attempts: [], placements: [], starts: [] };
        chosen.set(job, starting);
      }
      this.#fill(job, starting, placement, slots);
      left -= 1;
    }
    return chosen;
  }

  /** Takes what one slot is handed: a task, and if those of the job are short, more to run behind it. */
  #fill(job: JobRun, starting: Starting, placement: Placement, slots: number): void {
    const most = job.pace?.batchSize(job.plan.readyCount, Math.min(slots, job.limit)) ?? 1;
    const batch: Batch = { job, handedAt: this.#clock.monotonic(), size: 0, left: [], isBroken: false };
    while (batch.size < most) {
      const task = job.plan.takeReady();
      if (task === undefined) {
        throw new Error(`Internal error: job ${JSON.stringify(job.name)} was admitted with nothing ready`);
      }
      if (batch.size > 0 && !mayWait(job.plan.taskAt(task))) {
        job.plan.putBack(task);
        break;
      }
      this.#take(job, task, batch, starting, placement);
    }
    job.servedAt = ++this.#choices;
    this.#admission.refresh(job);
  }

  #take(job: JobRun, task: number, batch: Batch, { attempts, placements, starts }: Starting, placement: Placement): void {
    const key = this.nextKey();
    const isQueued = batch.size > 0;
    const attempt = { key, job, task, reason: null, isAdopted: false, wasStoppedBefore: false, ticket: null, batch, isQueued };
    batch.left.push(attempt);
    batch.size += 1;
    attempts.push(attempt);
    placements.push(placement);
    starts.push({
      type: "attempt-started",
      at: this.#clock.now(),
      task: job.plan.taskAt(task).id,
      attempt: job.plan.attemptsOf(task) + 1,
      claim: placement.claim,
      key,
      ...(isQueued ? QUEUED : {}),
    });
    job.running += 1;
  }

  #start(job: JobRun, { attempts, placements, starts }: Starting, descriptors: Descriptor[]): void {
    const now = this.#clock.monotonic();
    for (const [place, attempt] of attempts.entries()) {
      const spec = job.plan.taskAt(attempt.task);
      job.plan.start(attempt.task);
      this.#inFlight.add(attempt, spec.timeoutMs === null || attempt.isQueued ? null : now + spec.timeoutMs);
      descriptors.push(job.ports.describe(spec, starts[place]!.attempt, attempt.key, placements[place]!));
    }
  }

  #putBack(job: JobRun, { attempts, placements }: Starting): void {
    new Set(placements).forEach(({ slot }) => this.#runner.release(slot));
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

/** Its time counts from when it is known to run. */
function mayWait({ timeoutMs }: TaskSpec): boolean {
  return timeoutMs === null || timeoutMs >= SHORTEST_WAITING_TIMEOUT_MS;
}
