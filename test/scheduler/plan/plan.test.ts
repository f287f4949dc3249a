import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobEvent } from "../../../src/domain/events.js";
import type { Outcome } from "../../../src/domain/outcome.js";
import type { TriggerRule } from "../../../src/domain/task.js";
import { Plan } from "../../../src/scheduler/plan/plan.js";
import { chain, fanOut, job, record, settings, startReady, task } from "../support/jobs.js";

const SUCCESS: Outcome = { kind: "exited", exitCode: 0 };
const FAILURE: Outcome = { kind: "exited", exitCode: 3 };

function open(...args: Parameters<typeof job>): Plan {
  return new Plan(job(...args), () => 0, 1);
}

function end(plan: Plan, id: string, outcome: Outcome = SUCCESS): number {
  return plan.end(plan.indexOf(id), outcome, 1, 2);
}

/** What ended without an attempt, as `id: status: error`; harmless skips in brackets. */
function endings(events: readonly JobEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.type !== "task-ended") {
      return [];
    }
    const line = `${event.task}: ${event.status}: ${event.error}`;
    return event.isHarmless ? [`(${line})`] : [line];
  });
}

const rule = (triggerRule: TriggerRule): { triggerRule: TriggerRule } => ({ triggerRule });

test("a task is ready when all that it depends on has completed", () => {
  const plan = open([task("d", ["b", "c"]), task("b", ["a"]), task("c", ["a"]), task("a")]);
  assert.deepEqual(startReady(plan), ["a"]);
  end(plan, "a");
  assert.deepEqual(startReady(plan), ["b", "c"]);
  end(plan, "b");
  assert.deepEqual(startReady(plan), []);
  end(plan, "c");
  assert.deepEqual(startReady(plan), ["d"]);
  end(plan, "d");
  assert.equal(plan.isDone, true);
});

test("ready tasks start by priority, then by the longest chain behind them, then as declared", () => {
  const tasks = [
    task("plain"),
    task("short"),
    task("long"),
    task("urgent", [], { priority: 1 }),
    task("late", [], { priority: -1 }),
  ];
  const behind = [task("s1", ["short"]), task("l1", ["long"]), task("l2", ["l1"])];
  assert.deepEqual(startReady(open([...tasks, ...behind])), ["urgent", "long", "short", "plain", "late"]);
});

test("a task that grows a chain behind it while it is ready moves to the front", () => {
  const plan = open([task("a"), task("b"), task("c")]);
  plan.add([task("c1", ["c"]), task("c2", ["c1"])], 1);
  plan.add([task("b1", ["b"])], 1);
  assert.deepEqual(startReady(plan), ["c", "b", "a"]);
});

test("a task is skipped as soon as one that it depends on fails, and the skips name the culprit", () => {
  const plan = open([task("a"), task("slow"), task("b", ["a", "slow"]), task("c", ["b"]), task("d", ["c"])]);
  startReady(plan);
  end(plan, "a", FAILURE);
  assert.deepEqual(endings(plan.takeEvents()), [
    'b: skipped: dependency "a" failed',
    'c: skipped: dependency "b" was skipped, since "a" failed',
    'd: skipped: dependency "c" was skipped, since "a" failed',
  ]);
  assert.equal(plan.isDone, false);
  end(plan, "slow");
  assert.equal(plan.isDone, true);
  assert.deepEqual(plan.counts, { total: 5, pending: 0, running: 0, completed: 1, failed: 1, skipped: 3, cancelled: 0 });
});

test("a cancelled task is the culprit of those that it held up", () => {
  const plan = open([task("a"), task("b", ["a"]), task("c", ["b"])]);
  assert.equal(plan.cancelTask(plan.indexOf("a"), 1), false);
  assert.deepEqual(endings(plan.takeEvents()), [
    "a: cancelled: cancelled by the user",
    'b: skipped: dependency "a" was cancelled',
    'c: skipped: dependency "b" was skipped, since "a" was cancelled',
  ]);
});

test("all_done runs when all have ended, however they did", () => {
  const plan = open([task("a"), task("b"), task("c", ["b"]), task("clean", ["a", "b", "c"], rule("all_done"))]);
  startReady(plan);
  end(plan, "b", FAILURE);
  assert.deepEqual(startReady(plan), []);
  end(plan, "a");
  assert.deepEqual(startReady(plan), ["clean"]);
});

test("any_failed runs when all have ended and one failed, was skipped or was cancelled", () => {
  for (const [name, culprit] of [
    ["failed", "a"],
    ["skipped", "b"],
    ["cancelled", "c"],
  ] as const) {
    const plan = open([task("a"), task("b", ["a"]), task("c"), task("ok"), task("alarm", [culprit, "ok"], rule("any_failed"))]);
    startReady(plan);
    end(plan, "a", FAILURE);
    end(plan, "c", { ...FAILURE, stopped: "cancel" });
    assert.deepEqual(startReady(plan), [], name);
    end(plan, "ok");
    assert.deepEqual(startReady(plan), ["alarm"], name);
  }
});

test("an any_failed that is not met is skipped harmlessly, and so is what needs it", () => {
  const tasks = [task("a"), task("alarm", ["a"], rule("any_failed")), task("after", ["alarm"]), task("b", ["after"])];
  const plan = open([...tasks, task("second-alarm", ["alarm", "b"], rule("any_failed")), task("clean", ["b"], rule("all_done"))]);
  startReady(plan);
  end(plan, "a");
  assert.deepEqual(endings(plan.takeEvents()), [
    "(alarm: skipped: none of its dependencies failed)",
    '(after: skipped: dependency "alarm" was skipped)',
    '(b: skipped: dependency "after" was skipped, since "alarm" was skipped)',
    "(second-alarm: skipped: none of its dependencies failed)",
  ]);
  assert.deepEqual(startReady(plan), ["clean"]);
  end(plan, "clean");
  plan.close(3);
  assert.deepEqual(plan.takeEvents().at(-1), { type: "job-ended", at: 3, state: "completed", error: null });
});

test("whether a skip is harmless does not depend on which dependency ended first", () => {
  const tasks = [
    task("good"),
    task("bad"),
    task("alarm", ["good"], rule("any_failed")),
    task("both", ["alarm", "bad"]),
    task("second-alarm", ["both"], rule("any_failed")),
  ];
  for (const order of [
    ["good", "bad"],
    ["bad", "good"],
  ]) {
    const plan = open(tasks);
    assert.deepEqual(startReady(plan), ["good", "bad"]);
    for (const id of order) end(plan, id, id === "bad" ? FAILURE : undefined);
    assert.ok(endings(plan.takeEvents()).includes('both: skipped: dependency "bad" failed'), order.join());
    assert.deepEqual(startReady(plan), ["second-alarm"], order.join());
  }
});

test("what a harmless skip keeps from running is skipped when all else has ended", () => {
  const tasks = [task("good"), task("other"), task("alarm", ["good"], rule("any_failed")), task("both", ["other", "alarm"])];
  const plan = open(tasks);
  startReady(plan);
  end(plan, "good");
  assert.deepEqual(endings(plan.takeEvents()), ["(alarm: skipped: none of its dependencies failed)"]);
  end(plan, "other");
  assert.deepEqual(endings(plan.takeEvents()), ['(both: skipped: dependency "alarm" was skipped)']);
});

test("without dependencies all_success and all_done are ready at once, and any_failed is skipped harmlessly", () => {
  const plan = open([task("a"), task("b", [], rule("all_done")), task("c", [], rule("any_failed"))]);
  assert.deepEqual(endings(plan.takeEvents()), ["(c: skipped: it has no dependency that could fail)"]);
  assert.deepEqual(startReady(plan), ["a", "b"]);
});

test("a retry waits for its delay and then has the next number", () => {
  const plan = open([task("a", [], { retries: 1, retryDelayMs: 500 }), task("b", ["a"])]);
  startReady(plan);
  assert.equal(end(plan, "a", FAILURE), 500);
  assert.deepEqual(plan.takeEvents(), [
    {
      type: "attempt-ended",
      at: 1,
      task: "a",
      attempt: 1,
      outcome: FAILURE,
      status: "pending",
      error: "exit code 3",
      retryAt: 502,
    },
  ]);
  assert.deepEqual(startReady(plan), []);
  plan.endDelay(plan.indexOf("a"));
  assert.deepEqual(startReady(plan), ["a"]);
  assert.equal(end(plan, "a", FAILURE), 0);
  assert.equal(plan.attemptsOf(0), 2);
  assert.deepEqual(endings(plan.takeEvents()), ['b: skipped: dependency "a" failed']);
});

test("an attempt that was not begun gives its number back; an interrupted one does not", () => {
  const plan = open([task("a")]);
  startReady(plan);
  end(plan, "a", { kind: "not-begun", message: "no process" });
  assert.equal(plan.attemptsOf(0), 0);
  startReady(plan);
  end(plan, "a", { ...FAILURE, stopped: "interrupt" });
  assert.equal(plan.attemptsOf(0), 1);
  assert.deepEqual(startReady(plan), ["a"]);
});

test("a task is lost for good at the fourth time", () => {
  const plan = open([task("a", [], { retries: 5 })]);
  for (let round = 0; round < 4; round++) {
    assert.deepEqual(startReady(plan), ["a"]);
    end(plan, "a", { kind: "lost", message: "gone" });
  }
  assert.equal(plan.counts.failed, 1);
});

test("what failed before counts as no loss", () => {
  const plan = open([task("a", [], { retries: 4 })]);
  for (const outcome of [FAILURE, FAILURE, FAILURE, FAILURE, { kind: "lost", message: "gone" }] as const) {
    assert.deepEqual(startReady(plan), ["a"]);
    end(plan, "a", outcome);
  }
  assert.deepEqual(startReady(plan), ["a"]);
});

test("what was lost gets a runner of its own until an attempt has ended otherwise", () => {
  const plan = open([task("a", [], { retries: 4 })]);
  const isApartAfter = (outcome: Outcome): boolean => {
    startReady(plan);
    end(plan, "a", outcome);
    return plan.isApart(plan.indexOf("a"));
  };
  const lost = { kind: "lost", message: "gone" } as const;
  assert.deepEqual([FAILURE, lost, { kind: "not-begun", message: "no room" } as const, FAILURE, lost].map(isApartAfter), [
    false,
    true,
    true,
    false,
    true,
  ]);
});

test("at the failure limit what is pending is skipped, and what runs ends normally but is not tried again", () => {
  const tasks = [
    task("a"),
    task("b"),
    task("c", [], { retries: 3 }),
    task("d", ["c"]),
    task("clean", ["a", "c"], rule("all_done")),
  ];
  const plan = open(tasks, { settings: settings({ maxFailures: 2 }) });
  startReady(plan);
  end(plan, "a", FAILURE);
  assert.deepEqual(endings(plan.takeEvents()), []);
  end(plan, "b", FAILURE);
  assert.deepEqual(endings(plan.takeEvents()), [
    'd: skipped: the job\'s failure limit of 2 was reached: "b" failed',
    'clean: skipped: the job\'s failure limit of 2 was reached: "b" failed',
  ]);
  end(plan, "c", FAILURE);
  assert.equal(plan.isDone, true);
  assert.equal(plan.counts.failed, 3);
  assert.equal(plan.firstFailure, "a");
});

test("past the failure limit an interrupted attempt and added tasks are skipped too", () => {
  const plan = open([task("a"), task("b")], { settings: settings({ maxFailures: 1 }) });
  startReady(plan);
  end(plan, "a", FAILURE);
  end(plan, "b", { kind: "lost", message: "gone" });
  plan.add([task("c")], 3);
  assert.deepEqual(plan.counts, { total: 3, pending: 0, running: 0, completed: 0, failed: 1, skipped: 2, cancelled: 0 });
});

test("cancelling a job ends what is pending, and what runs makes no further attempt", () => {
  const plan = open([task("a", [], { retries: 3 }), task("b", ["a"])]);
  startReady(plan);
  plan.cancelJob(5);
  assert.deepEqual(plan.takeEvents(), [
    { type: "job-cancelling", at: 5 },
    { type: "task-ended", at: 5, task: "b", status: "cancelled", error: "cancelled by the user", isHarmless: false },
  ]);
  end(plan, "a", { ...FAILURE, stopped: "timeout" });
  assert.equal(plan.counts.cancelled, 2);
  plan.close(6);
  assert.deepEqual(plan.takeEvents().at(-1), { type: "job-ended", at: 6, state: "cancelled", error: "cancelled by the user" });
});

test("a job ends failed if a task failed or was cancelled, and says what came first", () => {
  const ending = (outcomes: readonly Outcome[]): unknown => {
    const plan = open(outcomes.map((_, index) => task(`t${index}`)));
    startReady(plan);
    outcomes.forEach((outcome, index) => end(plan, `t${index}`, outcome));
    plan.close(1);
    const last = plan.takeEvents().at(-1)!;
    return last.type === "job-ended" ? [last.state, last.error] : last.type;
  };
  const cancelled: Outcome = { ...FAILURE, stopped: "cancel" };
  assert.deepEqual(ending([SUCCESS]), ["completed", null]);
  assert.deepEqual(ending([]), ["completed", null]);
  assert.deepEqual(ending([cancelled, FAILURE, { kind: "exited", exitCode: 9 }]), ["failed", 'task "t1" failed: exit code 3']);
  assert.deepEqual(ending([SUCCESS, cancelled]), ["failed", "1 task was cancelled"]);
  assert.deepEqual(ending([cancelled, cancelled]), ["failed", "2 tasks were cancelled"]);
});

test("added tasks may depend on ended, running and other new ones; their rules apply at once", () => {
  const plan = open([task("done"), task("bad"), task("busy")]);
  startReady(plan);
  end(plan, "done");
  end(plan, "bad", FAILURE);
  plan.takeEvents();
  const added = [task("n3", ["n2", "busy"]), task("n1", ["done"]), task("n2", ["n1"]), task("n4", ["bad"]), task("n5", ["n4"])];
  plan.add([...added, task("n6", ["bad"], rule("any_failed"))], 7);
  const events = plan.takeEvents();
  assert.equal(events[0]?.type, "tasks-added");
  assert.deepEqual(endings(events), [
    'n4: skipped: dependency "bad" failed',
    'n5: skipped: dependency "n4" was skipped, since "bad" failed',
  ]);
  assert.deepEqual(startReady(plan), ["n1", "n6"]);
  end(plan, "n1");
  end(plan, "busy");
  assert.deepEqual(startReady(plan), ["n2"]);
  end(plan, "n2");
  assert.deepEqual(startReady(plan), ["n3"]);
});

test("a recovered job goes on where its record ends, and makes up for skips that are not on record", () => {
  const tasks = [
    task("done"),
    task("bad"),
    task("b", ["bad"]),
    task("next", ["done"]),
    task("busy"),
    task("later"),
    task("last", ["busy"]),
  ];
  const statuses = ["completed", "failed", "pending", "pending", "running", "pending", "pending"] as const;
  const plan = open(tasks, {
    records: statuses.map((status) => record({ status, attempts: status === "pending" ? 0 : 1, completedAt: 1 })),
    inFlight: [
      { task: "busy", attempt: 2, startedAt: 1, claim: "s", key: 1, takes: { cpu: 1 }, isQueued: false, stopping: null },
    ],
    retryAt: new Map([["later", 50]]),
  });
  assert.deepEqual(endings(plan.takeEvents()), ['b: skipped: dependency "bad" failed']);
  assert.deepEqual(startReady(plan), ["next"]);
  end(plan, "busy");
  assert.equal(plan.attemptsOf(plan.indexOf("busy")), 2);
  assert.deepEqual(startReady(plan), ["last"]);
  plan.endDelay(plan.indexOf("later"));
  assert.deepEqual(startReady(plan), ["later"]);
  assert.equal(plan.firstFailure, "bad");
});

test("a recovered job remembers its budgets, its harmless skips and its failure limit", () => {
  const tasks = [
    task("a", [], { retries: 2 }),
    task("unneeded"),
    task("alarm", ["unneeded"], rule("any_failed")),
    task("x"),
    task("y"),
  ];
  const limited = settings({ maxFailures: 3 });
  const records = (["pending", "skipped", "pending", "failed", "failed"] as const).map((status, index) =>
    record({ status, completedAt: 10 - index, error: "exit code 1" }),
  );
  const plan = open(tasks, { records, settings: limited, failures: new Map([["a", 2]]), harmless: new Set(["unneeded"]) });
  assert.deepEqual(endings(plan.takeEvents()), ["(alarm: skipped: none of its dependencies failed)"]);
  assert.equal(plan.firstFailure, "y");
  startReady(plan);
  end(plan, "a", FAILURE);
  assert.equal(plan.counts.failed, 3);
  plan.add([task("more")], 1);
  assert.deepEqual(endings(plan.takeEvents()), ['more: skipped: the job\'s failure limit of 3 was reached: "a" failed']);
  plan.close(5);
  const [over] = plan.takeEvents();
  assert.equal(over?.type === "job-ended" && over.error, 'task "y" failed: exit code 1');
});

test("what runs and is in nobody's hands here is left alone, also past the failure limit", () => {
  const records = (["failed", "running", "pending"] as const).map((status) => record({ status }));
  const plan = open([task("a"), task("b"), task("c")], { records, settings: settings({ maxFailures: 1 }) });
  assert.equal(endings(plan.takeEvents()).length, 1);
  assert.equal(plan.counts.running, 1);
});

test("a cycle and an unknown dependency, which nobody checked, are internal errors and not a wait without end", () => {
  assert.throws(() => open([task("a", ["b"]), task("b", ["a"])]), /Internal error: 2 tasks wait for each other/);
  assert.throws(() => open([task("a", ["b"])]), /Internal error: there is no task "b"/);
  assert.throws(() => open([task("a"), task("a")]), /Internal error: task "a" is in the job twice/);
});

test("a failure at the head of a chain of 20,000 skips all the rest", () => {
  const plan = open(chain(20_000));
  startReady(plan);
  end(plan, "t0", FAILURE);
  assert.equal(plan.counts.skipped, 19_999);
  assert.equal(endings(plan.takeEvents()).at(-1), 't19999: skipped: dependency "t19998" was skipped, since "t0" failed');
});

test("a chain of 20,000 that is added link by link runs to its end", () => {
  const plan = open([task("t0")]);
  chain(20_000)
    .slice(1)
    .forEach((link) => plan.add([link], 1));
  for (let next = plan.ready.take(0); next !== undefined; next = plan.ready.take(0)) {
    plan.start(next);
    plan.end(next, SUCCESS, 1, 1);
  }
  assert.equal(plan.counts.completed, 20_000);
});

test("a merge of 20,000 is ready after the last of them and not before", () => {
  const plan = open(fanOut(20_000));
  startReady(plan);
  end(plan, "first");
  const shards = startReady(plan);
  assert.equal(shards.length, 20_000);
  assert.deepEqual([shards[0], shards.at(-1)], ["shard-0", "shard-19999"]);
  shards.slice(1).forEach((id) => end(plan, id));
  assert.equal(plan.ready.size, 0);
  end(plan, "shard-0");
  assert.deepEqual(startReady(plan), ["last"]);
});
