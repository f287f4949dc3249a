/**
 * `run FILE|DIR|-`: runs one job in the foreground, with progress, a summary and an exit code. All that matters happens in the library;
 * here it is shown, and signals are passed on.
 */

import { statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import {
  AirExecutor,
  baseOfDropped,
  readJobFile,
  viewJob,
  viewPaths,
  type ExecutorOptions,
  type JobSummary,
} from "../../index.js";
import type { Call } from "../command.js";
import { exitCodeOfSignal, exitCodeOfSummary } from "../exit-codes.js";
import { jobNameOf } from "../job-source.js";
import { logPathOf, readLogEnd } from "../log-file.js";
import { showProgress, type Progress } from "../progress.js";
import { formatDuration } from "../render/figures.js";
import { summaryJson } from "../render/job-json.js";
import { lastLines } from "../render/log-lines.js";
import { printableLine } from "../render/printable.js";
import { summaryText, type Failure } from "../render/summary.js";
import type { Style } from "../render/style.js";
import type { Settings } from "../settings.js";
import { quoteForShell } from "../shell-word.js";
import { watchSignals } from "../signals.js";
import { isExpected } from "../usage-error.js";

const tailLines = 10;
const tailBytes = 64 * 1024;

export async function execute({ args, settings, terminal }: Call): Promise<number> {
  const { FILE: file = "" } = args;
  const { out, err } = terminal;
  const isQuiet = settings.isOn("quiet");
  const isDropped = statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const dir = isDropped ? baseOfDropped(file) : settings.dir();
  const graceMs = settings.gracePeriodMs();
  let progress: Progress | null = null;
  const say = (line: string): void => (progress === null ? err.write(`${line}\n`) : progress.say(line));
  const options: ExecutorOptions = {
    dir,
    concurrency: settings.concurrency(availableParallelism()),
    graceMs,
    durability: settings.text("durability") === "strict" ? "strict" : "grouped",
    onWarning: (message) => say(`air-executor: ${printableLine(message)}`),
  };
  // Read first: of a faulty file nothing is left behind.
  const spec = isDropped ? null : await readJobFile(file);
  const name = spec === null ? null : jobNameOf(spec, file, settings.text("name"));
  const executor = await AirExecutor.open(options);

  const signals = watchSignals((signal, count) => {
    if (count === 1 && !isQuiet) say(`${signal}: stopping; what runs has ${formatDuration(graceMs)} to end, once more kills it`);
    void executor.stop({ graceMs: count === 1 ? graceMs : 0 });
  });
  try {
    const job =
      spec === null || name === null
        ? await executor.takeUp(resolve(file))
        : await executor.submitChecked(name, spec, { owner: "run", fresh: settings.isOn("fresh") });
    progress = isQuiet ? null : await showProgress(job, err);
    const summary = await job.finished().finally(() => progress?.end());
    if (settings.isOn("json")) out.write(`${JSON.stringify(summaryJson(summary))}\n`);
    if (!isQuiet || summary.state !== "completed") err.write(describeEnd(summary, dir, file, settings, err.style));
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

function describeEnd(summary: JobSummary, dir: string, file: string, settings: Settings, style: Style): string {
  const failure = findFailure(summary, dir);
  const place = settings.text("dir") === null ? "" : ` --dir ${quoteForShell(dir)}`;
  const name = settings.text("name") === null ? "" : ` --name ${quoteForShell(summary.name)}`;
  const hints = {
    resume: `air-executor run ${quoteForShell(file)}${name}${place}`,
    status: `air-executor status ${quoteForShell(summary.name)}${place}`,
    log: `air-executor logs ${quoteForShell(summary.name)} ${quoteForShell(failure?.task ?? "")}${place}`,
  };
  return summaryText(summary, failure, hints, style);
}

/** Reads the files, which are exact by now. */
function findFailure(summary: JobSummary, dir: string): Failure | null {
  if (summary.firstFailure === null) return null;
  const view = viewJob(viewPaths(dir, summary.name), summary.name, { withTasks: true });
  const task = view.tasks?.find(({ id }) => id === summary.firstFailure);
  const path = task === undefined ? null : logPathOf(view, task, null);
  const end = path === null ? null : readLogEnd(path, tailBytes);
  return {
    task: summary.firstFailure,
    error: task?.error ?? null,
    attempts: task?.attempts ?? 1,
    tail: end === null ? [] : lastLines(end, tailLines),
  };
}
