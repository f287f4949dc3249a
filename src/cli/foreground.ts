/**
 * Runs one job in the foreground, with progress, a summary and an exit code. All that matters happens in the library;
 * here it is shown, and signals are passed on.
 */

import { AirExecutor, type OpenOptions, type Job, type JobSummary, type SlurmOptions } from "../index.js";
import type { Call } from "./command.js";
import { engineLimits } from "./command-line/engine-options.js";
import { exitCode, exitCodeOfSignal, exitCodeOfSummary } from "./exit-codes.js";
import { findFailure } from "./first-failure.js";
import { compileLate } from "./late-compiler.js";
import { showProgress, type Progress } from "./terminal/progress.js";
import { formatDuration } from "./render/figures.js";
import { summaryJson } from "./render/job-json.js";
import { printableLine } from "./render/printable.js";
import { summaryText, type Failure } from "./render/summary.js";
import type { Settings } from "./command-line/settings.js";
import { commandText, engineOptions, placeOption } from "./shell-word.js";
import { watchSignals } from "./signals.js";
import { slurmSettings } from "./command-line/slurm-settings.js";
import { isExpected } from "./command-line/usage-error.js";
import { WorkTally } from "./work-tally.js";
import { jsonLine } from "./render/json-line.js";

/** What is to be run, read and checked. */
export interface Wanted {
  /** How many tasks it has; 0 if that is not known yet. */
  readonly tasks: number;
  /** What the job itself asks for where it is run on a cluster. */
  readonly slurm: SlurmOptions;
  /** Null if there is nothing to run here. */
  readonly begin: (executor: AirExecutor) => Promise<Job | null>;
}

export interface Foreground {
  readonly dir: string;
  /** Reads what is to be run, before anything is made: of a faulty file nothing is left behind. */
  readonly read: () => Promise<Wanted>;
  /** The command that goes on with the job if it is stopped. */
  readonly resume: (name: string) => string;
  /** What is said of a job that had completed before, so that nothing was run; null for the usual summary. */
  readonly done: (name: string) => string | null;
  /** What is said ahead of the usual summary of a job that had ended before, so that nothing was run; null if nothing. */
  readonly over: (name: string) => string | null;
  /** What `--json` prints of the end. Default: the job's summary. */
  readonly toJson?: (summary: JobSummary) => object;
}

export async function runInForeground({ settings, terminal }: Call, foreground: Foreground): Promise<number> {
  const { dir, read, toJson = summaryJson } = foreground;
  const { out, err } = terminal;
  const isQuiet = settings.isOn("quiet");
  const graceMs = settings.gracePeriodMs();
  let progress: Progress | null = null;
  const say = (line: string): void => (progress === null ? err.write(`${line}\n`) : progress.say(line));
  executorOptions(dir, settings, say);
  const { tasks, slurm, begin } = await read();
  const options = executorOptions(dir, settings, say, slurm);
  compileLate(tasks);
  const executor = await AirExecutor.open(options);

  const signals = watchSignals((signal, count) => {
    if (count === 1 && !isQuiet) say(`${signal}: stopping; what runs has ${formatDuration(graceMs)} to end, once more kills it`);
    void executor.stop({ graceMs: count === 1 ? graceMs : 0 });
  });
  try {
    const job = await begin(executor);
    if (job === null) return exitCode.completed;
    const work = new WorkTally(job);
    progress = isQuiet || isOver(job) ? null : showProgress(job, err);
    const { state, counts } = job.status();
    const done = state === "completed" ? foreground.done(printableLine(job.name)) : null;
    // One without tasks ends as it begins.
    const isOld = counts.total > 0 && state !== "waiting" && state !== "working";
    const over = done === null && isOld ? foreground.over(printableLine(job.name)) : null;
    if (over !== null && !isQuiet) say(over);
    const summary = await job.finished().finally(() => progress?.end());
    if (settings.isOn("json")) out.write(jsonLine(toJson(summary)));
    if (done !== null) {
      if (!isQuiet) say(done);
    } else if (!isQuiet || summary.state !== "completed") {
      const failure = findFailure(summary, dir);
      err.write(summaryText(summary, failure, hintsOf(summary, failure, foreground, settings), err.style, work.of(settings)));
    }
    return exitCodeOfSummary(summary, signals.received());
  } catch (error) {
    const signal = signals.received();
    // It came before the first task could start.
    if (signal !== null && isExpected(error) && error.code === "AIR_CLOSED") return exitCodeOfSignal(signal);
    throw error;
  } finally {
    await executor.close();
    signals.end();
  }
}

/** True if there was nothing to run. */
function isOver(job: Job): boolean {
  const { counts } = job.status();
  return counts.pending + counts.running === 0;
}

export function executorOptions(
  dir: string,
  settings: Settings,
  say: (line: string) => void,
  ofJob: SlurmOptions = {},
): OpenOptions {
  const slurm = slurmSettings(settings, ofJob);
  return {
    dir,
    ...(slurm !== undefined && { slurm }),
    ...engineLimits(settings, ofJob),
    graceMs: settings.gracePeriodMs(),
    durability: settings.text("durability") === "strict" ? "strict" : "grouped",
    onWarning: (message) => say(`air-executor: ${printableLine(message)}`),
  };
}

function hintsOf(
  { name }: JobSummary,
  failure: Failure | null,
  { resume }: Foreground,
  settings: Settings,
): Parameters<typeof summaryText>[2] {
  const place = placeOption(settings);
  return {
    resume: resume(name),
    status: commandText("status", [name], place),
    log: commandText("logs", [name, failure?.task ?? ""], place),
    retry: commandText("retry", [name], `${engineOptions(settings)}${place}`),
  };
}
