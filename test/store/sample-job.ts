/** A small job with every kind of event, and pieces to build others. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { AttemptStarted, JobEvent } from "../../src/domain/events.js";
import { DEFAULT_RESOURCES } from "../../src/domain/resources.js";
import type { TaskSpec } from "../../src/domain/task.js";

export const AT = Date.UTC(2026, 0, 31, 12);

export function task(id: string, dependencies: readonly string[] = []): TaskSpec {
  return {
    id,
    command: "/bin/true",
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
    createdAt: new Date(AT).toISOString(),
    extra: {},
  };
}

export const taken: JobEvent = {
  type: "job-taken",
  at: AT,
  name: "sample",
  run: { id: "sample-1769860800", createdAt: "2026-01-31T12:00:00.123456Z" },
  owner: "run",
  settings: { concurrency: 3, maxFailures: null, pools: {}, slurm: {}, stderr: "merge", env: { LANG: "C" }, cwd: "/tmp" },
  extra: { note: "kept" },
};

const started = (id: string, attempt: number, at: number): AttemptStarted => ({
  type: "attempt-started",
  at,
  task: id,
  attempt,
  claim: "abc-0",
  key: at,
});

export const sampleEvents: readonly JobEvent[] = [
  taken,
  {
    type: "tasks-added",
    at: AT,
    tasks: [task("prepare"), task("größe/“x”\u0001", ["prepare"]), task("merge", ["größe/“x”\u0001"])],
  },
  started("prepare", 1, AT + 1),
  {
    type: "attempt-ended",
    at: AT + 2,
    task: "prepare",
    attempt: 1,
    outcome: { kind: "exited", exitCode: 3 },
    status: "pending",
    error: "exit code 3",
    retryAt: AT + 10,
  },
  { ...started("prepare", 2, AT + 11), ranOn: { node: "n1", slurmJob: "7_0" } },
  {
    type: "attempt-ended",
    at: AT + 12,
    task: "prepare",
    attempt: 2,
    outcome: { kind: "exited", exitCode: 0 },
    begunAt: AT + 11,
    usage: { userMs: 812.417, systemMs: 0, maxRssKb: 48_120 },
    status: "completed",
    error: null,
    retryAt: null,
  },
  { type: "attempt-outlived", at: AT + 12, task: "prepare", attempt: 2, processes: 2 },
  started("größe/“x”\u0001", 1, AT + 13),
  { type: "attempt-stopping", at: AT + 14, task: "größe/“x”\u0001", attempt: 1, reason: "timeout" },
  {
    type: "attempt-ended",
    at: AT + 15,
    task: "größe/“x”\u0001",
    attempt: 1,
    outcome: { kind: "signaled", signal: "SIGTERM", stopped: "timeout" },
    status: "failed",
    error: "timed out after 1 s",
    retryAt: null,
  },
  { type: "task-ended", at: AT + 15, task: "merge", status: "skipped", error: "dependency failed", isHarmless: false },
  { type: "job-ended", at: AT + 15, state: "failed", error: null },
];

/** A directory that goes with the test. */
export function temporaryDirectory(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), "air-executor-test-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
