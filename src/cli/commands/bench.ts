/** `bench FILE`: measures a job over a sweep, in the foreground. What was measured is kept, whatever ends it. */

import { availableParallelism } from "node:os";
import { AirExecutor, readJobFile, type BenchOptions, type BenchPoint, type BenchResult, type JobSpec } from "../../index.js";
import { showBench } from "../terminal/bench-progress.js";
import { compareBenches, type Comparison } from "../../sweep/compare.js";
import { readComparing, sweepAsBefore, type Comparing } from "../command-line/bench-comparing.js";
import type { Call } from "../command.js";
import { exitCode, exitCodeOfSignal, type StopSignal } from "../exit-codes.js";
import { jobNameOf } from "../job-source.js";
import { benchText } from "../render/bench-text.js";
import { comparisonText } from "../render/comparison-text.js";
import { formatDuration } from "../render/figures.js";
import { printableLine } from "../render/printable.js";
import type { Settings } from "../command-line/settings.js";
import { quoteForShell } from "../shell-word.js";
import { watchSignals } from "../signals.js";
import { readSweep } from "../command-line/sweep-values.js";
import { UsageError } from "../command-line/usage-error.js";
import { jsonLine } from "../render/json-line.js";

export async function execute({ args, settings, terminal }: Call): Promise<number> {
  const { FILE: file = "" } = args;
  const { out, err } = terminal;
  if (file === "-") throw new UsageError("bench reads the job anew for each point: give it a file");
  const isQuiet = settings.isOn("quiet");
  const graceMs = settings.gracePeriodMs();
  const view = showBench(err, process.env);
  const say = (line: string): void => (isQuiet ? undefined : view.say(line));
  const comparing = readComparing(settings);
  const options = await optionsOf(file, settings, comparing);
  const executor = await AirExecutor.open({
    dir: settings.dir(),
    graceMs,
    durability: settings.text("durability") === "strict" ? "strict" : "grouped",
    onWarning: (message) => view.say(`air-executor: ${printableLine(message)}`),
  });
  const signals = watchSignals((signal, count) => {
    if (count === 1)
      say(`${signal}: stopping; what was measured is kept. What runs has ${formatDuration(graceMs)} to end, once more kills it`);
    void executor.stop({ graceMs: count === 1 ? graceMs : 0 });
  });
  try {
    const onProgress: BenchOptions["onProgress"] = (progress) => (isQuiet ? undefined : view.take(progress));
    const result = await executor
      .benchChecked((point) => jobAt(file, point), { ...options, onProgress })
      .finally(() => view.end());
    const comparison = comparing === null ? null : compareBenches(result, comparing.earlier, comparing.failAbove);
    if (settings.isOn("json")) out.write(jsonLine({ ...result, comparison }));
    else out.write(benchText(result, out.style));
    if (comparison !== null && !settings.isOn("json")) out.write(`\n${comparisonText(comparison, out.style)}`);
    if (!isQuiet) err.write(`${lastWords(result)}\n`);
    return exitCodeOf(result, comparison, signals.received());
  } finally {
    await executor.close();
    signals.end();
  }
}

async function optionsOf(file: string, settings: Settings, comparing: Comparing | null): Promise<BenchOptions> {
  const asked = { concurrency: settings.concurrencies(availableParallelism()), params: readSweep(settings.list("set")) };
  const { concurrency, params } = sweepAsBefore(asked, comparing);
  // One name for all points: that of the first.
  const first = Object.fromEntries(Object.entries(params).map(([param, [value]]) => [param, value!]));
  const name = jobNameOf(await readJobFile(file, { params: first }), file, settings.text("name"));
  const [repeat, warmup, seed] = [settings.count("repeat", 1), settings.count("warmup", 0), settings.count("seed", 0)];
  const [budgetMs, prepare, cleanup] = [settings.seconds("budget"), settings.text("prepare"), settings.text("cleanup")];
  return {
    name,
    params,
    many: settings.isOn("yes"),
    ...(concurrency !== null && { concurrency }),
    ...(repeat !== null && { repeat }),
    ...(warmup !== null && { warmup }),
    ...(seed !== null && { seed }),
    ...(budgetMs !== null && { budgetMs }),
    ...(prepare !== null && { prepare }),
    ...(cleanup !== null && { cleanup }),
  };
}

async function jobAt(file: string, { params }: BenchPoint): Promise<JobSpec> {
  return readJobFile(file, { params });
}

function lastWords({ ended, dir }: BenchResult): string {
  const early =
    ended === "stopped" ? "stopped before its plan was through\n" : ended === "budget" ? "the budget is used up\n" : "";
  return `${early}everything measured: ${quoteForShell(`${dir}/result.json`)}`;
}

/** A run that failed is a failure, whatever the others took; so is it if nothing was measured, or what was is too slow. */
function exitCodeOf({ runs, points, ended }: BenchResult, comparison: Comparison | null, signal: StopSignal | null): number {
  if (ended === "stopped" && signal !== null) return exitCodeOfSignal(signal);
  const hasFailed = runs.some(({ outcome }) => outcome === "failed");
  const isWorse = comparison?.is_failure === true;
  return hasFailed || isWorse || points.every(({ wall }) => wall === null) ? exitCode.failed : exitCode.completed;
}
