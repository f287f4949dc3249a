import assert from "node:assert/strict";
import { test } from "node:test";
import type { Outcome } from "../../../src/domain/outcome.js";
import type { TaskSpec } from "../../../src/domain/task.js";
import { longestRetryDelayMs, retryDelayMs } from "../../../src/scheduler/plan/retry.js";
import { judge } from "../../../src/scheduler/plan/judge.js";
import { task } from "../support/jobs.js";

const EXIT_3: Outcome = { kind: "exited", exitCode: 3 };
const KILLED: Outcome = { kind: "signaled", signal: "SIGKILL" };
const NO_COMMAND: Outcome = { kind: "spawn-failed", message: 'command not found: "x"' };
const NOT_BEGUN: Outcome = { kind: "not-begun", message: "no process to be had" };
const LOST: Outcome = { kind: "lost", message: "its runner is gone" };
const TIMED_OUT: Outcome = { kind: "exited", exitCode: 0, stopped: "timeout" };

function verdict(
  options: Partial<TaskSpec>,
  outcome: Outcome,
  history: { failures?: number; losses?: number; mayRetry?: boolean } = {},
) {
  const { status, error, delayMs } = judge(
    task("t", [], options),
    outcome,
    { failures: 0, losses: 0, mayRetry: true, ...history },
    () => 0,
  );
  return delayMs === 0 ? [status, error] : [status, error, delayMs];
}

test("exit code 0 completes a task", () => {
  assert.deepEqual(verdict({}, { kind: "exited", exitCode: 0 }), ["completed", null]);
});

test("a failure is said in one short sentence", () => {
  assert.deepEqual(verdict({}, EXIT_3), ["failed", "exit code 3"]);
  assert.deepEqual(verdict({}, KILLED), ["failed", "killed by SIGKILL"]);
  assert.deepEqual(verdict({}, NO_COMMAND), ["failed", 'command not found: "x"']);
  assert.deepEqual(verdict({ timeoutMs: 1_500 }, TIMED_OUT), ["failed", "timed out after 1.5 s"]);
  assert.deepEqual(verdict({ timeoutMs: 5_000 }, TIMED_OUT), ["failed", "timed out after 5 s"]);
  assert.deepEqual(verdict({ onLost: "fail" }, LOST), ["failed", "lost: its runner is gone"]);
});

test("a failed attempt is made again as often as retries says", () => {
  assert.deepEqual(verdict({ retries: 2 }, EXIT_3), ["pending", "exit code 3"]);
  assert.deepEqual(verdict({ retries: 2 }, EXIT_3, { failures: 1 }), ["pending", "exit code 3"]);
  assert.deepEqual(verdict({ retries: 2 }, EXIT_3, { failures: 2 }), ["failed", "exit code 3"]);
  assert.deepEqual(verdict({ retries: 2 }, EXIT_3, { mayRetry: false }), ["failed", "exit code 3"]);
});

test("only failures that retry_on names qualify; a command that can't be started qualifies only where any failure does", () => {
  const options = { retries: 1, timeoutMs: 1_000 };
  const outcomes = [EXIT_3, KILLED, TIMED_OUT, NO_COMMAND];
  const statuses = (retryOn: TaskSpec["retryOn"]) => outcomes.map((outcome) => verdict({ ...options, retryOn }, outcome)[0]);
  assert.deepEqual(statuses(null), ["pending", "pending", "pending", "pending"]);
  assert.deepEqual(statuses([3]), ["pending", "failed", "failed", "failed"]);
  assert.deepEqual(statuses(["SIGKILL"]), ["failed", "pending", "failed", "failed"]);
  assert.deepEqual(statuses(["timeout"]), ["failed", "failed", "pending", "failed"]);
  assert.deepEqual(statuses([]), ["failed", "failed", "failed", "failed"]);
});

test("the reason for a stop wins over the exit code", () => {
  assert.deepEqual(verdict({}, { kind: "exited", exitCode: 0, stopped: "cancel" }), ["cancelled", "cancelled by the user"]);
  assert.deepEqual(verdict({}, { kind: "exited", exitCode: 0, stopped: "interrupt" }), ["pending", "interrupted"]);
  assert.deepEqual(verdict({ retries: 5 }, { ...KILLED, stopped: "cancel" }), ["cancelled", "cancelled by the user"]);
});

test("an interrupted attempt, and one that was not begun, use no retry and wait for nothing", () => {
  for (const outcome of [
    { ...EXIT_3, stopped: "interrupt" } as const,
    NOT_BEGUN,
    { ...NOT_BEGUN, stopped: "timeout" } as const,
  ]) {
    const result = judge(
      task("t", [], { retries: 0, retryDelayMs: 100 }),
      outcome,
      { failures: 9, losses: 9, mayRetry: false },
      () => 0,
    );
    assert.equal(result.status, "pending");
    assert.equal(result.isFailure, false);
    assert.equal(result.delayMs, 0);
  }
});

test("a lost task runs again three times, apart from its retries", () => {
  assert.deepEqual(verdict({}, LOST, { losses: 2, failures: 9 }), ["pending", "lost: its runner is gone"]);
  assert.deepEqual(verdict({ retries: 9 }, LOST, { losses: 3 }), ["failed", "lost: its runner is gone"]);
});

test("delays grow by the backoff and are spread between half and whole", () => {
  const patient = task("t", [], { retryDelayMs: 1_000, retryBackoff: 2 });
  assert.deepEqual(
    [1, 2, 3].map((retry) => retryDelayMs(patient, retry, () => 0)),
    [500, 1_000, 2_000],
  );
  assert.deepEqual(
    [1, 2, 3].map((retry) => retryDelayMs(patient, retry, () => 0.999_999)),
    [1_000, 2_000, 4_000],
  );
  assert.deepEqual(
    [1, 2, 3].map((retry) => longestRetryDelayMs(patient, retry)),
    [1_000, 2_000, 4_000],
  );
});

test("without a backoff delays are equal and exact", () => {
  const steady = task("t", [], { retryDelayMs: 1_000 });
  assert.deepEqual(
    [1, 2, 50].map((retry) => retryDelayMs(steady, retry, () => 0.3)),
    [1_000, 1_000, 1_000],
  );
});

test("no delay is endless, however large the backoff", () => {
  const delayMs = retryDelayMs(task("t", [], { retryDelayMs: 1_000, retryBackoff: 1e300 }), 400, () => 0.5);
  assert.ok(delayMs <= 30 * 24 * 3_600_000);
});
