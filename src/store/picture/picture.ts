/**
 * The picture of a job: what its events add up to. The one place that says what an event means, for the running engine (writer.ts) and
 * for recovery (recovery.ts) alike; snapshot.ts writes it down. Pure: no I/O, no clock.
 *
 * Of a map it holds only the tasks that have not ended: there is no end to those that have.
 */

import { impossible } from "../../domain/errors.js";
import type {
  AttemptEnded,
  AttemptOutlived,
  AttemptStarted,
  JobEvent,
  JobTaken,
  TasksAdded,
  TasksReset,
} from "../../domain/events.js";
import type { Counts, JobOwner, JobSettings, JobState, JobStatus, LoadedJob, RunIdentity } from "../../domain/job.js";
import type { LeftBehind, TaskRecord, TaskSpec, TaskStatus } from "../../domain/task.js";
import { isFinal } from "../../domain/task.js";
import { toJobOptions } from "../text/job-options.js";
import { AttemptMemory } from "./attempt-memory.js";
import { IdSet } from "./id-set.js";
import { begin, end, findFirstFailure, newRecord, renew } from "./task-records.js";
import { TaskSum } from "./task-sum.js";

/** More are nobody's business to read. */
const MOST_WARNINGS = 100;

export interface PictureOptions {
  /** A map, too, with all its tasks, which must have ended once. Default: false. */
  readonly keepsAll?: boolean;
  /** Of a map: whether anybody asks for `had` and `hadTasks`, which take memory. Default: true. */
  readonly keepsIds?: boolean;
}

export class Picture {
  name = "";
  run: RunIdentity = { id: "", createdAt: "" };
  owner: JobOwner = "run";
  settings: JobSettings = { ...toJobOptions({}), cwd: "/" };
  state: JobState = "waiting";
  startedAt: number | null = null;
  completedAt: number | null = null;
  updatedAt = 0;
  /** When the job was taken in, milliseconds since the epoch: what lay there then was read then. */
  takenAt = 0;
  /** Tells the tasks.json from which it was taken in; null if from none, undefined if that is not on record. */
  tasksFile: string | null | undefined = undefined;
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
  hasOldLogs = false;
  /** How many of the tasks the job had when it was taken in, at that very moment; later ones were added. */
  initialTasks = 0;
  readonly counts: Counts = { total: 0, pending: 0, running: 0, completed: 0, failed: 0, skipped: 0, cancelled: 0 };
  /** What somebody wrote into tasks.json in vain, a sentence each; the oldest are forgotten when there are many. */
  warnings: readonly string[] = [];
  /** Tasks that somebody changed in tasks.json, as they would be: a retry takes that up. */
  readonly edits = new Map<string, TaskSpec>();
  /** Called with the index of every task whose line is no longer what it was. */
  onTaskChanged: (index: number) => void = () => {};
  /** All ids that the map has had; null if it is no running map, or nobody asks. */
  had: IdSet | null = null;
  /** Of a map that is taken up: what comes of the inputs that it has had; null if nobody asks. */
  hadTasks: TaskSum | null = null;
  /** Of a running map: what tasks that are gone from here left behind. */
  readonly leftOfMap = new Map<string, LeftBehind>();
  /** Called with each task that is added. */
  onTaskAdded: (task: TaskSpec) => void = () => {};
  /** Of a map: called with each task as it leaves. */
  readonly onTaskLeft: ((task: TaskSpec, record: TaskRecord) => void)[] = [];

  /** Of a map: why the first to fail did, whose task is gone from here. */
  #firstError: string | null = null;
  /** As its journal has it: what is in flight is that job's, even if its directory has another name by now. */
  #takenAs = "";
  readonly #index = new Map<string, number>();
  readonly #memory = new AttemptMemory();
  /** It is that of a running map. */
  #forgets = false;
  readonly #options: PictureOptions;

  constructor(options: PictureOptions = {}) {
    this.#options = options;
  }

  get isOver(): boolean {
    return this.state !== "waiting" && this.state !== "working";
  }

  /** True of a map that has not ended: its picture keeps only the tasks that have not either. One that has is a job as any other. */
  get isRunningMap(): boolean {
    return this.#forgets;
  }

  /** Of the attempts in flight, each once. */
  get claims(): readonly string[] {
    return this.#memory.claims;
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
      case "settings-changed":
        this.settings = event.settings;
        return;
      case "job-taken-up":
        this.#takenAs = event.name ?? this.#takenAs;
        return;
      case "history-restored":
      case "held-back":
        return;
      case "attempt-started":
        return this.#start(event);
      case "attempt-begun":
        return this.#begin(event.task, event.at);
      case "attempt-stopping":
        return this.#memory.stopping(event);
      case "attempt-ended":
        return this.#end(event);
      case "attempt-outlived":
        return this.#outlive(event);
      case "task-ended": {
        const record = this.#change(event.task, event.status);
        record.error = event.error;
        record.completedAt = event.at;
        this.#memory.taskEnded(event.task, event.isHarmless);
        return this.#leave(event.task);
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
    this.takenAt = event.at;
    this.#takenAs = event.name;
    ({ name: this.name, run: this.run, owner: this.owner, settings: this.settings, extra: this.extra } = event);
    this.tasksFile = event.tasksFile;
    this.#forgets = event.owner === "map" && this.#options.keepsAll !== true;
    if (!this.#forgets || this.#options.keepsIds === false) return;
    this.had = new IdSet();
    this.hadTasks = new TaskSum();
  }

  #add({ tasks, at }: TasksAdded): void {
    for (const task of tasks) {
      const index = this.tasks.length;
      this.tasks.push(task);
      this.records.push(newRecord());
      this.#index.set(task.id, index);
      this.had?.add(task.id);
      this.hadTasks?.add(task);
      this.onTaskAdded(task);
      this.onTaskChanged(index);
    }
    this.counts.total += tasks.length;
    this.counts.pending += tasks.length;
    if (at === this.takenAt) this.initialTasks = this.tasks.length;
    this.#goOn();
  }

  #reset({ tasks, edited }: TasksReset): void {
    for (const task of edited) this.tasks[this.#indexOf(task.id)] = task;
    for (const task of tasks) {
      renew(this.#change(task, "pending"));
      this.edits.delete(task);
      this.#memory.forget(task);
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
    this.#memory.started(event, this.#takenAs);
    const { task, attempt, at, queued, ranOn } = event;
    if (queued !== true) begin(this.#change(task, "running"), { attempt, startedAt: at, ranOn });
  }

  /** @param at undefined if that is not on record. */
  #begin(task: string, at?: number): void {
    const attempt = this.#memory.begun(task, at);
    if (attempt !== null) begin(this.#change(task, "running"), attempt);
  }

  #end(event: AttemptEnded): void {
    const { task, outcome, status } = event;
    const isUntouched = outcome.kind === "not-begun" && this.#memory.isQueued(task);
    if (!isUntouched) this.#begin(task);
    const record = this.#change(task, status);
    this.#memory.ended(event);
    if (!isUntouched) end(record, event);
    else if (isFinal(status)) record.error = event.error;
    if (status === "failed" && this.firstFailure === null) ({ task: this.firstFailure, error: this.#firstError } = event);
    if (!isFinal(status)) return;
    record.completedAt = event.at;
    this.#leave(task);
  }

  #outlive({ task, attempt, processes, isStuck }: AttemptOutlived): void {
    const left = { attempt, processes, isStuck: isStuck === true };
    if (this.isRunningMap && !this.#index.has(task)) {
      this.leftOfMap.set(task, left);
      return;
    }
    const index = this.#indexOf(task);
    this.records[index]!.left = left;
    this.onTaskChanged(index);
  }

  /** A task of a map has ended. The last one takes its place: that is all that has to be moved. */
  #leave(task: string): void {
    if (!this.isRunningMap) return;
    const place = this.#indexOf(task);
    for (const tell of this.onTaskLeft) tell(this.tasks[place]!, this.records[place]!);
    this.#memory.forget(task);
    this.#index.delete(task);
    const [last, record] = [this.tasks.pop()!, this.records.pop()!];
    if (place === this.tasks.length) return;
    this.tasks[place] = last;
    this.records[place] = record;
    this.#index.set(last.id, place);
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
    const { id, createdAt } = run;
    return { name, id, state, createdAt, startedAt, completedAt, error, counts: { ...this.counts }, firstFailure };
  }

  /** What the scheduler needs to take the job up. It shares the task specs and reads the records; it changes neither. */
  load(): LoadedJob {
    // Where each task of a map stands tells nothing of when it came; the index has kept that.
    const places = this.isRunningMap ? [...this.#index.values()] : null;
    return {
      name: this.#takenAs,
      settings: this.settings,
      tasks: places?.map((place) => this.tasks[place]!) ?? this.tasks,
      records: places?.map((place) => this.records[place]!) ?? this.records,
      ...this.#memory.load(),
      isCancelling: this.isCancelling,
      ...(this.isRunningMap && { map: { counts: this.counts, firstFailure: this.firstFailure, firstError: this.#firstError } }),
    };
  }
}
