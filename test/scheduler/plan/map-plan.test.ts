import assert from "node:assert/strict";
import { test } from "node:test";
import type { Counts } from "../../../src/domain/job.js";
import type { Outcome } from "../../../src/domain/outcome.js";
import { MapPlan } from "../../../src/scheduler/plan/map-plan.js";
import { job, record, startReady, task } from "../support/jobs.js";

const SUCCESS: Outcome = { kind: "exited", exitCode: 0 };
const FAILURE: Outcome = { kind: "exited", exitCode: 3 };
const NOTHING: Counts = { total: 0, pending: 0, running: 0, completed: 0, failed: 0, skipped: 0, cancelled: 0 };

function open(tasks: Parameters<typeof job>[0] = [], changes: Parameters<typeof job>[1] = {}, counts = NOTHING): MapPlan {
  const map = { counts, firstFailure: null, firstError: null };
  return new MapPlan({ ...job(tasks, changes), map }, () => 0, 1);
}

const end = (plan: MapPlan, id: string, outcome: Outcome = SUCCESS): number => plan.end(plan.indexOf(id), outcome, 1, 2);

test("tasks start by priority, then as they came, however often places become free", () => {
  const plan = open();
  plan.add([task("a"), task("b"), task("urgent", [], { priority: 2 }), task("c")], 1);
  assert.equal(plan.ready.size, 4);
  const first = plan.ready.take(0)!;
  assert.equal(plan.taskAt(first).id, "urgent");
  plan.ready.putBack(first);
  assert.deepEqual(startReady(plan), ["urgent", "a", "b", "c"]);
  end(plan, "a");
  plan.add([task("d")], 1);
  plan.add([task("e")], 1);
  assert.deepEqual(startReady(plan), ["d", "e"]);
});

test("what has ended is gone: only counts are left of it, and it is over when its input is and all has ended", () => {
  const plan = open();
  plan.add([task("a"), task("b")], 1);
  startReady(plan);
  end(plan, "a", FAILURE);
  assert.deepEqual([...plan.ids.keys()], ["b"]);
  end(plan, "b");
  assert.deepEqual([plan.ids.size, plan.isDone], [0, false]);
  plan.endInput({ isWhole: true, last: null }, 4);
  assert.equal(plan.isDone, true);
  plan.takeEvents();
  plan.close(5);
  const error = 'task "a" failed: exit code 3';
  assert.deepEqual(plan.takeEvents(), [{ type: "job-ended", at: 5, state: "failed", error }]);
  assert.deepEqual(plan.counts, { ...NOTHING, total: 2, completed: 1, failed: 1 });
});

test("an input that is left leaves the job unfinished", () => {
  const plan = open();
  plan.endInput({ isWhole: false, last: null }, 4);
  plan.close(5);
  assert.deepEqual([plan.isDone, plan.takeEvents()], [true, [{ type: "job-interrupted", at: 5 }]]);
});

test("a task waits for its next attempt, and cancelling it meanwhile ends it for good", () => {
  const plan = open();
  plan.add([task("a", [], { retries: 5, retryDelayMs: 100 }), task("b", [], { retries: 5, retryDelayMs: 100 })], 1);
  startReady(plan);
  assert.deepEqual([end(plan, "a", FAILURE), end(plan, "b", FAILURE)], [100, 100]);
  const [a, b] = [plan.indexOf("a"), plan.indexOf("b")];
  assert.equal(plan.ready.size, 0);
  plan.endDelay(a);
  assert.deepEqual(startReady(plan), ["a"]);
  assert.equal(plan.attemptsOf(a), 2);
  assert.deepEqual([plan.cancelTask(a, 3), plan.cancelTask(b, 3), plan.cancelTask(b, 3)], [true, false, false]);
  // Its delay ends all the same.
  plan.endDelay(b);
  end(plan, "a", FAILURE);
  assert.deepEqual(plan.counts, { ...NOTHING, total: 2, cancelled: 2 });
});

test("the last task waits until all others have completed, and starts then", () => {
  const plan = open();
  plan.add([task("a"), task("b")], 1);
  startReady(plan);
  end(plan, "a");
  plan.endInput({ isWhole: true, last: task("after", ["a", "b"]) }, 3);
  assert.deepEqual([plan.ready.size, plan.isDone, plan.ids.has("after")], [0, false, false]);
  end(plan, "b");
  assert.deepEqual([plan.isDone, startReady(plan)], [false, ["after"]]);
  end(plan, "after");
  plan.close(5);
  assert.deepEqual(plan.takeEvents().at(-1), { type: "job-ended", at: 5, state: "completed", error: null });
  const empty = open();
  empty.endInput({ isWhole: true, last: task("after") }, 3);
  assert.deepEqual(startReady(empty), ["after"]);
});

test("the last task is skipped if another one failed or was cancelled, and never taken in if there may be more input", () => {
  const failed = open();
  failed.add([task("a")], 1);
  startReady(failed);
  failed.endInput({ isWhole: true, last: task("after", ["a"]) }, 3);
  end(failed, "a", FAILURE);
  assert.deepEqual([failed.isDone, failed.counts], [true, { ...NOTHING, total: 2, failed: 1, skipped: 1 }]);
  const skipped = { type: "task-ended", at: 2, task: "after", status: "skipped", error: 'task "a" failed', isHarmless: false };
  assert.deepEqual(failed.takeEvents().at(-1), skipped);

  const cancelled = open();
  cancelled.add([task("a")], 1);
  cancelled.endInput({ isWhole: true, last: task("after", ["a"]) }, 3);
  cancelled.cancelTask(cancelled.indexOf("a"), 4);
  assert.deepEqual([cancelled.isDone, cancelled.counts.skipped], [true, 1]);

  const left = open();
  left.endInput({ isWhole: false, last: task("after") }, 3);
  assert.deepEqual([left.isDone, left.counts], [true, NOTHING]);
});

test("a map that is taken up goes on with what had not ended, budgets and delays included", () => {
  const tasks = [task("waits", [], { retries: 2 }), task("runs"), task("delayed")];
  const records = [record({ attempts: 2 }), record({ status: "running", attempts: 1 }), record({ attempts: 1 })];
  const inFlight = [
    { task: "runs", attempt: 1, startedAt: 1, claim: "s", key: 1, takes: { cpu: 1 }, isQueued: false, stopping: null },
  ];
  const changes = { records, inFlight, failures: new Map([["waits", 2]]), retryAt: new Map([["delayed", 9]]) };
  const plan = open(tasks, changes, { ...NOTHING, total: 10, pending: 2, running: 1, completed: 7 });
  assert.deepEqual(startReady(plan), ["waits"]);
  assert.equal(plan.attemptsOf(plan.indexOf("waits")), 3);
  end(plan, "waits", FAILURE);
  end(plan, "runs");
  assert.deepEqual(plan.counts, { ...NOTHING, total: 10, pending: 1, completed: 8, failed: 1 });
});

test("cancelling the job ends what waits, lets what runs be stopped, and takes nothing more", () => {
  const plan = open();
  plan.add([task("a"), task("b")], 1);
  plan.start(plan.ready.take(0)!);
  plan.cancelJob(3);
  assert.deepEqual([plan.isDone, plan.isBarred, plan.counts.cancelled], [false, true, 1]);
  end(plan, "a", { kind: "signaled", signal: "SIGTERM", stopped: "cancel" });
  assert.equal(plan.isDone, true);
  plan.takeEvents();
  plan.close(5);
  assert.deepEqual(plan.takeEvents(), [{ type: "job-ended", at: 5, state: "cancelled", error: "cancelled by the user" }]);
});
