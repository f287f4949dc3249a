/**
 * `logs JOB [TASK] [-f]`: what tasks wrote. One task's log comes as it is; of several, each line carries its task. What stands apart, since
 * it was written to stderr, goes to ours. Reads the files of the job and needs no engine; `-f` looks again several times a second until the
 * job has ended.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { AirError, type JobView, type TaskView } from "../../index.js";
import { exitCode } from "../exit-codes.js";
import { findJob, tasksOf } from "../job-source.js";
import { surviveLostTerminalsUntilSignal } from "../terminal/lost-terminal.js";
import { errorsPathOf, LogFile, logPathOf } from "../log-file.js";
import { jsonView, prefixedView, rawView, terminalView, type LogView } from "../render/log-lines.js";
import { lookAt } from "../../system/look/path-look.js";
import { leftText } from "../render/left-behind.js";
import { printableLine } from "../render/printable.js";
import type { Settings } from "../command-line/settings.js";
import { suggestion } from "../command-line/suggest-word.js";
import { whenReaderGoes, type Sink } from "../terminal/terminal.js";
import { waitsFor } from "../waits-for.js";
import type { Call } from "../command.js";

const pollMs = 200;
/** Longer ids put the bar after them where it falls. */
const maxPrefix = 24;

export async function execute({ args, settings, terminal }: Call): Promise<number> {
  const { JOB: name = "", TASK: task = null } = args;
  whenReaderGoes(() => process.exit());
  if (settings.isOn("follow")) surviveLostTerminalsUntilSignal();
  const reader = new LogsReader(settings, terminal, task);
  let said = "";
  for (;;) {
    const job = findJob(settings.dir(), name, { run: settings.text("run"), withTasks: true });
    await reader.show(job, job.isOver || !settings.isOn("follow"));
    if (job.isOver || !settings.isOn("follow")) return reader.isWhole ? exitCode.completed : exitCode.environment;
    const obstacle = waitsFor(settings)(job);
    if (obstacle !== said && obstacle !== "") terminal.err.write(`job "${job.name}" waits: ${printableLine(obstacle)}\n`);
    said = obstacle;
    await sleep(pollMs);
  }
}

/** A file that a task writes in an attempt. */
interface Written {
  readonly file: LogFile;
  readonly view: LogView;
  readonly sink: Sink;
  /** Was opened as that of an attempt before, before the later one that writes it was on record: to be read on when that comes. */
  readonly ahead: LogFile | null;
}

interface Shown {
  readonly attempt: number;
  readonly written: readonly Written[];
}

/** Follows the logs of a job's tasks; those of tasks that ended are closed and looked at no more. */
class LogsReader {
  readonly #settings: Settings;
  readonly #out: Sink;
  readonly #err: Sink;
  readonly #task: string | null;
  readonly #open = new Map<string, Shown>();
  /** By task, the attempt with which it had ended. */
  readonly #done = new Map<string, number>();
  #width = 0;
  #isWhole = true;

  constructor(settings: Settings, { out, err }: Call["terminal"], task: string | null) {
    this.#settings = settings;
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
    for (const task of this.#chosen(job)) {
      if ((this.#done.get(task.id) ?? 0) >= this.#attemptOf(task)) continue;
      const isOver = isLast || (task.status !== "running" && task.status !== "pending" && task.status !== undefined);
      await this.#showTask(job, task, isOver);
    }
  }

  /** What is not there now may come, if there is time for that. */
  #requireWanted(job: JobView): void {
    const task = tasksOf(job).find(({ id }) => id === this.#task);
    const attempt = this.#settings.attempt();
    const { attempts = 0 } = task ?? {};
    if (task === undefined || attempt === null || attempt <= attempts) return;
    const had = attempts === 0 ? "it has had none" : `it has had ${attempts}`;
    throw new AirError("AIR_NOT_FOUND", `task "${task.id}" of job "${job.name}" has no attempt ${attempt}: ${had}`);
  }

  #chosen(job: JobView): readonly TaskView[] {
    if (this.#task === null) return job.tasks ?? [];
    const task = job.tasks?.find(({ id }) => id === this.#task);
    if (task !== undefined) return [task];
    const ids = job.tasks?.map(({ id }) => id) ?? [];
    throw new AirError("AIR_NOT_FOUND", `job "${job.name}" has no task "${this.#task}"${suggestion(this.#task, ids)}`);
  }

  async #showTask(job: JobView, task: TaskView, isOver: boolean): Promise<void> {
    const latest = this.#attemptOf(task);
    const ended = this.#done.get(task.id);
    let shown = this.#open.get(task.id) ?? this.#begin(job, task, ended === undefined ? latest : ended + 1);
    if (shown.attempt < latest) shown = await this.#lookAgain(job, task, shown);
    for (; shown.attempt < latest; shown = this.#begin(job, task, shown.attempt + 1, shown)) await this.#write(shown, true);
    // As long as no attempt is on record it may be any.
    if (typeof task.log === "string") this.#open.set(task.id, shown);
    await this.#write(shown, isOver);
    if (!isOver) return;
    for (const { file, ahead } of shown.written) {
      if (file.problem !== null) this.#tellProblem(task.id, file.problem);
      file.close();
      ahead?.close();
    }
    if (this.#task !== null && task.left_behind != null && !this.#settings.isOn("quiet"))
      this.#err.write(`air-executor: ${leftText(task.id, task.left_behind)}: more may be written here\n`);
    this.#open.delete(task.id);
    this.#done.set(task.id, latest);
  }

  /** The attempt is over, by what is on record now: that tells which file was its own. */
  async #lookAgain(job: JobView, task: TaskView, shown: Shown): Promise<Shown> {
    const again = this.#begin(job, task, shown.attempt, shown);
    for (const [index, { view, sink }] of shown.written.entries())
      if (again.written[index]?.view !== view) await sink.send(view.end());
    return again;
  }

  #attemptOf(task: TaskView): number {
    return this.#settings.attempt() ?? task.attempts ?? 1;
  }

  async #write({ written }: Shown, isLast: boolean): Promise<void> {
    for (const { file, view, sink } of written) {
      // Each waits for a slow reader.
      for (const chunk of file.readOn()) await sink.send(view.take(chunk));
      if (isLast) await sink.send(view.end());
    }
  }

  #tellProblem(task: string, problem: string): void {
    this.#isWhole = false;
    this.#err.write(`air-executor: task "${printableLine(task)}": ${printableLine(problem)}\n`);
  }

  /** @param before the attempt before it, which is over, or itself: what was opened as a file of that and is one of this is read on. */
  #begin(job: JobView, task: TaskView, attempt: number, before?: Shown): Shown {
    const path = logPathOf(job, task, this.#settings.attempt());
    const isApart = job.state?.["stderr"] === "apart";
    const sinks = [this.#out, ...(isApart ? [this.#settings.isOn("json") ? this.#out : this.#err] : [])];
    const written = (path === null ? [] : sinks).map((sink, index): Written => {
      const place = index === 0 ? path! : errorsPathOf(path!);
      const earlier = place.replace(/\.(log|err)$/, `~${attempt}.$1`);
      // Since the file that we read it from was written others may have begun.
      const isEarlier =
        attempt < this.#attemptOf(task) || (this.#settings.attempt() === null && lookAt(earlier).answer === "yes");
      const own = isEarlier ? earlier : place;
      const earlierOn = before?.written[index];
      const open = [earlierOn?.file, earlierOn?.ahead].filter((file) => file != null);
      const file = open.find((one) => one.isAt(own)) ?? new LogFile(own);
      const isSame = before?.attempt === attempt && file === earlierOn?.file;
      const view = isSame ? earlierOn.view : this.#viewOf(task, attempt, sink, index === 1);
      const ahead = open.find((one) => one !== file && (one === earlierOn?.ahead || before?.attempt === attempt)) ?? null;
      for (const one of open) if (one !== file && one !== ahead) one.close();
      return { file, view, sink, ahead };
    });
    return { attempt, written };
  }

  #viewOf(task: TaskView, attempt: number, { isTerminal, style }: Sink, isErrors: boolean): LogView {
    if (this.#settings.isOn("json")) return jsonView(task.id, attempt, isErrors);
    if (this.#task !== null) return isTerminal ? terminalView() : rawView();
    return prefixedView(style.busy(`${printableLine(task.id).padEnd(this.#width)} │ `), isTerminal);
  }
}
