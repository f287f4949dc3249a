/**
 * Makes one run of a bench: an engine of its own in a directory of its own, the commands around it untimed, and its record in figures.
 * Judges nothing.
 */

import { AirError } from "../domain/errors.js";
import type { JobSpec, JobSummary } from "../domain/job.js";
import { readHistory } from "../store/history/read-history.js";
import { jobPaths, jobsDir } from "../store/layout.js";
import { runHook } from "./hook-command.js";
import { measureRun } from "./measure-run.js";
import type { BenchPoint } from "./points.js";
import type { RunFigures } from "./result.js";
import { join } from "node:path";

/** An engine as the bench needs it: `AirExecutor` is one. */
export interface BenchEngine {
  submitChecked(name: string, spec: JobSpec, options: { cwd: string }): Promise<{ finished(): Promise<JobSummary> }>;
  stop(options: { graceMs: number }): Promise<void>;
  close(): Promise<void>;
}

export interface RunRequest {
  readonly name: string;
  readonly spec: JobSpec;
  readonly point: BenchPoint;
  /** The directory of jobs of this run alone. */
  readonly dir: string;
  readonly cwd: string;
  readonly prepare: string | null;
  readonly cleanup: string | null;
  readonly open: (dir: string, concurrency: number) => Promise<BenchEngine>;
  /** Nothing more is begun. */
  readonly signal: AbortSignal;
  /** Told of the engine that runs, so that it can be stopped; null when it is gone. */
  readonly onEngine: (engine: BenchEngine | null) => void;
}

export interface RunOutcome {
  /** Null if it was stopped: then it tells nothing. */
  readonly outcome: "completed" | "failed" | null;
  readonly error: string | null;
  readonly ownCpuMs: number;
  readonly figures: RunFigures | null;
}

export async function runPoint(request: RunRequest): Promise<RunOutcome> {
  const { prepare, cleanup, signal } = request;
  const failed = (error: string): RunOutcome => {
    return { outcome: signal.aborted ? null : "failed", error, ownCpuMs: 0, figures: null };
  };
  const obstacle = prepare === null ? null : await runHook(hookOf(request, prepare, "--prepare"));
  if (obstacle !== null) return failed(obstacle);
  const outcome = signal.aborted ? failed("stopped") : await runTimed(request);
  // Also after a failure: the next run needs a clean place as well. And after a stop, since nobody else will do it.
  const hook = { ...hookOf(request, cleanup ?? "", "--cleanup"), signal: new AbortController().signal };
  const leftover = cleanup === null ? null : await runHook(hook);
  return leftover === null || outcome.outcome !== "completed" ? outcome : failed(leftover);
}

async function runTimed(request: RunRequest): Promise<RunOutcome> {
  const { name, spec, point, dir, cwd, open, signal, onEngine } = request;
  const engine = await open(dir, point.concurrency);
  onEngine(engine);
  try {
    if (signal.aborted) return { outcome: null, error: null, ownCpuMs: 0, figures: null };
    const cpuBefore = process.cpuUsage();
    const [from, begun] = [Date.now(), performance.now()];
    // The sweep's concurrency is the one that counts.
    const job = await engine.submitChecked(name, { ...spec, concurrency: null }, { cwd });
    const summary = await job.finished();
    const to = from + performance.now() - begun;
    const { user, system } = process.cpuUsage(cpuBefore);
    const ownCpuMs = (user + system) / 1000;
    if (summary.isInterrupted) return { outcome: null, error: null, ownCpuMs, figures: null };
    if (summary.state !== "completed") return { outcome: "failed", error: reasonOf(summary), ownCpuMs, figures: null };
    const history = readHistory(jobPaths(join(jobsDir(dir), name)));
    if (history === null || history.damage !== null)
      return { outcome: "failed", error: "it left no record", ownCpuMs, figures: null };
    return { outcome: "completed", error: null, ownCpuMs, figures: measureRun(history, { slots: point.concurrency, from, to }) };
  } catch (error) {
    // It was stopped before its first task.
    if (error instanceof AirError && error.code === "AIR_CLOSED" && signal.aborted)
      return { outcome: null, error: null, ownCpuMs: 0, figures: null };
    // A task takes more than there is at this point: others may have it.
    if (error instanceof AirError && error.code === "AIR_INVALID_JOB")
      return { outcome: "failed", error: error.faults[0]?.message ?? error.message, ownCpuMs: 0, figures: null };
    throw error;
  } finally {
    onEngine(null);
    await engine.close();
  }
}

function reasonOf({ state, error, counts }: JobSummary): string {
  return error ?? `the job ${state}: ${counts.failed} failed, ${counts.cancelled} cancelled`;
}

function hookOf({ point, dir, cwd, signal }: RunRequest, command: string, name: string): Parameters<typeof runHook>[0] {
  const params = Object.entries(point.params).map(([param, value]) => [`BENCH_${param}`, String(value)]);
  const env = { ...Object.fromEntries(params), BENCH_concurrency: String(point.concurrency), BENCH_dir: dir };
  return { command, name, cwd, env, signal };
}
