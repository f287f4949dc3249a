/** Tasks and jobs for tests of the scheduler, with every default filled in. */

import { DEFAULT_RESOURCES } from "../../../src/domain/resources.js";
import type { LoadedJob } from "../../../src/domain/job.js";
import type { TaskRecord, TaskSpec } from "../../../src/domain/task.js";
import type { JobPlan } from "../../../src/scheduler/plan/map-plan.js";

export function task(id: string, dependencies: readonly string[] = [], options: Partial<TaskSpec> = {}): TaskSpec {
  return {
    id,
    command: "true",
    args: [],
    dependencies,
    env: {},
    cwd: null,
    stdin: null,
    timeoutMs: null,
    retries: 0,
    retryDelayMs: 0,
    retryBackoff: 1,
    retryOn: null,
    triggerRule: "all_success",
    priority: 0,
    resources: DEFAULT_RESOURCES,
    onLost: "rerun",
    matrixOf: null,
    createdAt: "2026-01-01T00:00:00.000Z",
    extra: {},
    ...options,
  };
}

export function record(changes: Partial<TaskRecord> = {}): TaskRecord {
  return {
    status: "pending",
    attempts: 0,
    startedAt: null,
    completedAt: null,
    error: null,
    exitCode: null,
    signal: null,
    usage: null,
    ranOn: null,
    left: null,
    ...changes,
  };
}

/** A job that nothing has happened to yet. */
export function job(tasks: readonly TaskSpec[], changes: Partial<LoadedJob> = {}): LoadedJob {
  return {
    name: "job",
    settings: settings({}),
    tasks,
    records: tasks.map(() => record()),
    inFlight: [],
    retryAt: new Map(),
    losses: new Map(),
    apart: new Set(),
    failures: new Map(),
    harmless: new Set(),
    isCancelling: false,
    ...changes,
  };
}

export function settings(changes: Partial<LoadedJob["settings"]>): LoadedJob["settings"] {
  return { concurrency: null, maxFailures: null, pools: {}, slurm: {}, stderr: "merge", env: {}, cwd: "/", ...changes };
}

/** `first`, then `count` tasks that depend on it, then `last`, which depends on all of those. */
export function fanOut(count: number): TaskSpec[] {
  const shards = Array.from({ length: count }, (_, index) => task(`shard-${index}`, ["first"]));
  const last = task(
    "last",
    shards.map(({ id }) => id),
  );
  return [task("first"), ...shards, last];
}

/** `t0` to `t<count - 1>`, each of which depends on the one before. */
export function chain(count: number): TaskSpec[] {
  return Array.from({ length: count }, (_, index) => task(`t${index}`, index === 0 ? [] : [`t${index - 1}`]));
}

/** Takes out and starts what is ready; gives the ids in their order. */
export function startReady(plan: JobPlan): string[] {
  const started: string[] = [];
  for (let next = plan.ready.take(0); next !== undefined; next = plan.ready.take(0)) {
    plan.start(next);
    started.push(plan.taskAt(next).id);
  }
  return started;
}
