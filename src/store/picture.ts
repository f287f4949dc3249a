/**
 * The picture of a job: what its events add up to. The one place that says what an event means, for the running engine (writer.ts) and
 * for recovery (recovery.ts) alike; snapshot.ts writes it down. Pure: no I/O, no clock.
 */

import { impossible } from "../domain/errors.js";
import type { AttemptEnded, AttemptStarted, JobEvent, JobTaken, TasksAdded, TasksReset } from "../domain/events.js";
import type { Counts, InFlight, JobOwner, JobSettings, JobState, JobStatus, LoadedJob, RunIdentity } from "../domain/job.js";
import type { TaskRecord, TaskSpec, TaskStatus } from "../domain/task.js";
import { isFinal } from "../domain/task.js";
import { begin, findFirstFailure, newRecord, renew } from "./task-records.js";

/** More are nobody's business to read. */
const MOST_WARNINGS = 100;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export class Picture {
  name = "";
  run: RunIdentity = { id: "", createdAt: "" };
  owner: JobOwner = "run";
  settings: JobSettings = { concurrency: null, maxFailures: null, env: {}, cwd: "/" };
  state: JobState = "waiting";
  startedAt: number | null = null;
  completedAt: number | null = null;
  updatedAt = 0;
  /** Counts the events so far: tells whether anything has changed. */
  version = 0;
  error: string | null = null;
  firstFailure: string | null = null;
  isCancelling = false;
  /** Keys of state.json that we don't know: kept as they are. */
  extra: Readonly<Record<string, unknown>> = {};
  readonly tasks: TaskSpec[] = [];
  readonly records: TaskRecord[] = [];
  /** True if logs/ held files when the job was taken in or taken up again: one may be in the way of a first attempt's. */
  hasForeignLogs = false;
  /** How many of the tasks the job had when it was taken in, at that very moment; later ones were added. */
  initialTasks = 0;
  readonly counts: Counts = { total: 0, pending: 0, running: 0, completed: 0, failed: 0, skipped: 0, cancelled: 0 };
  /** What somebody wrote into tasks.json in vain, a sentence each; the oldest are forgotten when there are many. */
  warnings: readonly string[] = [];
  /** Tasks that somebody changed in tasks.json, as they would be: a retry takes that up. */
  readonly edits = new Map<string, TaskSpec>();
  /** Called with the index of every task whose line is no longer what it was. */
  onTaskChanged: (index: number) => void = () => {};

  #takenAt = 0;
  readonly #index = new Map<string, number>();
  readonly #inFlight = new Map<string, Mutable<InFlight>>();
  readonly #retryAt = new Map<string, number>();
  readonly #losses = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  readonly #harmless = new Set<string>();

  get isOver(): boolean {
    return this.state !== "waiting" && this.state !== "working";
  }

  /** The place of each task by its id. */
  get ids(): ReadonlyMap<string, number> {
    return this.#index;
  }

  apply(event: JobEvent): void {
    this.updatedAt = event.at;
    this.version += 1;
    switch (event.type) {
      case "job-taken":
        return this.#take(event);
      case "tasks-added":
        return this.#add(event);
      case "records-restored":
        return event.records.forEach(([task, record]) => Object.assign(this.#change(task, record.status), record));
      case "job-restored":
        ({ state: this.state, startedAt: this.startedAt, completedAt: this.completedAt, error: this.error } = event);
        ({ firstFailure: this.firstFailure, initialTasks: this.initialTasks } = event);
        return;
      case "attempt-started":
        return this.#start(event);
      case "attempt-begun":
        return this.#begin(this.#inFlight.get(event.task));
      case "attempt-stopping": {
        const stopped = this.#inFlight.get(event.task);
        if (stopped) stopped.stopping ??= event.reason;
        return;
      }
      case "attempt-ended":
        return this.#end(event);
      case "task-ended": {
        const record = this.#change(event.task, event.status);
        record.error = event.error;
        record.completedAt = event.at;
        this.#retryAt.delete(event.task);
        if (event.isHarmless) this.#harmless.add(event.task);
        return;
      }
      case "tasks-reset":
        return this.#reset(event);
      case "edits-ignored":
        this.warnings = [...new Set([...this.warnings, ...event.notes])].slice(-MOST_WARNINGS);
        for (const task of event.edited) this.edits.set(task.id, task);
        return;
      case "job-cancelling":
        this.isCancelling = true;
        return;
      case "job-interrupted":
        this.state = "waiting";
        return;
      case "job-ended":
        this.state = event.state;
        this.error = event.error;
        this.completedAt = event.at;
        return;
      default:
        impossible(event);
    }
  }

  #take(event: JobTaken): void {
    this.#takenAt = event.at;
    this.name = event.name;
    this.run = event.run;
    this.owner = event.owner;
    this.settings = event.settings;
    this.extra = event.extra;
  }

  #add({ tasks, at }: TasksAdded): void {
    for (const task of tasks) {
      const index = this.tasks.length;
      this.tasks.push(task);
      this.records.push(newRecord());
      this.#index.set(task.id, index);
      this.onTaskChanged(index);
    }
    this.counts.total += tasks.length;
    this.counts.pending += tasks.length;
    if (at === this.#takenAt) this.initialTasks = this.tasks.length;
    this.#goOn();
  }

  #reset({ tasks, edited }: TasksReset): void {
    for (const task of edited) this.tasks[this.#indexOf(task.id)] = task;
    for (const task of tasks) {
      renew(this.#change(task, "pending"));
      for (const memory of [this.edits, this.#retryAt, this.#losses, this.#failures, this.#harmless]) memory.delete(task);
    }
    this.firstFailure = findFirstFailure(this.tasks, this.records);
    this.warnings = [];
    this.#goOn();
  }

  /** A job that had ended is unfinished again. */
  #goOn(): void {
    if (!this.isOver) return;
    this.state = "waiting";
    this.completedAt = null;
    this.error = null;
    this.isCancelling = false;
  }

  #start(event: AttemptStarted): void {
    this.state = "working";
    this.startedAt ??= event.at;
    this.#retryAt.delete(event.task);
    const { task, attempt, at, spool, key, queued } = event;
    const inFlight = { task, attempt, startedAt: at, spool, key, isQueued: true, stopping: null };
    this.#inFlight.set(task, inFlight);
    if (queued !== true) this.#begin(inFlight);
  }

  #begin(attempt: Mutable<InFlight> | undefined): void {
    if (attempt?.isQueued !== true) return;
    attempt.isQueued = false;
    begin(this.#change(attempt.task, "running"), attempt);
  }

  #end(event: AttemptEnded): void {
    const { task, outcome, status } = event;
    this.#begin(this.#inFlight.get(task));
    const record = this.#change(task, status);
    this.#inFlight.delete(task);
    record.error = event.error;
    record.exitCode = outcome.kind === "exited" ? outcome.exitCode : null;
    record.signal = outcome.kind === "signaled" ? outcome.signal : null;
    if (outcome.kind === "not-begun") {
      // It was not an attempt after all.
      record.attempts -= 1;
      record.startedAt = null;
      record.error = null;
    } else if (outcome.kind === "lost" && outcome.stopped === undefined) {
      this.#losses.set(task, (this.#losses.get(task) ?? 0) + 1);
    } else if (status !== "completed" && outcome.stopped !== "interrupt") {
      this.#failures.set(task, (this.#failures.get(task) ?? 0) + 1);
    }
    if (event.retryAt === null) this.#retryAt.delete(task);
    else this.#retryAt.set(task, event.retryAt);
    if (isFinal(status)) record.completedAt = event.at;
    if (status === "failed") this.firstFailure ??= task;
  }

  /** Moves a task to a status and keeps the counts. */
  #change(task: string, status: TaskStatus): TaskRecord {
    const index = this.#indexOf(task);
    const record = this.records[index]!;
    this.counts[record.status] -= 1;
    this.counts[status] += 1;
    record.status = status;
    this.onTaskChanged(index);
    return record;
  }

  #indexOf(task: string): number {
    const index = this.#index.get(task);
    if (index === undefined) throw new Error(`Internal error: an event names the unknown task ${JSON.stringify(task)}`);
    return index;
  }

  status(): JobStatus {
    const { name, run, state, startedAt, completedAt, error, firstFailure } = this;
    return {
      name,
      id: run.id,
      state,
      createdAt: run.createdAt,
      startedAt,
      completedAt,
      error,
      counts: { ...this.counts },
      firstFailure,
    };
  }

  /** What the scheduler needs to take the job up. It shares the task specs and reads the records; it changes neither. */
  load(): LoadedJob {
    return {
      name: this.name,
      settings: this.settings,
      tasks: this.tasks,
      records: this.records,
      inFlight: [...this.#inFlight.values()],
      retryAt: this.#retryAt,
      losses: this.#losses,
      failures: this.#failures,
      harmless: this.#harmless,
      isCancelling: this.isCancelling,
    };
  }
}
