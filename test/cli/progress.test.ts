import assert from "node:assert/strict";
import { test } from "node:test";
import { barText } from "../../src/cli/render/progress-bar.js";
import { ProgressLines } from "../../src/cli/render/progress-lines.js";
import { plainStyle } from "../../src/cli/render/style.js";
import type { AttemptEnded, Counts, JobEvent } from "../../src/index.js";
import { fc } from "../support/properties.js";

const counts = (given: Partial<Counts>): Counts => ({
  total: 0,
  pending: 0,
  running: 0,
  completed: 0,
  failed: 0,
  skipped: 0,
  cancelled: 0,
  ...given,
});

const end = (task: string, status: "completed" | "failed" | "pending", at: number, attempt = 1): JobEvent => ({
  type: "attempt-ended",
  at,
  task,
  attempt,
  outcome: { kind: "exited", exitCode: status === "completed" ? 0 : 1 },
  status,
  error: status === "completed" ? null : "exit code 1",
  retryAt: status === "pending" ? at + 2000 : null,
});

test("the bar fits any terminal and never claims more than there is", () => {
  fc.assert(
    fc.property(fc.nat(200), fc.nat(1e6), fc.nat(1e6), fc.string({ maxLength: 100 }), (columns, ended, more, name) => {
      const facts = {
        name,
        counts: counts({ total: ended + more, completed: ended, running: 2 }),
        ratePerSecond: 3,
        leftMs: 5000,
      };
      const text = barText(facts, columns, plainStyle);
      const share = ended + more === 0 ? 100 : Math.floor((ended * 100) / (ended + more));
      assert.ok(text.includes(`${share}%`));
      if (columns > 30) assert.ok(text.length < columns, `${text.length} characters in ${columns} columns`);
    }),
  );
});

test("the bar shows counts, failures, rate and what is left", () => {
  const facts = {
    name: "nightly",
    counts: counts({ total: 12, completed: 5, failed: 1, running: 2 }),
    ratePerSecond: 3.14,
    leftMs: 2000,
  };
  assert.match(
    barText(facts, 120, plainStyle),
    /^nightly {2}█{20}░{20} {3}50% {2}6\/12 {2}2 running {2}1 failed {2}3\.1\/s {2}ETA 2\.0 s$/,
  );
});

test("a small job gets a line for every end, with its place, time and reason", () => {
  const lines = new ProgressLines(plainStyle, counts({ total: 3, pending: 3 }), 0);
  const started: JobEvent = { type: "attempt-started", at: 1000, task: "a", attempt: 1, claim: "s", key: 1 };
  assert.deepEqual(lines.take([started, end("a", "completed", 2500)], counts({ total: 3, completed: 1 }), 10, 3000), [
    "[1/3] completed a (1.5 s)",
  ]);
  assert.deepEqual(lines.take([end("b", "pending", 3000)], counts({ total: 3, completed: 1 }), 20, 3000), [
    "[1/3] retrying b: exit code 1 (again in 2.0 s)",
  ]);
  assert.deepEqual(
    lines.take([end("b", "pending", 3000)], counts({ total: 3, completed: 1 }), 20, 4000),
    ["[1/3] retrying b: exit code 1 (again in 1.0 s)"],
    "it ended while no engine was there",
  );
  const skipped: JobEvent = {
    type: "task-ended",
    at: 1,
    task: "c",
    status: "skipped",
    error: 'dependency "b" failed',
    isHarmless: false,
  };
  assert.deepEqual(
    lines.take([end("b", "failed", 4000, 2), skipped], counts({ total: 3, completed: 1, failed: 1, skipped: 1 }), 30, 3000),
    ["[2/3] failed b: exit code 1 (attempt 2)", '[3/3] skipped c: dependency "b" failed'],
  );
});

test("what was being interrupted when its task was cancelled is shown as cancelled", () => {
  const lines = new ProgressLines(plainStyle, counts({ total: 2, pending: 2 }), 0);
  const outcome = { kind: "signaled", signal: "SIGTERM", stopped: "interrupt" } as const;
  const ended = { type: "attempt-ended", at: 1000, attempt: 1, outcome, retryAt: null } as const;
  const took = [
    { ...ended, task: "a", status: "pending", error: "interrupted" },
    { ...ended, task: "b", status: "cancelled", error: "cancelled by the user" },
  ] as const;
  assert.deepEqual(lines.take(took, counts({ total: 2, pending: 1, cancelled: 1 }), 10, 3000), [
    "[0/2] interrupted a",
    "[1/2] cancelled b: cancelled by the user",
  ]);
});

test("what waited in the runner and was taken back is no retry; what ran took its time from its begin", () => {
  const lines = new ProgressLines(plainStyle, counts({ total: 2, pending: 2 }), 0);
  const handedOver = { type: "attempt-started", at: 1000, task: "a", attempt: 1, claim: "s", key: 1, queued: true } as const;
  const takenBack: AttemptEnded = {
    type: "attempt-ended",
    at: 1200,
    task: "a",
    attempt: 1,
    outcome: { kind: "not-begun", message: "it was taken back" },
    status: "pending",
    error: "it was taken back",
    retryAt: null,
  };
  assert.deepEqual(lines.take([handedOver, takenBack, handedOver], counts({ total: 2, pending: 2 }), 10, 3000), []);
  const ended = { ...(end("a", "completed", 2500) as AttemptEnded), begunAt: 2000 };
  assert.deepEqual(lines.take([ended], counts({ total: 2, completed: 1 }), 20, 3000), ["[1/2] completed a (500 ms)"]);
  const refused = { ...takenBack, task: "b", error: "no process could be started" };
  assert.deepEqual(lines.take([refused], counts({ total: 2, completed: 1 }), 30, 3000), [
    "[1/2] retrying b: no process could be started",
  ]);
});

test("a large job gets its first failures and, every few seconds, where it stands", () => {
  const lines = new ProgressLines(plainStyle, counts({ total: 1000 }), 0);
  assert.deepEqual(lines.take([end("a", "completed", 1)], counts({ total: 1000, completed: 1 }), 10, 3000), []);
  const failures = Array.from({ length: 50 }, (_, index) => end(`f${index}`, "failed", 1));
  assert.equal(lines.take(failures, counts({ total: 1000, completed: 1, failed: 50 }), 20, 3000).length, 20);
  assert.deepEqual(lines.take([end("b", "completed", 1)], counts({ total: 1000, completed: 450, failed: 50 }), 5000, 3000), [
    "[500/1,000] 450 completed, 50 failed; 100/s, about 5.0 s left",
  ]);
  assert.deepEqual(lines.take([end("c", "completed", 1)], counts({ total: 1000, completed: 451, failed: 50 }), 5100, 3000), []);
});
