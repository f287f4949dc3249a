/**
 * The plan of one job: what each thing that happens means for its tasks, said in events.
 *
 * It hears what happened (an attempt started or ended, the user cancelled, tasks were added), and its events are taken away
 * to be recorded. The plan starts and stops nothing, has no clock and writes nothing. A new job and a recovered one come in
 * the same way: a new one has only pending tasks. Tasks are numbers here, their places in the job.
 */

import type { JobEvent } from "../../domain/events.js";
import type { Counts, LoadedJob } from "../../domain/job.js";
import type { Outcome, StopReason } from "../../domain/outcome.js";
import type { TaskSpec } from "../../domain/task.js";
import { isFinal } from "../../domain/task.js";
import { attemptEnded, type Known } from "./attempt-ended.js";
import { Budgets } from "./budgets.js";
import { JobEnding } from "./job-ending.js";
import type { ReadyTasks } from "./ready-queues.js";
import type { Skip } from "./readiness.js";
import { Readiness } from "./readiness.js";
import { IS_HARMLESS, IS_UNWANTED, TaskTable } from "./task-table.js";
import type { Ruling } from "./judge.js";
import { CANCELLED, CANCELLED_BY_USER, judge } from "./judge.js";

export class Plan {
  readonly #table = new TaskTable();
  readonly #readiness = new Readiness(this.#table);
  readonly #ending: JobEnding;
  readonly #random: () => number;
  readonly #budgets = new Budgets();
  #events: JobEvent[] = [];

  /** Takes up a job. Its graph must have been checked. `random` gives numbers from 0 up to 1; `at` is now. */
  constructor(job: LoadedJob, random: () => number, at: number) {
    this.#random = random;
    this.#ending = new JobEnding(job);
    this.#readiness.enter(job.tasks);
    this.#restore(job);
    this.#connect(at);
  }

  /** The number of each task by id. */
  get ids(): ReadonlyMap<string, number> {
    return this.#readiness.ids;
  }

  get counts(): Counts {
    return this.#table.counts();
  }

  get ready(): ReadyTasks {
    return this.#readiness.ready;
  }

  get isCancelling(): boolean {
    return this.#ending.isCancelling;
  }

  /** True if every task has ended. */
  get isDone(): boolean {
    return this.#table.count("pending") === 0 && this.#table.count("running") === 0;
  }

  /** The id of the task that failed first; null if none has. */
  get firstFailure(): string | null {
    return this.#ending.firstFailure;
  }

  /** The number of a task that must be there. */
  indexOf(id: string): number {
    return this.#readiness.indexOf(id);
  }

  taskAt(task: number): TaskSpec {
    return this.#readiness.taskAt(task);
  }

  /** True if its next attempt may end whoever runs it. */
  isApart(task: number): boolean {
    return this.#budgets.isApart(task);
  }

  failuresOf(task: number): number {
    return this.#budgets.failuresOf(task);
  }

  /** The number of the last attempt that began. */
  attemptsOf(task: number): number {
    return this.#table.attemptsOf(task);
  }

  /** Hands over the events since the last call, in order. */
  takeEvents(): JobEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** The next attempt of a task that was taken out starts; its start is on record already. */
  start(task: number): void {
    this.#table.setAttempts(task, this.attemptsOf(task) + 1);
    this.#table.setStatus(task, "running");
  }

  /** The attempt of a task, which waited behind others in its slot, runs now. */
  begin(task: number, at: number): void {
    this.#events.push({ type: "attempt-begun", at, task: this.taskAt(task).id, attempt: this.attemptsOf(task) });
  }

  /** The running attempt of a task is about to be stopped. */
  stop(task: number, reason: StopReason, at: number): void {
    const attempt = this.#table.attemptsOf(task);
    this.#events.push({ type: "attempt-stopping", at, task: this.taskAt(task).id, attempt, reason });
  }

  /**
   * The running attempt of a task ended at `endedAt`; now is `at`. If the next attempt has to wait, gives the milliseconds after
   * which `endDelay` must be called, else 0. `known` is what else is known of it.
   */
  end(task: number, outcome: Outcome, endedAt: number, at: number, known: Known = {}): number {
    const attempt = this.#table.attemptsOf(task);
    const { status, error, delayMs } = this.#judge(task, outcome);
    const id = this.taskAt(task).id;
    const retryAt = delayMs > 0 ? at + delayMs : null;
    this.#events.push(attemptEnded(id, attempt, outcome, endedAt, status, error, retryAt, known));
    this.#table.setStatus(task, status);
    if (outcome.kind === "not-begun") this.#table.setAttempts(task, attempt - 1);
    if (status === "pending") {
      this.#repeat(task, delayMs, at);
      return delayMs;
    }
    this.#noteSkips(this.#readiness.ended(task), at);
    if (status === "failed") {
      this.#ending.noteFailure(id, error);
      this.#endIfBarred(at);
    }
    return 0;
  }

  /** The delay before the next attempt of a task is over. */
  endDelay(task: number): void {
    this.#readiness.endDelay(task);
  }

  /** The user cancels a task. True if it runs: then the caller must stop it. */
  cancelTask(task: number, at: number): boolean {
    if (this.#table.isPending(task)) {
      this.#endWithoutAttempt(task, "cancelled", CANCELLED_BY_USER, at);
      this.#noteSkips(this.#readiness.ended(task), at);
    } else if (!this.#table.isEnded(task)) {
      this.#table.mark(task, IS_UNWANTED);
      return true;
    }
    return false;
  }

  /** The user cancels the job. The caller must stop what runs. */
  cancelJob(at: number): void {
    this.#ending.isCancelling = true;
    this.#events.push({ type: "job-cancelling", at });
    this.#endIfBarred(at);
  }

  /** Adds checked tasks, which may depend on each other and on any task of the job. */
  add(tasks: readonly TaskSpec[], at: number): void {
    this.#events.push({ type: "tasks-added", at, tasks });
    this.#readiness.enter(tasks);
    this.#connect(at);
  }

  /** The user has tasks that have ended run again, some of them edited (and checked). Nothing may be taken out meanwhile. */
  reset(ids: readonly string[], edited: readonly TaskSpec[], at: number): void {
    this.#events.push({ type: "tasks-reset", at, tasks: ids, edited });
    edited.forEach((spec) => this.#readiness.replace(this.indexOf(spec.id), spec));
    const tasks = ids.map((id) => this.indexOf(id));
    tasks.forEach((task) => this.#table.setStatus(task, "pending"));
    this.#budgets.renew(tasks);
    this.#ending.forget(ids);
    this.#noteSkips(this.#readiness.reconnect(tasks), at);
    this.#endIfBarred(at);
  }

  /** Nothing more will happen: every task has ended, or the engine stops. */
  close(at: number): void {
    this.#events.push(this.isDone ? this.#ending.event(this.counts, at) : { type: "job-interrupted", at });
  }

  #restore(job: LoadedJob): void {
    for (const [task, record] of job.records.entries()) {
      this.#table.setAttempts(task, record.attempts);
      // What runs and is in nobody's hands here is left alone.
      if (isFinal(record.status) || record.status === "running") {
        this.#table.setStatus(task, record.status);
      }
    }
    for (const { task, attempt, stopping } of job.inFlight) {
      this.#table.setAttempts(this.indexOf(task), attempt);
      this.#table.setStatus(this.indexOf(task), "running");
      if (stopping?.isCancelled === true) this.#table.mark(this.indexOf(task), IS_UNWANTED);
    }
    job.harmless.forEach((id) => this.#table.mark(this.indexOf(id), IS_HARMLESS));
    job.retryAt.forEach((_, id) => this.#readiness.delay(this.indexOf(id)));
    this.#budgets.restore(job, (id) => this.indexOf(id));
  }

  #connect(at: number): void {
    this.#noteSkips(this.#readiness.connect(), at);
    this.#endIfBarred(at);
  }

  #judge(task: number, outcome: Outcome): Ruling {
    const history = this.#budgets.historyOf(task, this.#ending.limitReason === null);
    const ruling = judge(this.taskAt(task), outcome, history, this.#random);
    this.#budgets.use(task, ruling, outcome);
    const isUnwanted = this.isCancelling || this.#table.hasMark(task, IS_UNWANTED);
    return ruling.status === "pending" && isUnwanted ? CANCELLED : ruling;
  }

  #repeat(task: number, delayMs: number, at: number): void {
    if (this.#ending.limitReason !== null) {
      this.#endWithoutAttempt(task, "skipped", this.#ending.limitReason, at);
      this.#noteSkips(this.#readiness.ended(task), at);
      return;
    }
    if (delayMs > 0) this.#readiness.delay(task);
    this.#noteSkips(this.#readiness.repeat(task), at);
  }

  /** Ends all that is pending if nothing more may start. No dependent needs to be told: those that wait are pending too. */
  #endIfBarred(at: number): void {
    const reason = this.isCancelling ? CANCELLED_BY_USER : this.#ending.limitReason;
    if (reason === null || this.#table.count("pending") === 0) {
      return;
    }
    for (const task of this.#readiness.withdrawAll()) {
      this.#endWithoutAttempt(task, this.isCancelling ? "cancelled" : "skipped", reason, at);
    }
  }

  #endWithoutAttempt(task: number, status: "skipped" | "cancelled", error: string, at: number): void {
    this.#table.setStatus(task, status);
    this.#events.push({ type: "task-ended", at, task: this.taskAt(task).id, status, error, isHarmless: false });
  }

  #noteSkips(skips: readonly Skip[], at: number): void {
    for (const { task, error, isHarmless } of skips) {
      this.#events.push({ type: "task-ended", at, task: this.taskAt(task).id, status: "skipped", error, isHarmless });
    }
  }
}
