/**
 * Runs a batch in the foreground: has the library map its tasks, shows their output and how it goes, and says how it ended. What ends it
 * early, a signal or a reader that went away, is passed on.
 */

import { availableParallelism } from "node:os";
import { AirExecutor, viewPaths, type Job, type MapOptions, type MapResult, type MapSummary, type MapTask } from "../../index.js";
import { logFileName } from "../../internal.js";
import type { Call } from "../command.js";
import { exitCode, exitCodeOfSignal, exitCodeOfSummary } from "../exit-codes.js";
import { executorOptions } from "../foreground.js";
import { compileLate } from "../late-compiler.js";
import { readLogEnd } from "../log-file.js";
import { showProgress, type Progress } from "../progress.js";
import { formatDuration } from "../render/figures.js";
import { summaryJson } from "../render/job-json.js";
import { lastLines } from "../render/log-lines.js";
import { summaryText, type Failure, type Work } from "../render/summary.js";
import { commandText, placeOption } from "../shell-word.js";
import { watchSignals, type SignalWatch } from "../signals.js";
import { whenReaderGoes } from "../terminal.js";
import { isExpected } from "../usage-error.js";
import { WorkTally } from "../work-tally.js";
import { haltAt } from "./halt-option.js";
import { identityOf } from "./identity.js";
import { Joblog } from "./joblog.js";
import { Pieces } from "./keep-pieces.js";
import { Follower } from "./output/follower.js";
import { Printer } from "./output/printer.js";
import { commandToGoOn } from "./command-to-go-on.js";
import { collected, type Prepared } from "./prepare.js";
import type { Wish } from "./wish.js";

const TAIL_LINES = 10;
const TAIL_BYTES = 64 * 1024;
/** As of a program that SIGPIPE ended. */
const READER_GONE = 141;
/** Tasks at once keep their names for the failure that is told: more are not needed. */
const EDGES = ["before", "after"] as const;

export async function runBatch(call: Call, wish: Wish, tasks: AsyncIterable<Prepared>): Promise<number> {
  return new Batch(call, wish).run(tasks);
}

class Batch {
  readonly #call: Call;
  readonly #wish: Wish;
  readonly #isQuiet: boolean;
  readonly #printer: Printer | null;
  readonly #follower: Follower | null;
  readonly #joblog: Joblog | null;
  #job: Job | null = null;
  #work: WorkTally | null = null;
  #progress: Progress | null = null;
  #pieces: Pieces | null = null;
  #failure: Failure | null = null;
  #isReaderGone = false;
  /** How many tasks there will be, once that is known. */
  #total: number | null = null;

  constructor(call: Call, wish: Wish) {
    const { settings, terminal } = call;
    this.#call = call;
    this.#wish = wish;
    this.#isQuiet = settings.isOn("quiet");
    this.#joblog = wish.joblog === null ? null : new Joblog(wish.joblog);
    const { isShown, isByLine, isOrdered } = wish.output;
    this.#printer = isShown && !isByLine ? new Printer(terminal, isOrdered) : null;
    this.#follower = isShown && isByLine ? new Follower(terminal) : null;
  }

  async run(tasks: AsyncIterable<Prepared>): Promise<number> {
    const { settings } = this.#call;
    const inputs = this.#wish.halt?.isShare === true ? await collected(tasks) : tasks;
    compileLate(0);
    const executor = await AirExecutor.open(executorOptions(settings.dir(), settings, (line) => this.#say(line)));
    const signals = this.#watch(executor);
    try {
      const summary = await this.#map(executor, inputs);
      return await this.#tell(summary, signals);
    } catch (error) {
      const signal = signals.received();
      // It came before the first task could start.
      if (signal !== null && isExpected(error) && error.code === "AIR_CLOSED") return exitCodeOfSignal(signal);
      throw error;
    } finally {
      this.#progress?.end();
      await this.#follower?.end();
      await executor.close();
      signals.end();
      this.#joblog?.end();
    }
  }

  #say(line: string): void {
    if (this.#progress === null) this.#call.terminal.err.write(`${line}\n`);
    else this.#progress.say(line);
  }

  #watch(executor: AirExecutor): SignalWatch {
    const graceMs = this.#call.settings.gracePeriodMs();
    whenReaderGoes(() => {
      this.#isReaderGone = true;
      void executor.stop({ graceMs });
    });
    return watchSignals((signal, count) => {
      if (count === 1 && !this.#isQuiet)
        this.#say(`${signal}: stopping; what runs has ${formatDuration(graceMs)} to end, once more kills it`);
      void executor.stop({ graceMs: count === 1 ? graceMs : 0 });
    });
  }

  async #map(executor: AirExecutor, inputs: AsyncIterable<Prepared> | readonly Prepared[]): Promise<MapSummary> {
    const map = executor.map(this.#counted(inputs), (prepared) => this.#toTask(prepared), this.#options(inputs));
    for (;;) {
      const next = await map.next();
      if (next.done === true) return next.value;
      this.#note(next.value);
    }
  }

  #options(inputs: AsyncIterable<Prepared> | readonly Prepared[]): MapOptions {
    const { settings } = this.#call;
    const { halt, before, after, env, cwd, delayMs, resources } = this.#wish;
    const name = settings.text("name");
    const shell = (script: string): MapTask => ({ command: "sh", args: ["-c", script] });
    return {
      ...(name !== null && { name }),
      ...(cwd !== null && { cwd }),
      ...(halt !== null && { halt: haltAt(halt, Array.isArray(inputs) ? inputs.length : 0) }),
      ...(before !== null && { before: shell(before) }),
      ...(after !== null && { after: shell(after) }),
      ...(resources !== null && { resources }),
      env,
      delayMs,
      stderr: "apart",
      mapOf: identityOf(this.#wish),
      fresh: settings.isOn("fresh"),
      onBegin: (job) => this.#begin(job),
    };
  }

  #begin(job: Job): void {
    const { settings, terminal } = this.#call;
    const { dir } = viewPaths(settings.dir(), job.name);
    const { counts } = job.status();
    this.#job = job;
    this.#work = this.#isQuiet ? null : new WorkTally(job);
    this.#pieces = new Pieces(dir);
    this.#joblog?.begin(counts.total === 0);
    if (this.#wish.before !== null || this.#wish.after !== null) this.#watchEdges(job, dir);
    if (!this.#isQuiet) this.#progress = showProgress(job, terminal.err, { isBatch: true, total: () => this.#total });
  }

  /** The tasks that come of no input have no result. */
  #watchEdges(job: Job, dir: string): void {
    job.onEvents((events) => {
      for (const event of events) {
        if (event.type !== "attempt-ended" || !EDGES.some((id) => id === event.task)) continue;
        const log = `${dir}/logs/${logFileName(event.task)}`;
        if (event.status === "failed") this.#noteFailure(event.task, event.error, event.attempt, log);
        if (event.status !== "pending") void this.#printer?.show(log);
      }
    });
  }

  async #toTask({ number, command, args, piece, tag }: Prepared): Promise<MapTask> {
    if (this.#follower !== null) this.#follower.begin(number, `${this.#logs}/${logFileName(`task-${number}`)}`, tag);
    const stdin = piece === null ? {} : { stdin: await this.#pieces!.keep(number, piece) };
    return { command, args, ...stdin, ...this.#wish.options };
  }

  /** Learns from the end of the input how many there are. */
  async *#counted(inputs: AsyncIterable<Prepared> | readonly Prepared[]): AsyncGenerator<Prepared> {
    const edges = [this.#wish.before, this.#wish.after].filter((edge) => edge !== null).length;
    if (Array.isArray(inputs)) this.#total = inputs.length + edges;
    let count = edges;
    for await (const input of inputs) {
      count += 1;
      yield input;
    }
    this.#total = count;
  }

  get #logs(): string {
    return `${viewPaths(this.#call.settings.dir(), this.#job?.name ?? "").dir}/logs`;
  }

  #note(result: MapResult<Prepared>): void {
    const { input, task, status, error, attempts, log } = result;
    this.#joblog?.note(result);
    if (status === "failed" && this.#failure === null) this.#noteFailure(task, error, attempts, log);
    if (status === "pending") return;
    if (log === null) this.#printer?.pass(input.number);
    else this.#printer?.add({ number: input.number, log, tag: input.tag });
    this.#follower?.finish(input.number);
  }

  #noteFailure(task: string, error: string | null, attempts: number, log: string | null): void {
    const errors = log === null ? null : readLogEnd(log.replace(/\.log$/, ".err"), TAIL_BYTES).end;
    const { end, problem } = log === null || errors !== null ? { end: errors, problem: null } : readLogEnd(log, TAIL_BYTES);
    this.#failure ??= { task, error, attempts, tail: end === null ? [] : lastLines(end, TAIL_LINES), problem };
  }

  async #tell(summary: MapSummary, signals: SignalWatch): Promise<number> {
    const { settings, terminal } = this.#call;
    if (this.#isReaderGone) return READER_GONE;
    await this.#printer?.end();
    await this.#follower?.end();
    this.#progress?.end();
    this.#progress = null;
    if (settings.isOn("json"))
      await terminal.out.send(`${JSON.stringify({ ...summaryJson(summary), halted: summary.halted })}\n`);
    const { halted } = summary;
    if (!this.#isQuiet || summary.state !== "completed") {
      const text = summaryText(summary, this.#failure, this.#hints(summary), terminal.err.style, this.#gain());
      terminal.err.write(halted === null ? text : `stopped early, since ${halted}\n${text}`);
    }
    if (halted === null) return exitCodeOfSummary(summary, signals.received());
    return this.#wish.halt?.kind === "completed" || summary.counts.failed === 0 ? exitCode.completed : exitCode.failed;
  }

  #gain(): Work | null {
    if (this.#work === null) return null;
    const { ms, usage } = this.#work;
    return { ms, usage, slots: this.#call.settings.concurrency(availableParallelism()) };
  }

  #hints({ name, firstFailure }: MapSummary): Parameters<typeof summaryText>[2] {
    const { settings } = this.#call;
    const place = placeOption(settings);
    return {
      resume: commandToGoOn(name, this.#call.settings, this.#wish),
      status: commandText("status", [name], place),
      log: commandText("logs", [name, firstFailure ?? ""], place),
      retry: commandText("retry", [name], place),
    };
  }
}
