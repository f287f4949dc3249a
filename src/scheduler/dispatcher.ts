/**
 * Starts what may start: has the starts of what was chosen (choice.ts) recorded, and hands it to the runner, all in one go for all that may
 * start now.
 *
 * Once for all that happened in a turn. It never waits: what can't start now is tried in the next pass.
 */

import type { AttemptStarted } from "../domain/events.js";
import type { HeldBack, Hold } from "../domain/held-back.js";
import { NO_SLOT, type Clock, type Descriptor, type DevicePort, type TaskRunner } from "../domain/ports.js";
import type { Resources } from "../domain/resources.js";
import type { Admission } from "./admission/admission.js";
import { Choice, type Chosen, type DispatcherOptions, type Starting } from "./choice.js";
import { HoldUpWatch } from "./hold-up-watch.js";
import type { Attempt, InFlight } from "./in-flight.js";
import type { JobRun } from "./job-run.js";
import { Line } from "./line.js";

/** So long after a limit that a runner keeps itself we end what it has not: somebody has stopped it. */
const BEHIND_RUNNER_MS = 5_000;

/** Hears of what is on record: starts, and what held a job back until now. */
type OnRecorded = (job: JobRun, events: readonly (AttemptStarted | HeldBack)[]) => void;
type OnFault = (job: JobRun, error: unknown) => void;

export class Dispatcher {
  readonly #runner: TaskRunner;
  readonly #clock: Clock;
  readonly #inFlight: InFlight;
  readonly #admission: Admission<JobRun>;
  readonly #choice: Choice;
  readonly #devices: DevicePort;
  /** Jobs whose recorder took no starts when it was asked last. */
  readonly #held: JobRun[] = [];
  readonly #holdUps: HoldUpWatch;
  /** What the runner has; null if its slots have queues of their own. */
  readonly line: Line<Attempt> | null;

  constructor(options: DispatcherOptions, inFlight: InFlight, admission: Admission<JobRun>) {
    const { runner, clock, devices } = options;
    this.#devices = devices;
    this.#runner = runner;
    this.line = runner.queue === undefined ? null : new Line(runner.queue);
    this.#clock = clock;
    this.#inFlight = inFlight;
    this.#admission = admission;
    this.#holdUps = new HoldUpWatch(admission, inFlight, clock);
    this.#choice = new Choice(options, inFlight, admission, this.line, (job) => this.#hold(job));
  }

  add(job: JobRun): void {
    this.#admission.add(job);
  }

  /** Gives what there is to record of what held it back. */
  remove(job: JobRun): HeldBack[] {
    this.#admission.remove(job);
    if (job.isHeld) {
      this.#held.splice(this.#held.indexOf(job), 1);
    }
    return this.#holdUps.end(job);
  }

  /** What limits hold ready tasks of a job back now. */
  holdsOf(job: JobRun): Hold[] {
    return this.#holdUps.now(job);
  }

  /** The ready tasks of a job, or the number of its attempts in flight, have changed. */
  refresh(job: JobRun): void {
    this.#admission.refresh(job);
    this.#holdUps.touch(job);
  }

  /** An earlier engine has started an attempt: it takes what it needs, whether or not that is there. Its GPUs are none of those that we have. */
  adopted(attempt: Attempt, resources: Resources): void {
    const { gpu: _itsOwn, ...ours } = resources;
    attempt.job.running += 1;
    this.take(attempt, ours);
    attempt.holding = { ...attempt.holding!, demand: resources };
  }

  /** An attempt that waited in its slot runs now. */
  take(attempt: Attempt, resources: Resources): void {
    attempt.holding = this.#admission.holdingOf(attempt.job, resources);
    this.#admission.take(attempt.job, attempt.holding);
  }

  /** An attempt is over, or was none after all. */
  ended({ job, holding, gpus }: Attempt): void {
    job.running -= 1;
    if (holding !== null) this.#admission.give(job, holding);
    if (gpus.length > 0) this.#devices.give(gpus);
  }

  /** An attempt that waited runs. */
  begin(attempt: Attempt): void {
    const { timeoutMs, resources } = attempt.job.plan.taskAt(attempt.task);
    this.take(attempt, resources);
    const hasLimit = timeoutMs !== null && attempt.reason === null;
    this.#inFlight.begin(attempt, hasLimit ? this.#limitFrom(this.#clock.monotonic(), timeoutMs) : null);
  }

  /** When we end it for its limit: it may take a while to begin, and that is no part of its time. */
  #limitFrom(now: number, timeoutMs: number): number {
    return now + timeoutMs + (this.#runner.keepsLimits === true ? BEHIND_RUNNER_MS : 0);
  }

  /** A number for a new attempt. */
  nextKey(): number {
    return this.#choice.nextKey();
  }

  /**
   * Starts attempts until so many are in flight. `onRecorded` hears of the starts on record, job by job, and of what held jobs back until
   * now; `onFault` of a job whose handling failed: nothing of it is started.
   */
  dispatch(ceiling: number, onRecorded: OnRecorded, onFault: OnFault): void {
    for (const job of this.#held.splice(0)) {
      job.isHeld = false;
      this.#admission.refresh(job);
    }
    const descriptors: Descriptor[] = [];
    const startAll = (choose: () => Chosen): void => {
      // A job that is refused is held, and leaves its room to the others.
      while (this.#startChosen(choose(), descriptors, onRecorded, onFault));
    };
    startAll(() => this.#choice.choose(ceiling));
    const { queue } = this.#runner;
    if (queue?.isOpen === true && ceiling === Infinity) startAll(() => this.#choice.chooseAhead(queue));
    if (descriptors.length > 0) {
      this.#runner.start(descriptors);
    }
    this.#devices.want(ceiling > 0 ? this.#admission.wantedOf("gpu") : 0);
    if (ceiling === Infinity) this.#holdUps.record(onRecorded, onFault);
  }

  /** True if a recorder refused the starts of a job. */
  #startChosen(chosen: Chosen, descriptors: Descriptor[], onRecorded: OnRecorded, onFault: OnFault): boolean {
    let wasRefused = false;
    for (const [job, starting] of chosen) {
      try {
        if (job.ports.recorder.recordStarts(starting.starts)) {
          this.#start(job, starting, descriptors);
          onRecorded(job, starting.starts);
          this.#holdUps.touch(job);
          continue;
        }
      } catch (error) {
        onFault(job, error);
      }
      this.#putBack(job, starting);
      wasRefused = true;
    }
    return wasRefused;
  }

  #start(job: JobRun, { attempts, placements, starts }: Starting, descriptors: Descriptor[]): void {
    const now = this.#clock.monotonic();
    // All of them first: if that fails none is in flight.
    const described = attempts.map(({ task, key }, place) =>
      job.ports.describe(job.plan.taskAt(task), starts[place]!.attempt, key, placements[place]!),
    );
    for (const attempt of attempts) {
      const { timeoutMs } = job.plan.taskAt(attempt.task);
      job.plan.start(attempt.task);
      this.#inFlight.add(attempt, timeoutMs === null || attempt.isQueued ? null : this.#limitFrom(now, timeoutMs));
    }
    for (const descriptor of described) descriptors.push(descriptor);
  }

  #putBack(job: JobRun, { attempts, placements }: Starting): void {
    for (const { slot } of new Set(placements)) if (slot !== NO_SLOT) this.#runner.release(slot);
    for (const attempt of attempts) {
      this.ended(attempt);
      job.ready.putBack(attempt.task);
    }
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
