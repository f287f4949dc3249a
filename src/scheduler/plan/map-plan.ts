/**
 * The plan of a map: a job whose tasks come while it runs, depend on nothing, and leave when they have ended. Its size is that of what
 * has not ended, however much there was and is to come.
 *
 * It stands in the place of plan.ts; as that it acts on nothing. Tasks are numbered as they come, and no number comes twice.
 */

import { AirError } from "../../domain/errors.js";
import type { JobEvent } from "../../domain/events.js";
import type { Counts, LoadedJob } from "../../domain/job.js";
import type { Outcome, StopReason } from "../../domain/outcome.js";
import type { FinalStatus, TaskSpec } from "../../domain/task.js";
import { attemptEnded, type Known } from "./attempt-ended.js";
import { Budgets } from "./budgets.js";
import { JobEnding } from "./job-ending.js";
import { MapTasks } from "./map-tasks.js";
import type { Plan } from "./plan.js";
import { ReadyLists } from "./ready-lists.js";
import type { ReadyTasks } from "./ready-queues.js";
import { CANCELLED, CANCELLED_BY_USER, judge } from "./judge.js";

/** How the input of a map has ended. */
export interface InputEnd {
  /** False if there may be more another time: then the job stays unfinished. */
  readonly isWhole: boolean;
  /** Runs when all others have completed, and is skipped when they have ended otherwise. Null if there is none. */
  readonly last: TaskSpec | null;
}

/** What the scheduler needs of a plan. */
export type JobPlan = Pick<Plan, keyof Plan>;

type LoadedMap = LoadedJob & Required<Pick<LoadedJob, "map">>;

export class MapPlan implements JobPlan {
  readonly #tasks: MapTasks;
  readonly #ready = new ReadyLists((task) => this.taskAt(task));
  readonly #budgets = new Budgets();
  readonly #ending: JobEnding;
  readonly #random: () => number;
  /** `left`: there may be more another time. */
  #input: "open" | "ended" | "left" = "open";
  /** What is still to be taken in when all others have ended. */
  #last: TaskSpec | null = null;
  #events: JobEvent[] = [];

  /** As `Plan`: takes up a map, of which `job.tasks` are those that have not ended. */
  constructor(job: LoadedMap, random: () => number, at: number) {
    this.#tasks = new MapTasks(job.map.counts);
    this.#random = random;
    this.#ending = new JobEnding(job);
    for (const [index, spec] of job.tasks.entries()) {
      const { status, attempts } = job.records[index]!;
      // What runs and is in nobody's hands here is left alone.
      this.#tasks.restore(spec, status === "running" ? status : "pending", attempts);
    }
    for (const { task, attempt, stopping } of job.inFlight) {
      const open = this.#tasks.at(this.indexOf(task));
      open.attempts = attempt;
      open.isUnwanted = stopping?.isCancelled === true;
      this.#tasks.setStatus(this.indexOf(task), "running");
    }
    for (const id of job.retryAt.keys()) this.#tasks.at(this.indexOf(id)).isDelayed = true;
    this.#budgets.restore(job, (id) => this.indexOf(id));
    for (const number of this.#tasks.numbers()) this.#enqueue(number);
    this.#endIfBarred(at);
  }

  get ids(): ReadonlyMap<string, number> {
    return this.#tasks.ids;
  }

  get counts(): Counts {
    return { ...this.#tasks.counts };
  }

  get ready(): ReadyTasks {
    return this.#ready;
  }

  get isCancelling(): boolean {
    return this.#ending.isCancelling;
  }

  /** True if every task has ended and no more will come. */
  get isDone(): boolean {
    return this.#tasks.size === 0 && ((this.#input !== "open" && this.#last === null) || this.isBarred);
  }

  /** True if nothing more may start. */
  get isBarred(): boolean {
    return this.isCancelling;
  }

  get firstFailure(): string | null {
    return this.#ending.firstFailure;
  }

  indexOf(id: string): number {
    const number = this.ids.get(id);
    if (number === undefined) throw new Error(`Internal error: there is no open task ${JSON.stringify(id)} in the map`);
    return number;
  }

  taskAt(task: number): TaskSpec {
    return this.#tasks.at(task).spec;
  }

  /** True if its next attempt may end whoever runs it. */
  isApart(task: number): boolean {
    return this.#budgets.isApart(task);
  }

  failuresOf(task: number): number {
    return this.#budgets.failuresOf(task);
  }

  attemptsOf(task: number): number {
    return this.#tasks.at(task).attempts;
  }

  takeEvents(): JobEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  start(task: number): void {
    this.#tasks.at(task).attempts += 1;
    this.#tasks.setStatus(task, "running");
  }

  begin(task: number, at: number): void {
    this.#events.push({ type: "attempt-begun", at, task: this.taskAt(task).id, attempt: this.attemptsOf(task) });
  }

  stop(task: number, reason: StopReason, at: number): void {
    this.#events.push({ type: "attempt-stopping", at, task: this.taskAt(task).id, attempt: this.attemptsOf(task), reason });
  }

  /** As `Plan.end`. */
  end(task: number, outcome: Outcome, endedAt: number, at: number, known: Known = {}): number {
    const open = this.#tasks.at(task);
    const { spec, attempts: attempt } = open;
    const ruling = judge(spec, outcome, this.#budgets.historyOf(task, true), this.#random);
    this.#budgets.use(task, ruling, outcome);
    const mayRepeat = !this.isCancelling && !open.isUnwanted;
    const { status, error, delayMs } = ruling.status === "pending" && !mayRepeat ? CANCELLED : ruling;
    const retryAt = delayMs > 0 ? at + delayMs : null;
    this.#events.push(attemptEnded(spec.id, attempt, outcome, endedAt, status, error, retryAt, known));
    if (outcome.kind === "not-begun") open.attempts -= 1;
    if (status !== "pending") {
      this.#close(task, status);
      if (status === "failed") this.#ending.noteFailure(spec.id, error);
    } else {
      this.#tasks.setStatus(task, "pending");
      open.isDelayed = delayMs > 0;
      this.#enqueue(task);
    }
    this.#endIfBarred(at);
    return status === "pending" && this.#tasks.find(task) !== undefined ? delayMs : 0;
  }

  endDelay(task: number): void {
    const open = this.#tasks.find(task);
    if (open?.isDelayed !== true) return;
    open.isDelayed = false;
    this.#enqueue(task);
  }

  cancelTask(task: number, at: number): boolean {
    // Named twice, it has left.
    const open = this.#tasks.find(task);
    if (open?.status === "running") open.isUnwanted = true;
    else if (open !== undefined) this.#endWithoutAttempt(task, "cancelled", CANCELLED_BY_USER, at);
    this.#takeLast(at);
    return open?.status === "running";
  }

  cancelJob(at: number): void {
    this.#ending.isCancelling = true;
    this.#events.push({ type: "job-cancelling", at });
    this.#endIfBarred(at);
  }

  /** Adds checked tasks that depend on nothing and whose ids the map has not had. */
  add(tasks: readonly TaskSpec[], at: number): void {
    this.#events.push({ type: "tasks-added", at, tasks });
    for (const spec of tasks) this.#enqueue(this.#tasks.add(spec));
    this.#endIfBarred(at);
  }

  reset(): void {
    throw new AirError("AIR_CONFLICT", "a map runs what comes of its input: what failed can be retried when it has ended.");
  }

  /** No more tasks will come. */
  endInput({ isWhole, last }: InputEnd, at: number): void {
    this.#input = isWhole ? "ended" : "left";
    this.#last = isWhole ? last : null;
    this.#takeLast(at);
  }

  close(at: number): void {
    const isOver = this.isDone && (this.#input === "ended" || this.isBarred);
    this.#events.push(isOver ? this.#ending.event(this.#tasks.counts, at) : { type: "job-interrupted", at });
  }

  /** When all others have ended. */
  #takeLast(at: number): void {
    const last = this.#last;
    if (last === null || this.#tasks.size > 0 || this.isBarred) return;
    this.#last = null;
    this.add([last], at);
    const { completed, total } = this.#tasks.counts;
    if (completed === total - 1) return;
    const reason = this.firstFailure === null ? "a task was cancelled" : `task ${JSON.stringify(this.firstFailure)} failed`;
    this.#endWithoutAttempt(this.indexOf(last.id), "skipped", reason, at);
  }

  /** The task leaves. */
  #close(task: number, status: FinalStatus): void {
    if (this.#tasks.at(task).status === "pending") this.#ready.remove(task);
    this.#tasks.close(task, status);
    this.#budgets.renew([task]);
  }

  #enqueue(task: number): void {
    const { status, isDelayed } = this.#tasks.at(task);
    if (status === "pending" && !isDelayed) this.#ready.push(task);
  }

  #endIfBarred(at: number): void {
    if (!this.isBarred) return this.#takeLast(at);
    for (const task of this.#tasks.numbers()) {
      if (this.#tasks.at(task).status === "pending") this.#endWithoutAttempt(task, "cancelled", CANCELLED_BY_USER, at);
    }
  }

  #endWithoutAttempt(task: number, status: "skipped" | "cancelled", error: string, at: number): void {
    this.#events.push({ type: "task-ended", at, task: this.taskAt(task).id, status, error, isHarmless: false });
    this.#close(task, status);
  }
}
