/**
 * One round of the scheduler: record the facts, send the stops, start what may start, tell the listeners, in that order.
 *
 * The scheduler collects what changed (`touch`, `stop`) and then runs a round. Facts of a job go out in one call before anything
 * that depends on them happens. What a listener changes is left to a further round: until then nothing is started on facts not
 * yet recorded.
 */

import type { JobEvent } from "../domain/events.js";
import type { Clock, TaskRunner } from "../domain/ports.js";
import type { Dispatcher } from "./dispatcher.js";
import type { JobRun } from "./job-run.js";

interface News {
  readonly job: JobRun;
  readonly events: readonly JobEvent[];
  readonly isLast: boolean;
}

export class Round {
  /** True if no attempt is to be started any more: a job of which nothing runs is then interrupted. */
  isClosing = false;
  readonly #runner: TaskRunner;
  readonly #clock: Clock;
  readonly #dispatcher: Dispatcher;
  readonly #onOver: (job: JobRun) => void;
  readonly #onFault: (job: JobRun, error: unknown) => void;
  #touched: JobRun[] = [];
  #stops: { readonly key: number; readonly graceMs: number; readonly needsEnd: boolean }[] = [];
  readonly #news: News[] = [];
  #isRunning = false;
  #mustRepeat = false;

  /** `onOver` hears of each job that is over, before its listener; `onFault` of one whose handling failed. */
  constructor(
    runner: TaskRunner,
    clock: Clock,
    dispatcher: Dispatcher,
    onOver: (job: JobRun) => void,
    onFault: (job: JobRun, error: unknown) => void,
  ) {
    this.#runner = runner;
    this.#clock = clock;
    this.#dispatcher = dispatcher;
    this.#onOver = onOver;
    this.#onFault = onFault;
  }

  /** Something happened to the plan of a job, or to the number of its attempts in flight. */
  touch(job: JobRun): void {
    if (!job.isTouched) {
      job.isTouched = true;
      this.#touched.push(job);
    }
  }

  /** An attempt is to be stopped, as soon as the reason is on record. */
  stop(key: number, graceMs: number, needsEnd = false): void {
    this.#stops.push({ key, graceMs, needsEnd });
  }

  /** Runs a round, or if one runs (a listener called), has another one follow it. Starts until `ceiling()` attempts are in flight. */
  run(ceiling: () => number): void {
    this.#mustRepeat = true;
    if (this.#isRunning) {
      return;
    }
    this.#isRunning = true;
    try {
      while (this.#mustRepeat) {
        this.#mustRepeat = false;
        this.#recordFacts();
        this.#sendStops();
        this.#dispatcher.dispatch(
          this.isClosing ? 0 : ceiling(),
          (job, events) => this.#news.push({ job, events, isLast: false }),
          this.#onFault,
        );
        this.#tellListeners();
      }
    } finally {
      this.#isRunning = false;
    }
  }

  #recordFacts(): void {
    const touched = this.#touched;
    this.#touched = [];
    for (const job of touched) {
      job.isTouched = false;
      if (job.isOver) continue;
      try {
        if (job.isBroken) this.#forgetBroken(job);
        else this.#recordFactsOf(job);
      } catch (error) {
        this.#onFault(job, error);
      }
    }
  }

  /** Nothing of it is to be started, and nothing is recorded. */
  #forgetBroken(job: JobRun): void {
    this.#dispatcher.refresh(job);
    if (job.running > 0) return;
    job.isOver = true;
    this.#dispatcher.remove(job);
    this.#onOver(job);
  }

  #recordFactsOf(job: JobRun): void {
    const mayStart = !this.isClosing && job.mayStart;
    let held: readonly JobEvent[] = [];
    if (job.plan.isDone || (!mayStart && job.running === 0)) {
      job.isOver = true;
      job.plan.close(this.#clock.now());
      held = this.#dispatcher.remove(job);
      this.#onOver(job);
    } else {
      this.#dispatcher.refresh(job);
    }
    const events = [...held, ...job.plan.takeEvents()];
    if (events.length > 0) {
      job.ports.recorder.record(events);
      this.#news.push({ job, events, isLast: job.isOver });
    }
  }

  #sendStops(): void {
    const stops = this.#stops;
    this.#stops = [];
    for (const { key, graceMs, needsEnd } of stops) {
      this.#runner.stop(key, graceMs, needsEnd);
    }
  }

  #tellListeners(): void {
    for (let news = this.#news.shift(); news !== undefined; news = this.#news.shift()) {
      const { listener } = news.job.ports;
      try {
        listener.onEvents(news.events);
        if (news.isLast) listener.onOver();
      } catch (error) {
        this.#onFault(news.job, error);
      }
    }
  }
}
