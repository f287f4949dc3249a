/**
 * `logs JOB [TASK] [-f]`: what tasks wrote. One task's log comes as it is; of several, each line carries its task. What stands apart, since
 * it was written to stderr, goes to ours. Reads the files of the job and needs no engine; `-f` looks again several times a second until the
 * job has ended, and shows of each task what its latest attempt wrote, and all that come after it.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { AirError, type JobView, type TaskView } from "../../index.js";
import { AttemptsOnRecord, type AttemptOnRecord } from "../../internal.js";
import { AttemptFiles, type AttemptRange, type Look } from "../attempt-files.js";
import { exitCode } from "../exit-codes.js";
import { tasksOf } from "../job-source.js";
import { surviveLostTerminalsUntilSignal } from "../terminal/lost-terminal.js";
import { errorsPathOf, logPathOf } from "../log-file.js";
import { jsonView, prefixedView, rawView, terminalView, type LogView } from "../render/log-lines.js";
import { leftText } from "../render/left-behind.js";
import { printableLine } from "../render/printable.js";
import type { Settings } from "../command-line/settings.js";
import { suggestion } from "../command-line/suggest-word.js";
import { whenReaderGoes, type Sink } from "../terminal/terminal.js";
import { waitsFor } from "../waits-for.js";
import { WatchedJob } from "../watched-job.js";
import type { Call } from "../command.js";

const pollMs = 200;
/** Longer ids put the bar after them where it falls. */
const maxPrefix = 24;

export async function execute({ args, settings, terminal }: Call): Promise<number> {
  const { JOB: name = "", TASK: task = null } = args;
  const follows = settings.isOn("follow");
  whenReaderGoes(() => process.exit());
  if (follows) surviveLostTerminalsUntilSignal();
  const watched = new WatchedJob(settings.dir(), name, { run: settings.text("run"), isForJson: false });
  const reader = new LogsReader(settings, terminal, task);
  let said = "";
  for (;;) {
    const job = watched.view();
    const isLast = job.isOver || !follows;
    await reader.show(job, isLast);
    if (isLast) return reader.isWhole ? exitCode.completed : exitCode.environment;
    const obstacle = waitsFor(settings)(job);
    if (obstacle !== said && obstacle !== "") terminal.err.write(`job "${job.name}" waits: ${printableLine(obstacle)}\n`);
    said = obstacle;
    await sleep(pollMs);
  }
}

/** What a task writes, of one kind. */
interface Stream {
  readonly files: AttemptFiles;
  readonly sink: Sink;
  readonly isErrors: boolean;
  /** Of the attempt that is shown. */
  view: LogView | null;
}

/** Follows the logs of a job's tasks; those of tasks that ended are closed, and looked at no more until they run again. */
class LogsReader {
  /** `--attempt`. */
  readonly #only: number | null;
  readonly #isJson: boolean;
  readonly #isQuiet: boolean;
  readonly #out: Sink;
  readonly #err: Sink;
  readonly #task: string | null;
  readonly #open = new Map<string, readonly Stream[]>();
  /** By task, the attempt with which it had ended. */
  readonly #done = new Map<string, number>();
  #attempts: AttemptsOnRecord | null = null;
  #isFirst = true;
  #width = 0;
  #isWhole = true;

  constructor(settings: Settings, { out, err }: Call["terminal"], task: string | null) {
    this.#only = settings.attempt();
    this.#isJson = settings.isOn("json");
    this.#isQuiet = settings.isOn("quiet");
    this.#out = out;
    this.#err = err;
    this.#task = task;
  }

  /** False if a log could not be shown. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  async show(job: JobView, isLast: boolean): Promise<void> {
    this.#width = (job.tasks ?? []).reduce((width, { id }) => Math.min(maxPrefix, Math.max(width, id.length)), 0);
    if (isLast) this.#requireWanted(job);
    // When a job has ended its tasks.json is exact.
    this.#attempts = job.isOver ? null : (this.#attempts ?? new AttemptsOnRecord(job.dir));
    this.#attempts?.readOn();
    for (const task of this.#chosen(job)) {
      if ((this.#done.get(task.id) ?? 0) < this.#latestOf(task).attempt) await this.#showTask(job, task, isLast);
    }
    this.#isFirst = false;
  }

  /** What is not there now may come, if there is time for that. */
  #requireWanted(job: JobView): void {
    const tasks = tasksOf(job).filter(({ id }) => this.#task === null || id === this.#task);
    const most = tasks.reduce((before, { attempts = 0 }) => Math.max(before, attempts), 0);
    if (tasks.length === 0 || this.#only === null || this.#only <= most) return;
    const [whose, had] =
      this.#task === null
        ? [`no task of job "${job.name}" has an`, "the most that one has had is"]
        : [`task "${this.#task}" of job "${job.name}" has no`, "it has had"];
    throw new AirError("AIR_NOT_FOUND", `${whose} attempt ${this.#only}: ${had} ${most === 0 ? "none" : most}`);
  }

  #chosen(job: JobView): readonly TaskView[] {
    if (this.#task === null) return job.tasks ?? [];
    const task = job.tasks?.find(({ id }) => id === this.#task);
    if (task !== undefined) return [task];
    const ids = job.tasks?.map(({ id }) => id) ?? [];
    throw new AirError("AIR_NOT_FOUND", `job "${job.name}" has no task "${this.#task}"${suggestion(this.#task, ids)}`);
  }

  #latestOf({ id, attempts = 1 }: TaskView): AttemptOnRecord {
    return this.#attempts?.of(id) ?? { attempt: attempts, dueAt: null, isOrphaned: false };
  }

  async #showTask(job: JobView, task: TaskView, isLast: boolean): Promise<void> {
    const latest = (): AttemptOnRecord => {
      this.#attempts?.readOn();
      return this.#latestOf(task);
    };
    const streams = this.#open.get(task.id) ?? this.#begin(job, task, isLast);
    for (const stream of streams) await this.#write(task, stream, { latest, isLast, hasEngine: job.engine !== null });
    const { attempt } = this.#latestOf(task);
    const hasEnded = task.status !== "running" && task.status !== "pending" && task.status !== undefined;
    if (!isLast && !(hasEnded && attempt === (task.attempts ?? 1))) return;
    for (const stream of streams) await this.#finish(task, stream);
    if (this.#task !== null && task.left_behind != null && !this.#isQuiet)
      this.#err.write(`air-executor: ${leftText(task.id, task.left_behind)}: more may be written here\n`);
    this.#open.delete(task.id);
    this.#done.set(task.id, attempt);
  }

  #begin(job: JobView, task: TaskView, isLast: boolean): readonly Stream[] {
    const path = logPathOf(job, task);
    if (path === null) return [];
    const range = this.#rangeOf(task, isLast);
    const stream = (place: string, sink: Sink, isErrors: boolean): Stream => ({
      files: new AttemptFiles(place, range),
      sink,
      isErrors,
      view: null,
    });
    const streams = [stream(path, this.#out, false)];
    if (job.state?.["stderr"] === "apart") streams.push(stream(errorsPathOf(path), this.#isJson ? this.#out : this.#err, true));
    this.#open.set(task.id, streams);
    return streams;
  }

  /** Of what had begun before we looked the latest attempt that tasks.json knows, else all. */
  #rangeOf({ id, attempts = 1 }: TaskView, isLast: boolean): AttemptRange {
    const next = (this.#done.get(id) ?? 0) + 1;
    if (this.#only !== null) return { from: Math.max(this.#only, next), to: this.#only };
    return this.#isFirst ? { from: attempts, to: isLast ? attempts : Infinity } : { from: next, to: Infinity };
  }

  /** Each piece waits for a slow reader. */
  async #write({ id }: TaskView, stream: Stream, look: Look): Promise<void> {
    for (const { attempt, bytes } of stream.files.read(look)) {
      if (bytes === null) await this.#end(stream);
      else await stream.sink.send((stream.view ??= this.#viewOf(id, attempt, stream)).take(bytes));
    }
  }

  /** An unfinished last line is shown as it is. */
  async #end(stream: Stream): Promise<void> {
    if (stream.view !== null) await stream.sink.send(stream.view.end());
    stream.view = null;
  }

  async #finish({ id }: TaskView, stream: Stream): Promise<void> {
    await this.#end(stream);
    for (const problem of stream.files.problems) {
      this.#isWhole = false;
      this.#err.write(`air-executor: task "${printableLine(id)}": ${printableLine(problem)}\n`);
    }
    stream.files.close();
  }

  #viewOf(id: string, attempt: number, { sink: { isTerminal, style }, isErrors }: Stream): LogView {
    if (this.#isJson) return jsonView(id, attempt, isErrors);
    if (this.#task !== null) return isTerminal ? terminalView() : rawView();
    return prefixedView(style.busy(`${printableLine(id).padEnd(this.#width)} │ `), isTerminal);
  }
}
