/**
 * Chooses what starts: ready tasks as long as there is room, and of short ones more, to begin as soon as there is. Takes them out of their
 * plans, and records and starts nothing.
 */

import type { AttemptStarted } from "../domain/events.js";
import type { Clock, DevicePort, Placement, RunnerQueue, TaskRunner } from "../domain/ports.js";
import type { Resources } from "../domain/resources.js";
import { isWithSlot, type TaskSpec } from "../domain/task.js";
import type { Admission } from "./admission/admission.js";
import type { Holding, Kind, Queue } from "./admission/queue.js";
import type { Attempt, Batch, InFlight } from "./in-flight.js";
import type { JobRun } from "./job-run.js";
import type { Line } from "./line.js";

/** A task that may time out sooner than this is not left to wait behind others. */
const SHORTEST_WAITING_TIMEOUT_MS = 1_000;

/** Attempts of one job that are about to start; the index is the same in all three. */
export interface Starting {
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

/** What is chosen, by job. */
export type Chosen = Map<JobRun, Starting>;

/** What an attempt waits behind, and since when. */
type Place = Pick<Attempt, "batch" | "line" | "handedAt"> & { readonly at: number };

export class Choice {
  readonly #options: DispatcherOptions;
  readonly #inFlight: InFlight;
  readonly #admission: Admission<JobRun>;
  readonly #line: Line<Attempt> | null;
  readonly #hold: (job: JobRun) => void;
  readonly #slots: number;
  #lastKey = 0;

  /** @param hold hears of a job whose recorder takes no starts now */
  constructor(
    options: DispatcherOptions,
    inFlight: InFlight,
    admission: Admission<JobRun>,
    line: Line<Attempt> | null,
    hold: (job: JobRun) => void,
  ) {
    this.#options = options;
    this.#inFlight = inFlight;
    this.#admission = admission;
    this.#line = line;
    this.#hold = hold;
    this.#slots = options.slots ?? options.pools["cpu"] ?? 1;
  }

  /** A number for a new attempt. */
  nextKey(): number {
    return ++this.#lastKey;
  }

  /** Takes ready tasks out of their plans, as long as one fits into what is free. */
  choose(ceiling: number): Chosen {
    const chosen: Chosen = new Map();
    let left = Math.min(ceiling - this.#inFlight.running, this.#line?.room ?? Infinity);
    const aside = new Set<Kind>();
    while (left > 0) {
      const queue = this.#admission.pick(aside);
      if (queue === null) break;
      const { job } = queue;
      if (!job.ports.recorder.isReady()) {
        this.#hold(job);
        continue;
      }
      const placement = this.#options.runner.reserve(
        queue.holding.demand,
        job.ready.sizeOf(queue.demand),
        job.plan.isApart(queue.head!),
        job.plan.taskAt(queue.head!).timeoutMs,
      );
      if (placement === undefined) {
        if (this.#options.runner.hasKinds !== true) break;
        aside.add(queue.turn.kind);
        continue;
      }
      this.#fill(queue, startingOf(chosen, job), placement);
      left -= 1;
    }
    return chosen;
  }

  /** Takes what is handed to the runner's queue although no slot is free: of jobs whose tasks are short, as much as begins soon. */
  chooseAhead(queue: RunnerQueue): Chosen {
    const chosen: Chosen = new Map();
    const line = this.#line;
    if (line === null || line.isRecalled || !this.#admission.isPlain) return chosen;
    let { waiting } = line;
    for (let next = this.#admission.next(); next !== null; next = this.#admission.next()) {
      const { job, demand } = next;
      const most = job.pace?.ahead(queue.width) ?? 0;
      // Not one by one: what is handed over together costs less.
      if (waiting > most / 2) break;
      if (!job.ports.recorder.isReady()) {
        this.#hold(job);
        continue;
      }
      const placement = queue.place();
      const before = waiting;
      const handedAt = this.#options.clock.monotonic();
      const at = this.#options.clock.now();
      for (; waiting < most; waiting++) {
        const task = job.ready.headOf(demand);
        if (task === undefined || job.plan.isApart(task) || !mayWaitAnywhere(job.plan.taskAt(task))) break;
        job.ready.take(demand);
        this.#add(task, null, { batch: null, line, handedAt, at }, startingOf(chosen, job), job, placement);
      }
      if (waiting === before) break;
      this.#admission.pass(job);
      this.#admission.refresh(job);
    }
    return chosen;
  }

  /** Takes what one slot is handed: a task, and if those of the job are short and the slot has a queue of its own, more to run behind it. */
  #fill(queue: Queue<JobRun>, starting: Starting, placement: Placement): void {
    const { job, demand } = queue;
    const most = this.#mostOf(job);
    const handedAt = this.#options.clock.monotonic();
    const at = this.#options.clock.now();
    const line = this.#line;
    const batch: Batch | null = line === null ? { job, handedAt, size: 0, left: [], isBroken: false } : null;
    for (let size = 0; size < most; size++) {
      const task = job.ready.headOf(demand);
      if (task === undefined) break;
      const isApart = job.plan.isApart(task);
      if (size > 0 && (isApart || !mayWait(job.plan.taskAt(task), placement))) break;
      const holding = size > 0 ? null : this.#admission.start(queue, handedAt);
      job.ready.take(demand);
      this.#add(task, holding, { batch, line, handedAt, at }, starting, job, placement);
      if (isApart) break;
    }
    this.#admission.refresh(job);
  }

  /** How many attempts a slot is handed: more than one only where all that runs or is ready takes the same. */
  #mostOf(job: JobRun): number {
    if (this.#line !== null || !this.#admission.isPlain || job.pace === null) return 1;
    return job.pace.batchSize(job.ready.size, Math.min(this.#slots, job.limit), this.#options.runner.batchMs);
  }

  #add(
    task: number,
    holding: Holding | null,
    { batch, line, handedAt, at }: Place,
    { attempts, placements, starts }: Starting,
    job: JobRun,
    placement: Placement,
  ): void {
    const key = this.nextKey();
    const isQueued = holding === null;
    const origin = { isAdopted: false, stoppedBeforeAt: null } as const;
    const count = holding?.demand["gpu"] ?? 0;
    const gpus = count === 0 ? NO_GPUS : this.#options.devices.take(count);
    const place = { batch, line, handedAt, isAhead: isQueued && line !== null, isQueued };
    const attempt: Attempt = {
      key,
      job,
      task,
      reason: null,
      isCancelled: false,
      ...origin,
      ticket: null,
      ...place,
      holding,
      gpus,
    };
    if (batch !== null) {
      batch.left.push(attempt);
      batch.size += 1;
    }
    attempts.push(attempt);
    placements.push(gpus.length === 0 ? placement : { ...placement, gpus });
    starts.push({
      type: "attempt-started",
      at,
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
}

function startingOf(chosen: Chosen, job: JobRun): Starting {
  let starting = chosen.get(job);
  if (starting === undefined) {
    starting = { attempts: [], placements: [], starts: [] };
    chosen.set(job, starting);
  }
  return starting;
}

/** Its time counts from when it is known to run. */
function mayWait({ timeoutMs }: TaskSpec, { leftMs = Infinity }: Pick<Placement, "leftMs">): boolean {
  return timeoutMs === null || (timeoutMs >= SHORTEST_WAITING_TIMEOUT_MS && timeoutMs <= leftMs);
}

/** Likewise, if that is behind tasks of any slot. */
function mayWaitAnywhere(task: TaskSpec): boolean {
  return mayWait(task, {}) && !isWithSlot(task);
}
