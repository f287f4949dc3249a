/**
 * One job in the scheduler: its plan, the ports through which its facts go out, and what the scheduler remembers of it.
 *
 * Created by the scheduler, shared with its admission and its dispatcher. It decides nothing about tasks.
 */

import { AirError } from "../domain/errors.js";
import type { Hold } from "../domain/held-back.js";
import type { JobEvent } from "../domain/events.js";
import type { Counts, LoadedJob } from "../domain/job.js";
import type { Descriptor, Placement, Recorder } from "../domain/ports.js";
import type { Resources } from "../domain/resources.js";
import type { TaskSpec } from "../domain/task.js";
import type { KnownIds } from "../domain/check-graph.js";
import { MapPlan, type InputEnd, type JobPlan } from "./plan/map-plan.js";
import { HoldUps } from "./admission/hold-ups.js";
import { Pace } from "./pace.js";
import type { ReadyTasks } from "./plan/ready-queues.js";
import { Plan } from "./plan/plan.js";

/** Hears of a job. May call the scheduler: what follows from that happens after the call. */
export interface JobListener {
  /** Events of the job, in order, after they were recorded. */
  onEvents(events: readonly JobEvent[]): void;
  /** Its handling failed here, by a fault of ours: nothing more of it is recorded or started, as if its engine had died. Called once. */
  onBroken(error: unknown): void;
  /** Nothing more will happen: the last event was `job-ended` or, if the engine stopped first, `job-interrupted`. Called once. */
  onOver(): void;
}

/** What the scheduler needs of the world for one job. */
export interface JobPorts {
  readonly recorder: Recorder;
  /** The plain data of an attempt. Must be pure: it is also asked about attempts that run already, for the path of their log. */
  readonly describe: (task: TaskSpec, attempt: number, key: number, placement: Placement) => Descriptor;
  readonly listener: JobListener;
  /** False for a job that is only taken up to end what runs of it: it is interrupted as soon as nothing does. Default: true. */
  readonly mayStart?: boolean;
  /** True if each end may decide whether anything more starts, as it does below a failure limit. Default: false. */
  readonly endsDecide?: boolean;
}

/** What the caller of `Scheduler.addJob` holds. */
export interface JobHandle {
  readonly name: string;
  /** True once the listener's `onOver` is due or was called. */
  readonly isOver: boolean;
  /** True if what is added to this map will not run: it was cancelled or interrupted. */
  readonly isBarred: boolean;
  readonly counts: Counts;
  /** The id of the task that failed first; null if none has. */
  readonly firstFailure: string | null;
  /** What limits hold its ready tasks back now. */
  holds(): readonly Hold[];
  /** Ids of all tasks of the job: what `checkGraph` takes as known. */
  readonly ids: KnownIds;
  /**
   * Adds tasks that `checkGraph` found no fault with; `tasks-added` is recorded here. Throws `AIR_CLOSED` if the job is over.
   */
  add(tasks: readonly TaskSpec[]): void;
  /**
   * Cancels tasks, or without ids the job. What has ended stays as it is. Throws `AIR_NOT_FOUND` for an id that the job does not
   * have, and then cancels nothing.
   */
  cancel(taskIds?: readonly string[]): void;
  /**
   * Runs tasks again that have ended (`selectRetry` names them), those of `edited` as they are given; `tasks-reset` is recorded
   * here. Throws `AIR_CLOSED` if the job is over, `AIR_CONFLICT` if it is being cancelled.
   */
  reset(taskIds: readonly string[], edited: readonly TaskSpec[]): void;
  /** Of a map, which is not over before: no more tasks will come. */
  endInput(end: InputEnd): void;
  /** Starts nothing more of the job and stops what runs of it, as `Scheduler.stop` does for all; with null what runs may end. */
  interrupt(graceMs: number | null): void;
  /** As if its engine had died: nothing more of it is recorded, started or stopped, and its listener hears nothing more. */
  leave(): void;
}

export class JobRun {
  readonly name: string;
  readonly plan: JobPlan;
  /** The same if it is a map's, else null. */
  readonly map: MapPlan | null;
  readonly ports: JobPorts;
  /** How many attempts may be in flight at once. */
  readonly limit: number;
  /** Pools of its own, that only its tasks take of. */
  readonly pools: Resources;
  /** Null if each attempt has to be known to have ended before the next one starts: one failure too many ends the job. */
  readonly pace: Pace | null;
  /** Attempts in flight, adopted ones and those that are about to start included. */
  running = 0;
  /** Those of them that wait behind others in their slots. */
  queued = 0;
  /** True while its recorder takes no starts. */
  isHeld = false;
  /** False if nothing more of it may start. */
  mayStart: boolean;
  /** True if its plan has to be looked at: there are events to record, or it may be over. */
  isTouched = false;
  isOver = false;
  /** What limits hold its ready tasks back. */
  readonly holdUps = new HoldUps();
  /** True if its handling failed: what runs of it is left to whoever takes it up next. */
  isBroken = false;
  /** True if moreover what runs of it is not to be stopped. */
  isLeft = false;
  /** Tickets of retry delays, by task. */
  readonly delays = new Map<number, number>();

  /** When this engine took it up: milliseconds since the epoch. */
  readonly takenUpAt: number;

  constructor(job: LoadedJob, ports: JobPorts, random: () => number, at: number) {
    this.name = job.name;
    this.takenUpAt = at;
    this.ports = ports;
    this.pools = job.settings.pools;
    this.limit = job.settings.concurrency ?? Infinity;
    const { maxFailures, concurrency } = job.settings;
    // What waits in the runner begins as soon as it has room, whatever else the job may run.
    this.pace = maxFailures === null && concurrency === null && ports.endsDecide !== true ? new Pace() : null;
    this.mayStart = ports.mayStart !== false;
    this.map = job.map === undefined ? null : new MapPlan({ ...job, map: job.map }, random, at);
    this.plan = this.map ?? new Plan(job, random, at);
  }

  /** False if nothing of it may start now. */
  get isOpen(): boolean {
    return !this.isHeld && this.mayStart;
  }

  /** Its ready tasks. */
  get ready(): ReadyTasks {
    return this.plan.ready;
  }

  /** How many slots it holds. */
  get slots(): number {
    return this.running - this.queued;
  }

  /** The number of a task that a user named. */
  find(id: string): number {
    const task = this.plan.ids.get(id);
    if (task === undefined) {
      throw new AirError("AIR_NOT_FOUND", `there is no task ${JSON.stringify(id)} in job ${JSON.stringify(this.name)}`);
    }
    return task;
  }

  refuseReset(): void {
    this.refuseIfOver();
    if (this.plan.isCancelling) {
      throw new AirError("AIR_CONFLICT", `Job ${JSON.stringify(this.name)} is being cancelled: retry when it has ended.`);
    }
  }

  refuseIfOver(): void {
    if (this.isOver) {
      throw new AirError("AIR_CLOSED", `Job ${JSON.stringify(this.name)} is over.`);
    }
  }
}

type Actions = Pick<JobHandle, "add" | "cancel" | "reset" | "endInput" | "interrupt" | "holds" | "leave">;

/** A job as its user sees it; `actions` are what the scheduler does for it. */
export function handleOf(job: JobRun, actions: Actions): JobHandle {
  return {
    name: job.name,
    ids: job.plan.ids,
    get isOver() {
      return job.isOver;
    },
    get isBarred() {
      return !job.mayStart || (job.map?.isBarred ?? false);
    },
    get counts() {
      return job.plan.counts;
    },
    get firstFailure() {
      return job.plan.firstFailure;
    },
    ...actions,
  };
}
