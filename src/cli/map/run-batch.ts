/**
 * Runs a batch in the foreground: has the library map its tasks, shows their output and how it goes, and says how it ended. What ends it
 * early, a signal or a reader that went away, is passed on.
 */

import {
  AirExecutor,
  viewPaths,
  type Job,
  type JobSummary,
  type MapOptions,
  type MapResult,
  type MapSummary,
  type MapTask,
} from "../../index.js";
import type { Call } from "../command.js";
import { exitCodeOfSignal } from "../exit-codes.js";
import { findFailure, readFailure } from "../first-failure.js";
import { executorOptions } from "../foreground.js";
import { compileLate } from "../late-compiler.js";
import { showProgress, type Progress } from "../terminal/progress.js";
import { formatDuration } from "../render/figures.js";
import { summaryJson } from "../render/job-json.js";
import { summaryText, type Failure } from "../render/summary.js";
import { watchSignals, type SignalWatch } from "../signals.js";
import { whenReaderGoes } from "../terminal/terminal.js";
import { taskCommand } from "../task-command.js";
import { isExpected } from "../command-line/usage-error.js";
import { WorkTally } from "../work-tally.js";
import { READER_GONE, exitCodeOfBatch } from "./batch-exit-code.js";
import { haltAt } from "./halt-option.js";
import { identityOf } from "./identity.js";
import { beginJoblog, Joblog } from "./joblog.js";
import { OpenCommands } from "./open-commands.js";
import { Pieces } from "./keep-pieces.js";
import { BatchOutput } from "./output/batch-output.js";
import { findUnshown } from "./find-unshown.js";
import { hintsOf } from "./command-to-go-on.js";
import { Hurry } from "./hurry.js";
import { collected, type Prepared } from "./prepare.js";
import { watchEdges } from "./watch-edges.js";
import type { Wish } from "./wish.js";
import { directoryFromHere } from "../../system/look/current-directory.js";
import { jsonLine } from "../render/json-line.js";

export async function runBatch(call: Call, wish: Wish, tasks: AsyncIterable<Prepared>): Promise<number> {
  const batch = new Batch(call, wish);
  const code = await batch.run(tasks);
  // What is on its way to a reader that takes nothing would keep us for ever.
  if (batch.hurry.isCut) process.exit(code);
  return code;
}

class Batch {
  readonly #call: Call;
  readonly #wish: Wish;
  readonly #isQuiet: boolean;
  readonly #output: BatchOutput;
  readonly #joblog: Joblog | null;
  #work: WorkTally | null = null;
  #progress: Progress | null = null;
  #pieces: Pieces | null = null;
  #failure: Failure | null = null;
  #isReaderGone = false;
  #hasBegun = false;
  /** A reader that takes nothing is waited for until we are to stop: what is left is shown when the batch is gone on with. */
  readonly hurry = new Hurry();
  readonly #commands = new OpenCommands();
  /** How many tasks there will be, once that is known. */
  #total: number | null = null;

  constructor(call: Call, wish: Wish) {
    const { settings, terminal } = call;
    this.#call = call;
    this.#wish = wish;
    this.#isQuiet = settings.isOn("quiet");
    this.#joblog = wish.joblog === null ? null : new Joblog(wish.joblog, (message) => this.#say(`air-executor: ${message}`));
    this.#output = new BatchOutput(terminal, wish.output, () => this.#isReaderGone);
  }

  async run(tasks: AsyncIterable<Prepared>): Promise<number> {
    const { settings } = this.#call;
    const inputs = this.#wish.halt?.isShare === true ? await collected(tasks) : tasks;
    compileLate(0);
    const executor = await AirExecutor.open(executorOptions(settings.dir(), settings, (line) => this.#say(line)));
    const signals = this.#watch(executor);
    let isOver = false;
    try {
      const unshown = findUnshown(settings, this.#wish);
      const ended = unshown === null ? null : await (await executor.takeUp(directoryFromHere(unshown))).finished();
      const summary = ended === null ? await this.#map(executor, inputs) : await this.#showRest(ended, inputs);
      const code = await this.#tell(summary, signals);
      isOver = !summary.isInterrupted && !this.#isReaderGone && !this.hurry.isCut;
      return code;
    } catch (error) {
      const signal = signals.received();
      // It came before the first task could start.
      if (signal !== null && isExpected(error) && error.code === "AIR_CLOSED") return exitCodeOfSignal(signal);
      throw error;
    } finally {
      this.#progress?.end();
      await this.hurry.orDone(this.#output.end());
      await executor.close();
      this.#joblog?.end();
      // Last: where we are killed before, the same command tells of it again, and runs nothing.
      await this.hurry.orDone(this.#output.close(isOver));
      signals.end();
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
      if (count > 1) this.hurry.begin();
      else this.hurry.stop(graceMs);
    });
  }

  /** Of a batch that had ended before: nothing is run. */
  async #showRest(summary: JobSummary, inputs: AsyncIterable<Prepared> | readonly Prepared[]): Promise<MapSummary> {
    const paths = viewPaths(this.#call.settings.dir(), summary.name);
    if (!this.#isQuiet)
      this.#say(`${summary.name} has ended: what is left of its output is shown, and nothing is run (--fresh begins anew)`);
    this.#output.begin(paths.dir, false);
    if (this.#joblog !== null) beginJoblog(this.#joblog, paths, summary.counts);
    if (this.#wish.before !== null) this.#output.showEdge("before", true);
    for await (const { number, tag } of inputs) this.#output.pass(number, tag);
    if (this.#wish.after !== null) this.#output.showEdge("after", true);
    return { halted: null, ...summary };
  }

  async #map(executor: AirExecutor, inputs: AsyncIterable<Prepared> | readonly Prepared[]): Promise<MapSummary> {
    const map = executor.map(this.#counted(inputs), (prepared) => this.#toTask(prepared), this.#options(inputs));
    for (;;) {
      const next = await map.next();
      // Whoever ran it died between its end and telling of it.
      if (next.done === true) return this.#hasBegun ? next.value : this.#showRest(next.value, inputs);
      this.#note(next.value);
    }
  }

  #options(inputs: AsyncIterable<Prepared> | readonly Prepared[]): MapOptions<Prepared> {
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
      onPassed: (prepared) => {
        this.#commands.delete(prepared);
        this.#output.pass(prepared.number, prepared.tag);
      },
      onBegin: (job) => this.#begin(job),
    };
  }

  #begin(job: Job): void {
    const { settings, terminal } = this.#call;
    const paths = viewPaths(settings.dir(), job.name);
    const { counts } = job.status();
    const isNew = counts.total === 0;
    this.#hasBegun = true;
    this.#work = this.#isQuiet ? null : new WorkTally(job);
    this.#pieces = new Pieces(paths.dir, counts.total - (this.#wish.before === null ? 0 : 1));
    this.#output.begin(paths.dir, isNew);
    if (this.#joblog !== null) beginJoblog(this.#joblog, isNew ? null : paths, counts);
    if (this.#wish.before !== null || this.#wish.after !== null)
      watchEdges(job, paths.dir, {
        failed: (failure) => (this.#failure ??= failure),
        ended: (edge) => this.#output.showEdge(edge, false),
      });
    const shown = { isBatch: true, total: () => this.#total, commandOf: this.#commands.of };
    if (!this.#isQuiet) this.#progress = showProgress(job, terminal.err, shown);
  }

  #toTask(prepared: Prepared): MapTask | Promise<MapTask> {
    const { number, command, args, piece, tag } = prepared;
    this.#commands.add(prepared);
    this.#output.follow(number, tag);
    const task = { command, args, ...this.#wish.options };
    return piece === null ? task : this.#pieces!.keep(number, piece).then((stdin) => ({ ...task, stdin }));
  }

  /** Learns from the end of the input how many there are. */
  async *#counted(inputs: AsyncIterable<Prepared> | readonly Prepared[]): AsyncGenerator<Prepared> {
    const edges = [this.#wish.before, this.#wish.after].filter((edge) => edge !== null).length;
    if (Array.isArray(inputs)) this.#total = inputs.length + edges;
    let count = edges;
    for await (const input of inputs) {
      // Nothing is pulled before it has completed, perhaps under an earlier command.
      if (count === edges && this.#wish.before !== null) this.#output.showEdge("before", true);
      count += 1;
      yield input;
    }
    this.#total = count;
  }

  #note(result: MapResult<Prepared>): void {
    const { input, task, status, error, attempts, log } = result;
    this.#commands.delete(input);
    this.#joblog?.note(input.number, input, result);
    if (status === "failed") this.#failure ??= readFailure({ task, error, attempts, command: taskCommand(input) }, log);
    if (status !== "pending") this.#output.add(input.number, log, input.tag);
  }

  async #tell(summary: MapSummary, signals: SignalWatch): Promise<number> {
    const { settings, terminal } = this.#call;
    if (this.#isReaderGone) return READER_GONE;
    await this.hurry.orDone(this.#output.end());
    this.#progress?.end();
    this.#progress = null;
    if (settings.isOn("json"))
      await this.hurry.orDone(terminal.out.send(jsonLine({ ...summaryJson(summary), halted: summary.halted })));
    const { halted } = summary;
    if (!this.#isQuiet || summary.state !== "completed") {
      const failure = this.#failure ?? findFailure(summary, settings.dir());
      const hints = hintsOf(summary.name, failure, this.#call, this.#wish);
      const text = summaryText(summary, failure, hints, terminal.err.style, this.#work?.of(settings));
      terminal.err.write(halted === null ? text : `stopped early, since ${halted}\n${text}`);
      if (this.hurry.isCut) terminal.err.write(`  its output was not taken to the end; the rest: ${hints.resume}\n`);
    }
    const lacks = [this.#output.lack(), this.#joblog?.lack() ?? null].filter((lack) => lack !== null);
    for (const lack of lacks) terminal.err.write(`air-executor: ${lack}\n`);
    const told = { signal: signals.received(), isCut: this.hurry.isCut, isLacking: lacks.length > 0 };
    return exitCodeOfBatch(summary, this.#wish, told);
  }
}
