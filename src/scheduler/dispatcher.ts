/**
 * Starts what may start: chooses ready tasks while there is room, has their starts recorded, and hands them to the runner, all in
 * one go for all that may start now.
 *
 * Once for all that happened in a turn. It never waits: what can't start now is tried in the next pass.
 */

import type { AttemptStarted } from "../domain/events.js";
import type { HeldBack, Hold } from "../domain/held-back.js";
import type { Clock, Descriptor, DevicePort, Placement, TaskRunner } from "../domain/ports.js";
import type { Resources } from "../domain/resources.js";
import type { TaskSpec } from "../domain/task.js";
import type { Admission } from "./admission/admission.js";
import type { Holding, Kind, Queue } from "./admission/queue.js";
import type { Attempt, Batch, InFlight } from "./in-flight.js";
import { HoldUpWatch } from "./hold-up-watch.js";
import type { JobRun } from "./job-run.js";

/** A task that may time out sooner than this is not left to wait behind others. */
const SHORTEST_WAITING_TIMEOUT_MS = 1_000;

/** Attempts of one job that are about to start; the index is the same in all three. */
interface Starting {
  readonly attempts: Attempt[];
  readonly placements: Placement[];
  readonly starts: AttemptStarted[];
}

const NO_GPUS: readonly number[] = [];
const QUEUED = { queued: true } as const;

export interface DispatcherOptions {
  readonly runner: TaskRunner;
  readonly clock: Clock;
  /** How many attempts may run at once. Default: as many as there are cpus. */
  readonly slots?: number;
  /** What there is for all jobs together. What adopted attempts take counts, and may exceed it. */
  readonly pools: Resources;
  /** Hands out GPUs. */
  readonly devices: DevicePort;
}

export class Dispatcher {
  readonly #runner: TaskRunner;
  readonly #clock: Clock;
  readonly #inFlight: InFlight;
  readonly #admission: Admission<JobRun>;
  readonly #slots: number;
  readonly #devices: DevicePort;
  /** Jobs whose recorder took no starts when it was asked last. */
  readonly #held: JobRun[] = [];
  readonly #holdUps: HoldUpWatch;
  #lastKey = 0;

  constructor(
    { runner, clock, pools, devices, slots = pools["cpu"] ?? 1 }: DispatcherOptions,
    inFlight: InFlight,
    admission: Admission<JobRun>,
  ) {
    this.#devices = devices;
    this.#runner = runner;
    this.#clock = clock;
    this.#inFlight = inFlight;
    this.#admission = admission;
    this.#holdUps = new HoldUpWatch(admission, inFlight, clock);
    this.#slots = slots;
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

  /** An earlier engine has started an attempt: it takes what it needs, whether or not that is there. */
  adopted(attempt: Attempt, resources: Resources): void {
    attempt.job.running += 1;
    this.take(attempt, resources);
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

  /** A number for a new attempt. */
  nextKey(): number {
    return ++this.#lastKey;
  }

  /**
   * Starts attempts until so many are in flight. `onRecorded` hears of the starts on record, job by job, and of what held jobs back until
   * now; `onFault` of a job whose handling failed: nothing of it is started.
   */
  dispatch(
    ceiling: number,
    onRecorded: (job: JobRun, events: readonly (AttemptStarted | HeldBack)[]) => void,
    onFault: (job: JobRun, error: unknown) => void,
  ): void {
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
    }
    if (descriptors.length > 0) {
      this.#runner.start(descriptors);
    }
    this.#devices.want(ceiling > 0 && this.#admission.isWaitingFor("gpu"));
    if (ceiling === Infinity) this.#holdUps.record(onRecorded, onFault);
  }

  /** Takes ready tasks out of their plans, as long as one fits into what is free. */
  #choose(ceiling: number): Map<JobRun, Starting> {
    const chosen = new Map<JobRun, Starting>();
    let left = ceiling - this.#inFlight.running;
    const aside = new Set<Kind>();
    while (left > 0) {
      const queue = this.#admission.pick(aside);
      if (queue === null) break;
      const { job } = queue;
      if (!job.ports.recorder.isReady()) {
        this.#hold(job);
        continue;
      }
      const placement = this.#runner.reserve(queue.holding.demand, job.ready.sizeOf(queue.demand), job.plan.isApart(queue.head!));
      if (placement === undefined) {
        if (this.#runner.hasKinds !== true) break;
        aside.add(queue.turn.kind);
        continue;
      }
      let starting = chosen.get(job);
      if (starting === undefined) {
        starting = { attempts: [], placements: [], starts: [] };
        chosen.set(job, starting);
      }
      this.#fill(queue, starting, placement);
      left -= 1;
    }
    return chosen;
  }

  /** Takes what one slot is handed: a task, and if those of the job are short, more to run behind it. */
  #fill(queue: Queue<JobRun>, starting: Starting, placement: Placement): void {
    const { job, demand } = queue;
    const most = this.#mostOf(job);
    const batch: Batch = { job, handedAt: this.#clock.monotonic(), size: 0, left: [], isBroken: false };
    while (batch.size < most) {
      const task = job.ready.headOf(demand);
      if (task === undefined) break;
      const isApart = job.plan.isApart(task);
      if (batch.size > 0 && (isApart || !mayWait(job.plan.taskAt(task)))) break;
      const holding = batch.size > 0 ? null : this.#admission.start(queue, batch.handedAt);
      job.ready.take(demand);
      this.#add(task, holding, batch, starting, placement);
      if (isApart) break;
    }
    this.#admission.refresh(job);
  }

  /** How many attempts a slot is handed: more than one only where all that runs or is ready takes the same. */
  #mostOf(job: JobRun): number {
    if (!this.#admission.isPlain || job.pace === null) return 1;
    return job.pace.batchSize(job.ready.size, Math.min(this.#slots, job.limit));
  }

  #add(task: number, holding: Holding | null, batch: Batch, starting: Starting, placement: Placement): void {
    const { attempts, placements, starts } = starting;
    const { job } = batch;
    const key = this.nextKey();
    const isQueued = holding === null;
    const origin = { isAdopted: false, wasStoppedBefore: false } as const;
    const count = holding?.demand["gpu"] ?? 0;
    const gpus = count === 0 ? NO_GPUS : this.#devices.take(count);
    const attempt: Attempt = { key, job, task, reason: null, ...origin, ticket: null, batch, isQueued, holding, gpus };
    batch.left.push(attempt);
    batch.size += 1;
    attempts.push(attempt);
    placements.push(gpus.length === 0 ? placement : { ...placement, gpus });
    starts.push({
      type: "attempt-started",
      at: this.#clock.now(),
      task: job.plan.taskAt(task).id,
      attempt: job.plan.attemptsOf(task) + 1,
      claim: placement.claim,
      key,
      ...(holding === null ? QUEUED : holding.isPlain ? {} : { takes: holding.demand }),
      ...(gpus.length > 0 && { gpus }),
      ...(placement.ranOn !== undefined && { ranOn: placement.ranOn }),
    });
    job.running += 1;
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
      this.#inFlight.add(attempt, timeoutMs === null || attempt.isQueued ? null : now + timeoutMs);
    }
    for (const descriptor of described) descriptors.push(descriptor);
  }

  #putBack(job: JobRun, { attempts, placements }: Starting): void {
    new Set(placements).forEach(({ slot }) => this.#runner.release(slot));
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

/** Its time counts from when it is known to run. */
function mayWait({ timeoutMs }: TaskSpec): boolean {
  return timeoutMs === null || timeoutMs >= SHORTEST_WAITING_TIMEOUT_MS;
}
