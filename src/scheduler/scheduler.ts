/**
 * The loop over all jobs: what happened goes into the plans, what follows is recorded, what may start is started.
 *
 * It moves only when it is called: for reports of the runner, when `nextWakeup` has come, for what users want. Pure and synchronous: no
 * I/O, no timer, no clock and no chance of its own. Each method changes plans, and then a round (round.ts) records that and acts on it.
 */

import { AirError } from "../domain/errors.js";
import type { RecordedAttempt, LoadedJob } from "../domain/job.js";
import type { StopReason } from "../domain/outcome.js";
import type { Begun, OrphanedAttempt, Report } from "../domain/ports.js";
import type { TaskSpec } from "../domain/task.js";
import { Admission } from "./admission/admission.js";
import { adopt } from "./adopt.js";
import { BackOff } from "./back-off.js";
import type { DispatcherOptions } from "./choice.js";
import { Dispatcher } from "./dispatcher.js";
import { followBatch } from "./follow-batch.js";
import type { Attempt, Batch } from "./in-flight.js";
import { InFlight, outcomeOf } from "./in-flight.js";
import type { JobHandle, JobPorts } from "./job-run.js";
import { handleOf, JobRun } from "./job-run.js";
import { RetryDelays } from "./retry-delays.js";
import { Round } from "./round.js";
import { Shutdown } from "./shutdown.js";

export interface SchedulerOptions extends DispatcherOptions {
  /** Numbers from 0 up to 1, for the spread of retry delays. */
  readonly random: () => number;
  /** How long an attempt that timed out or was cancelled has to end by itself. */
  readonly graceMs: number;
  /** Hears of `nextWakeup` when it changes and after each `tick`: set the one timer to it. */
  readonly onWakeup?: (wakeup: number | null) => void;
}

export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #inFlight = new InFlight();
  readonly #backOff = new BackOff();
  readonly #delays: RetryDelays;
  readonly #shutdown = new Shutdown();
  readonly #admission: Admission<JobRun>;
  readonly #dispatcher: Dispatcher;
  readonly #jobs = new Set<JobRun>();
  readonly #round: Round;
  #isHeld = false;
  /** Undefined if it has to be announced in any case. */
  #announcedWakeup: number | null | undefined = null;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#delays = new RetryDelays(options.clock);
    this.#admission = new Admission(options.pools);
    this.#dispatcher = new Dispatcher(options, this.#inFlight, this.#admission);
    const forget = (job: JobRun): void => {
      this.#jobs.delete(job);
      this.#delays.forget(job);
    };
    const onFault = (job: JobRun, error: unknown): void => this.#break(job, error);
    this.#round = new Round(options.runner, options.clock, this.#dispatcher, forget, onFault);
    options.runner.onReports((reports) => this.onReports(reports));
    options.runner.onBegun?.((begun) => this.#onBegun(begun));
    options.runner.onRoom?.(() => this.resume());
  }

  /** True after `stop` or `drain`. */
  get isClosing(): boolean {
    return this.#round.isClosing;
  }

  /** How many attempts are in flight. */
  get inFlightCount(): number {
    return this.#inFlight.running;
  }

  /** Monotonic milliseconds since when the machine has had no room for a process and none of ours has ended; null if it has. */
  get noRoomSince(): number | null {
    return this.#backOff.since;
  }

  /** Why the machine has refused starts of late; null if it has not. */
  get refusal(): string | null {
    return this.#backOff.reason(this.#options.clock.monotonic());
  }

  /** When `tick` must be called, in monotonic milliseconds; null if nothing depends on time. */
  get nextWakeup(): number | null {
    const next = Math.min(
      this.#inFlight.nextTimeout ?? Infinity,
      this.#delays.next ?? Infinity,
      this.#dispatcher.line?.nextLook ?? Infinity,
      this.#shutdown.next ?? Infinity,
      (this.#round.isClosing ? null : this.#backOff.until) ?? Infinity,
    );
    return next === Infinity ? null : next;
  }

  /**
   * Takes up a job, new or recovered; what an earlier engine left in flight is adopted. Its listener may hear of it before this
   * returns: an empty job is over at once. Throws `AIR_CLOSED` after `stop` or `drain`.
   */
  addJob(loaded: LoadedJob, ports: JobPorts): JobHandle {
    if (this.#round.isClosing) {
      throw new AirError("AIR_CLOSED", `Job ${JSON.stringify(loaded.name)} can't be taken up: the executor is closing.`);
    }
    const job = new JobRun(loaded, ports, this.#options.random, this.#options.clock.now());
    this.#jobs.add(job);
    this.#dispatcher.add(job);
    this.#delays.restore(job, loaded.retryAt);
    this.#adopt(job, loaded.inFlight);
    this.#advance(job);
    return handleOf(job, {
      add: (tasks) => this.#add(job, tasks),
      cancel: (taskIds) => this.#cancel(job, taskIds),
      reset: (taskIds, edited) => this.#reset(job, taskIds, edited),
      endInput: (end) => {
        job.map?.endInput(end, this.#options.clock.now());
        this.#advance(job);
      },
      interrupt: (graceMs) => this.#interrupt(job, graceMs),
      holds: () => (job.isOver ? [] : this.#dispatcher.holdsOf(job)),
      leave: () => this.#leave(job),
    });
  }

  /** Attempts ended. The runner calls this. */
  onReports(reports: readonly Report[]): void {
    const counted = reports.filter((report) => !this.#holds(report));
    // One may make those doubtful that were told before it.
    this.#take(this.#shutdown.next === null ? counted : counted.filter((report) => !this.#holds(report)));
    this.#advance();
  }

  /** True if an end has to wait: it may be a shutdown's, of which we are about to hear. */
  #holds(report: Report): boolean {
    const attempt = this.#inFlight.find(report);
    if (!this.#shutdown.holds(report, attempt, this.#options.clock.monotonic())) return false;
    this.#inFlight.forgetTimeout(attempt);
    return true;
  }

  /** Ends count. */
  #take(reports: readonly Report[]): void {
    const now = this.#options.clock.now();
    const batches = new Set<Batch>();
    // Of the machine: what hinders one job its recorder holds back.
    let refusal: string | null = null;
    for (const report of reports) {
      const attempt = this.#inFlight.take(report);
      const { job, batch, isAdopted, reason } = attempt;
      if (batch !== null && !job.isBroken) batches.add(batch);
      this.#notePace(attempt, report);
      const { kind } = report.result;
      const isOfMachine = !isAdopted && reason === null && report.isHandedBack === undefined;
      if (kind !== "not-begun") this.#backOff.ended();
      else if (isOfMachine && report.result.hindrance === undefined) refusal = report.result.message;
      this.#dispatcher.ended(attempt);
      // It may have completed: it stays in flight on record, and whoever takes the job up next asks what became of it.
      if (report.isUnread === true && reason === "interrupt") this.#options.runner.keep();
      else this.#guard(job, () => this.#end(attempt, report, now));
      this.#round.touch(job);
    }
    if (refusal !== null) this.#backOff.refused(this.#options.clock.monotonic(), this.#inFlight.running, refusal);
    for (const batch of batches) {
      this.#guard(batch.job, () => followBatch(batch, this.#dispatcher, this.#options.clock));
    }
    this.#followLine();
  }

  /** What has ended made room for what waited. If that is on its way back it may have begun: then it only counts. */
  #followLine(): void {
    const { line } = this.#dispatcher;
    for (let next = line?.next(); next !== undefined; next = line?.next()) {
      if (line?.isRecalled === true) this.#dispatcher.begin(next);
      else this.#begin(next, this.#options.clock.now());
    }
  }

  #begin(attempt: Attempt, at: number): void {
    const { job, task } = attempt;
    attempt.isAhead = false;
    if (attempt.isQueued) this.#dispatcher.begin(attempt);
    this.#guard(job, () => job.plan.begin(task, at));
    this.#round.touch(job);
  }

  /** Attempts that waited run, and last. The runner calls this. */
  #onBegun(begun: readonly Begun[]): void {
    for (const { key, at } of begun) {
      const attempt = this.#inFlight.get(key);
      if (attempt?.isAhead === true) this.#begin(attempt, at);
    }
    this.#advance();
  }

  /** How long attempts of a job take tells how many are handed over ahead. */
  #notePace({ job, line, handedAt }: Attempt, { at, begunAt, isHandedBack }: Report): void {
    if (line === null) return;
    if (isHandedBack === true) job.pace?.tookBack(this.#options.clock.monotonic() - handedAt);
    else if (begunAt !== undefined) job.pace?.note(1, Math.max(0, at - begunAt));
  }

  #end(attempt: Attempt, report: Report, now: number): void {
    const { job, task } = attempt;
    const isShutdown = this.#shutdown.explains(report, attempt, this.#options.clock.monotonic());
    if (isShutdown) job.plan.stop(task, "interrupt", now);
    const outcome = isShutdown ? { ...report.result, stopped: "interrupt" as const } : outcomeOf(attempt, report);
    const delayMs = job.plan.end(task, outcome, report.at, now, report);
    if (delayMs > 0) this.#delays.add(job, task, delayMs);
  }

  /** What goes wrong in the handling of one job is not to harm the others. Of one that is broken nothing is followed any more. */
  #guard(job: JobRun, act: () => void): void {
    if (job.isBroken) return;
    try {
      act();
    } catch (error) {
      this.#break(job, error);
    }
  }

  /** As if the job's engine had died: what runs of it runs on, to be adopted by whoever takes it up next. */
  #break(job: JobRun, error: unknown): void {
    if (job.isBroken) return;
    this.#forget(job);
    job.ports.listener.onBroken(error);
  }

  /** The same, and what runs of it is not stopped even if all else is. */
  #leave(job: JobRun): void {
    if (job.isBroken) return;
    job.isLeft = true;
    this.#forget(job);
  }

  #forget(job: JobRun): void {
    job.isBroken = true;
    job.mayStart = false;
    if (!job.isOver) this.#dispatcher.refresh(job);
    for (const attempt of this.#inFlight.all(job)) this.#inFlight.forgetTimeout(attempt);
    this.#round.touch(job);
  }

  /** Does what is due by now. May be called early, late and often. */
  tick(): void {
    const now = this.#options.clock.monotonic();
    for (let due = this.#inFlight.takeTimedOut(now); due !== undefined; due = this.#inFlight.takeTimedOut(now)) {
      this.#stop(due, "timeout", this.#options.graceMs);
    }
    for (let job = this.#delays.endNext(now); job !== undefined; job = this.#delays.endNext(now)) {
      this.#round.touch(job);
    }
    this.#take(this.#shutdown.takeDue(now));
    this.#dispatcher.line?.look(now);
    this.#backOff.tick(now);
    // The caller's timer is used up, even if it fired early.
    this.#announcedWakeup = undefined;
    this.#advance();
  }

  /** There are so many GPUs, none of which is free until `freeGpus` says so. To be called again for the same has no effect. */
  declareGpus(count: number): void {
    if (this.#admission.declare("gpu", count)) this.#admission.change("gpu", -count);
  }

  /** So many more GPUs are free, or, below 0, fewer. */
  freeGpus(by: number): void {
    this.#admission.change("gpu", by);
    if (by > 0) this.#advance();
  }

  /** Starts nothing until the function that it gives is called: jobs come whose attempts in flight take of what others would be given. */
  hold(): () => void {
    this.#isHeld = true;
    return () => {
      this.#isHeld = false;
      this.#advance();
    };
  }

  /** A recorder is ready again: starts what may start. */
  resume(): void {
    this.#advance();
  }

  /** Starts nothing more. Jobs end, or are interrupted, as what runs ends by itself. */
  drain(): void {
    this.#close();
    for (const job of this.#jobs) this.#round.touch(job);
    this.#advance();
  }

  /** The same, and stops what runs. May be called again with a shorter grace period; with 0 to kill at once. */
  stop(graceMs: number): void {
    this.#close();
    this.#stopAll(graceMs);
    this.drain();
  }

  #close(): void {
    this.#round.isClosing = true;
    this.#dispatcher.line?.recall();
    this.#take(this.#shutdown.tell(this.#options.clock.monotonic()));
  }

  /** Of all jobs, or of one. */
  #stopAll(graceMs: number, job?: JobRun): void {
    for (const attempt of this.#inFlight.all(job)) {
      if (attempt.job.isLeft) continue;
      if (attempt.reason === null) this.#stop(attempt, "interrupt", graceMs);
      else this.#round.stop(attempt.key, graceMs);
    }
  }

  #add(job: JobRun, tasks: readonly TaskSpec[]): void {
    job.refuseIfOver();
    job.plan.add(tasks, this.#options.clock.now());
    this.#advance(job);
  }

  #reset(job: JobRun, ids: readonly string[], edited: readonly TaskSpec[]): void {
    job.refuseReset();
    job.plan.reset(ids, edited, this.#options.clock.now());
    this.#advance(job);
  }

  /** May be called while what happened is being recorded: nothing starts behind it. */
  #interrupt(job: JobRun, graceMs: number | null): void {
    job.mayStart = false;
    this.#dispatcher.refresh(job);
    this.#dispatcher.line?.recall();
    if (graceMs !== null) this.#stopAll(graceMs, job);
    this.#advance(job);
  }

  #cancel(job: JobRun, ids: readonly string[] | undefined): void {
    const tasks = ids?.map((id) => job.find(id));
    if (job.isOver || (tasks === undefined && job.plan.isCancelling)) return;
    const now = this.#options.clock.now();
    if (tasks === undefined) job.plan.cancelJob(now);
    const running = tasks && new Set(tasks.filter((task) => job.plan.cancelTask(task, now)));
    for (const attempt of this.#inFlight.all(job)) {
      if (running?.has(attempt.task) === false) continue;
      // Whoever takes the job up has to know it, too.
      if (running !== undefined && attempt.reason !== null && !attempt.isCancelled) this.#noteStop(attempt, "cancel");
      this.#stop(attempt, "cancel", this.#options.graceMs);
    }
    this.#advance(job);
  }

  #adopt(job: JobRun, recorded: readonly RecordedAttempt[]): void {
    const orphans: OrphanedAttempt[] = [];
    for (const each of recorded) {
      const { attempt, orphan } = adopt(job, each, this.#dispatcher.nextKey());
      this.#inFlight.add(attempt, null);
      this.#dispatcher.adopted(attempt, each.takes);
      orphans.push(orphan);
      if (attempt.reason !== null) {
        // It is run again, as what is being cancelled is not: so its end has to be known.
        this.#round.stop(attempt.key, this.#options.graceMs, attempt.reason === "interrupt");
      } else if (job.plan.isCancelling) {
        this.#stop(attempt, "cancel", this.#options.graceMs);
      }
    }
    if (orphans.length > 0) this.#options.runner.adopt(orphans);
  }

  /** Stops an attempt, once that is on record, unless it is being stopped already: the first reason stays. */
  #stop(attempt: Attempt, reason: StopReason, graceMs: number): void {
    if (attempt.reason === null) {
      attempt.reason = reason;
      this.#inFlight.forgetTimeout(attempt);
      this.#noteStop(attempt, reason);
      const ended = this.#shutdown.take(attempt.key);
      if (ended.length === 0) this.#round.stop(attempt.key, graceMs);
      else this.#take(ended);
    }
  }

  #noteStop(attempt: Attempt, reason: StopReason): void {
    const { job, task } = attempt;
    attempt.isCancelled ||= reason === "cancel";
    this.#guard(job, () => job.plan.stop(task, reason, this.#options.clock.now()));
    this.#round.touch(job);
  }

  #advance(changed?: JobRun): void {
    if (changed !== undefined) this.#round.touch(changed);
    this.#round.run(() => (this.#isHeld ? 0 : this.#backOff.ceiling));
    const wakeup = this.nextWakeup;
    if (wakeup !== this.#announcedWakeup) {
      this.#announcedWakeup = wakeup;
      this.#options.onWakeup?.(wakeup);
    }
  }
}
