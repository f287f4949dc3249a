import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobEvent } from "../../src/domain/events.js";
import type { RecordedAttempt } from "../../src/domain/job.js";
import type { Result } from "../../src/domain/outcome.js";
import type { Report } from "../../src/domain/ports.js";
import type { TaskSpec } from "../../src/domain/task.js";
import { Engine, eventsOf } from "./support/engine.js";
import { FakeRecorder, SUCCESS } from "./support/fakes.js";
import { fanOut, job, record, settings, task } from "./support/jobs.js";

const FAILURE: Result = { kind: "exited", exitCode: 3 };
const NOT_BEGUN: Result = { kind: "not-begun", message: "no process to be had" };
const LOST: Result = { kind: "lost", message: "its record can't be read" };
const TERMINATED: Result = { kind: "signaled", signal: "SIGTERM" };

const types = (events: readonly JobEvent[]): string[] => events.map(({ type }) => type);

test("an empty job completes at once", () => {
  const { handle, recorder, heard, ends } = new Engine().add(job([]));
  assert.deepEqual(types(recorder.events), ["job-ended"]);
  assert.deepEqual(heard, recorder.events);
  assert.equal(ends(), 1);
  assert.equal(handle.isOver, true);
});

test("what may start goes to the runner in one call, and no more than the limit is in flight", () => {
  const engine = new Engine({ concurrency: 3 });
  engine.add(job(fanOut(7)));
  engine.runner.end(["first"]);
  assert.deepEqual(engine.runner.starts, [["first"], ["shard-0", "shard-1", "shard-2"]]);
  engine.runner.end(["shard-0", "shard-2"]);
  assert.deepEqual(engine.runner.starts.at(-1), ["shard-3", "shard-4"]);
  assert.equal(engine.scheduler.inFlightCount, 3);
});

test("while it is held nothing starts, of jobs that come meanwhile neither, and what is adopted counts when it goes on", () => {
  const engine = new Engine({ concurrency: 2 });
  const release = engine.scheduler.hold();
  engine.add(job([task("a"), task("b")]));
  const began = { task: "x", attempt: 1, startedAt: 0, claim: "old", key: 1 };
  const inFlight: RecordedAttempt[] = [{ ...began, takes: { cpu: 1 }, isQueued: false, stopping: null }];
  const records = [record({ status: "running", attempts: 1 })];
  engine.add(job([task("x")], { name: "other", records, inFlight }));
  assert.deepEqual(engine.runner.starts, []);
  release();
  assert.deepEqual(engine.runner.starts, [["a"]]);
});

test("the facts of one batch of reports are recorded in one call, before what depends on them starts", () => {
  const engine = new Engine({ concurrency: 2 });
  const { recorder, ends } = engine.add(job([task("a"), task("b"), task("c", ["a", "b"])]));
  engine.runner.end(["a", "b"], { kind: "exited", exitCode: 0 }, { at: 42 });
  assert.equal(recorder.calls.length, 1);
  assert.deepEqual(
    recorder.events.map((event) => [event.type, "task" in event ? event.task : "", event.at]),
    [
      ["attempt-started", "a", engine.clock.now()],
      ["attempt-started", "b", engine.clock.now()],
      ["attempt-ended", "a", 42],
      ["attempt-ended", "b", 42],
      ["attempt-started", "c", engine.clock.now()],
    ],
  );
  engine.runner.end(["c"]);
  assert.deepEqual(types(recorder.calls.at(-1)!), ["attempt-ended", "job-ended"]);
  assert.equal(ends(), 1);
});

test("a job's own limit holds beside the engine's", () => {
  const engine = new Engine({ concurrency: 4 });
  const limited = { settings: settings({ concurrency: 1 }), name: "limited" };
  engine.add(job([task("a"), task("b")], limited));
  engine.add(job([task("x"), task("y")], { name: "free" }));
  assert.deepEqual(engine.runner.tasks, ["a", "x", "y"]);
  engine.runner.end(["a"]);
  assert.deepEqual(engine.runner.tasks, ["x", "y", "b"]);
});

test("a job of many tasks does not starve one of few", () => {
  const engine = new Engine({ concurrency: 2 });
  engine.add(
    job(
      Array.from({ length: 1_000 }, (_, index) => task(`big-${index}`)),
      { name: "big" },
    ),
  );
  engine.add(job([task("s0"), task("s1"), task("s2")], { name: "small" }));
  engine.runner.end(["big-0"]);
  assert.deepEqual(engine.runner.tasks, ["big-1", "s0"]);
  engine.runner.end(["s0"]);
  assert.deepEqual(engine.runner.tasks, ["big-1", "s1"]);
});

test("among jobs with as many in flight the one that waited longest goes first", () => {
  const engine = new Engine({ concurrency: 1 });
  for (const name of ["a", "b", "c"]) {
    engine.add(job([task(`${name}0`), task(`${name}1`)], { name }));
  }
  const order: string[] = [];
  while (engine.runner.tasks.length > 0) {
    order.push(...engine.runner.tasks);
    engine.runner.end(engine.runner.tasks);
  }
  assert.deepEqual(order, ["a0", "b0", "c0", "a1", "b1", "c1"]);
});

test("a runner without a free slot is asked again when one is free", () => {
  const engine = new Engine({ concurrency: 8, slots: 2 });
  engine.add(job([task("a"), task("b"), task("c")]));
  assert.deepEqual(engine.runner.tasks, ["a", "b"]);
  engine.runner.end(["a"]);
  assert.deepEqual(engine.runner.tasks, ["b", "c"]);
});

test("nothing starts whose start was refused; its slot is free, and it starts later under the same number", () => {
  const engine = new Engine({ concurrency: 2 });
  const refusing = new FakeRecorder();
  refusing.acceptsStarts = false;
  engine.add(job([task("a"), task("b"), task("c")]), refusing);
  engine.add(job([task("x")], { name: "other" }));
  assert.deepEqual(engine.runner.tasks, ["x"]);
  assert.equal(engine.runner.freeSlots, 1);
  assert.deepEqual(refusing.events, []);
  refusing.acceptsStarts = true;
  engine.scheduler.resume();
  assert.deepEqual(engine.runner.tasks, ["x", "a"]);
  assert.equal(eventsOf(refusing.events, "attempt-started")[0]?.attempt, 1);
});

test("a job whose recorder is not ready waits, and others go on", () => {
  const engine = new Engine({ concurrency: 2 });
  const busy = new FakeRecorder();
  busy.ready = false;
  engine.add(job([task("a")]), busy);
  engine.add(job([task("x"), task("y", ["x"])], { name: "other" }));
  engine.runner.end(["x"]);
  assert.deepEqual(engine.runner.tasks, ["y"]);
  busy.ready = true;
  engine.scheduler.tick();
  assert.deepEqual(engine.runner.tasks, ["y", "a"]);
});

test("a job that is cancelled while its recorder takes no starts is over and never asked again", () => {
  const engine = new Engine({ concurrency: 2 });
  const failing = new FakeRecorder();
  failing.acceptsStarts = false;
  // Ready when asked about the first task, no longer when asked about the second.
  failing.isReady = () => (failing.ready = !failing.ready);
  failing.ready = false;
  const { handle, ends } = engine.add(job([task("a"), task("b")]), failing);
  handle.cancel();
  engine.scheduler.resume();
  assert.equal(ends(), 1);
});

test("an attempt that takes too long is stopped when that is on record, and has failed whatever its exit code", () => {
  const engine = new Engine();
  const { recorder, handle } = engine.add(job([task("a", [], { timeoutMs: 5_000 })]));
  assert.equal(engine.wakeup, engine.clock.time + 5_000);
  engine.pass(4_999);
  assert.deepEqual(engine.runner.stops, []);
  engine.runner.onStop = () => assert.equal(recorder.events.at(-1)?.type, "attempt-stopping");
  engine.pass(1);
  assert.deepEqual(engine.runner.stops, [{ key: 1, task: "a", graceMs: 10_000, needsEnd: false }]);
  assert.equal(engine.wakeup, null);
  engine.runner.end(["a"], { kind: "exited", exitCode: 0 }, { wasStopped: true });
  const [ended] = eventsOf(recorder.events, "attempt-ended");
  assert.deepEqual([ended?.error, ended?.outcome.stopped], ["timed out after 5 s", "timeout"]);
  assert.equal(handle.firstFailure, "a");
});

test("an attempt that ended before its stop reached it ended by itself", () => {
  const engine = new Engine();
  const { handle } = engine.add(job([task("a", [], { timeoutMs: 5_000 }), task("b")]));
  engine.pass(5_000);
  handle.cancel(["b"]);
  engine.runner.end(["a", "b"]);
  assert.equal(handle.counts.completed, 2);
});

test("a wake-up is asked for again if the timer came too early", () => {
  const engine = new Engine();
  engine.add(job([task("a", [], { timeoutMs: 100 })]));
  engine.wakeup = null;
  engine.pass(99);
  assert.equal(engine.wakeup, engine.clock.time + 1);
});

test("the timeout of an attempt that ended wakes nobody", () => {
  const engine = new Engine();
  engine.add(job([task("a", [], { timeoutMs: 5_000 }), task("b", ["a"])]));
  engine.runner.end(["a"]);
  assert.equal(engine.wakeup, null);
});

test("an attempt that is being stopped has no timeout any more", () => {
  const engine = new Engine();
  engine.add(job([task("a", [], { timeoutMs: 5_000 })])).handle.cancel(["a"]);
  assert.equal(engine.wakeup, null);
});

test("one that is being stopped takes no timeout from what began since", () => {
  const engine = new Engine();
  const { handle } = engine.add(job([task("a", [], { timeoutMs: 5_000 })]));
  handle.cancel(["a"]);
  handle.add([task("b", [], { timeoutMs: 5_000 })]);
  engine.runner.end(["a"]);
  assert.equal(engine.wakeup, engine.clock.time + 5_000);
});

test("the first reason for a stop stays, and a cancel is on record as well, once", () => {
  const engine = new Engine();
  const { recorder, handle } = engine.add(job([task("a", [], { timeoutMs: 5_000 })]));
  engine.pass(5_000);
  handle.cancel(["a"]);
  handle.cancel(["a"]);
  engine.scheduler.stop(1_000);
  assert.deepEqual(
    eventsOf(recorder.events, "attempt-stopping").map(({ reason }) => reason),
    ["timeout", "cancel"],
  );
  assert.deepEqual(
    engine.runner.stops.map(({ graceMs }) => graceMs),
    [10_000, 1_000],
  );
  engine.runner.end(["a"], TERMINATED, { wasStopped: true });
  assert.equal(handle.counts.failed, 1);
});

test("a task that the user cancelled is not tried again, even if it was being stopped for another reason", () => {
  const engine = new Engine();
  const { handle } = engine.add(job([task("a", [], { timeoutMs: 5_000, retries: 3 })]));
  engine.pass(5_000);
  handle.cancel(["a"]);
  engine.runner.end(["a"], TERMINATED, { wasStopped: true });
  assert.equal(handle.counts.cancelled, 1);
  assert.equal(handle.isOver, true);
});

test("a retry starts when its delay is over", () => {
  const engine = new Engine();
  const { recorder } = engine.add(job([task("a", [], { retries: 1, retryDelayMs: 300 })]));
  engine.runner.end(["a"], FAILURE);
  assert.equal(engine.wakeup, engine.clock.time + 300);
  assert.equal(eventsOf(recorder.events, "attempt-ended")[0]?.retryAt, engine.clock.now() + 300);
  engine.pass(299);
  assert.deepEqual(engine.runner.tasks, []);
  engine.pass(1);
  assert.deepEqual(engine.runner.tasks, ["a"]);
  assert.deepEqual(
    eventsOf(recorder.events, "attempt-started").map(({ attempt, key }) => [attempt, key]),
    [
      [1, 1],
      [2, 2],
    ],
  );
});

test("a job that is over leaves no wake-up behind", () => {
  const engine = new Engine();
  const { handle } = engine.add(job([task("a", [], { retries: 1, retryDelayMs: 86_400_000 })]));
  engine.runner.end(["a"], FAILURE);
  handle.cancel();
  assert.equal(handle.isOver, true);
  assert.equal(engine.wakeup, null);
});

test("cancelling a job stops what runs after it is on record, and what is pending never starts", () => {
  const engine = new Engine({ concurrency: 1 });
  const { handle, recorder, ends } = engine.add(job([task("a"), task("b")]));
  engine.runner.onStop = () =>
    assert.deepEqual(types(recorder.events).slice(1), ["job-cancelling", "task-ended", "attempt-stopping"]);
  handle.cancel();
  handle.cancel();
  assert.deepEqual(
    engine.runner.stops.map(({ task: id }) => id),
    ["a"],
  );
  assert.equal(ends(), 0);
  engine.runner.end(["a"], TERMINATED, { wasStopped: true });
  assert.deepEqual(
    eventsOf(recorder.events, "job-ended").map(({ state }) => state),
    ["cancelled"],
  );
  assert.equal(ends(), 1);
});

test("cancelling one task leaves the others alone; an unknown id cancels nothing", () => {
  const engine = new Engine({ concurrency: 2 });
  const { handle } = engine.add(job([task("a"), task("b"), task("c")]));
  assert.throws(() => handle.cancel(["a", "nope"]), { code: "AIR_NOT_FOUND" });
  assert.deepEqual(engine.runner.stops, []);
  handle.cancel(["a", "c"]);
  assert.deepEqual(
    engine.runner.stops.map(({ task: id }) => id),
    ["a"],
  );
  assert.equal(handle.counts.cancelled, 1);
  engine.runner.end(["a"], FAILURE);
  engine.runner.end(["b"]);
  assert.deepEqual([handle.counts.cancelled, handle.counts.completed, handle.isOver], [2, 1, true]);
});

test("a listener hears what is on record, in order, and may add tasks and jobs and cancel from there", () => {
  const engine = new Engine({ concurrency: 2 });
  const recorder = new FakeRecorder();
  const first = engine.add(job([task("a"), task("slow")]), recorder, (events) => {
    for (const event of events) {
      assert.ok(recorder.events.includes(event), "a listener hears what is on record");
      if (event.type === "attempt-ended" && event.task === "a") {
        first.handle.add([task("b", ["a"])]);
        engine.add(job([task("x")], { name: "second" }));
        first.handle.cancel(["slow"]);
      }
    }
  });
  engine.runner.end(["a"]);
  assert.deepEqual(first.heard, recorder.events);
  assert.deepEqual(engine.runner.tasks, ["slow", "x"]);
  engine.runner.end(["slow"], TERMINATED, { wasStopped: true });
  engine.runner.end(["b", "x"]);
  assert.deepEqual(types(first.heard).slice(2), [
    "attempt-ended",
    "tasks-added",
    "attempt-stopping",
    "attempt-ended",
    "attempt-started",
    "attempt-ended",
    "job-ended",
  ]);
});

test("a job that is over takes no tasks", () => {
  const { handle } = new Engine().add(job([]));
  assert.throws(() => handle.add([task("a")]), { code: "AIR_CLOSED" });
});

test("when the machine has no room starts are held back, twice as long each time, until an attempt has ended", () => {
  const engine = new Engine({ concurrency: 2 });
  const { recorder } = engine.add(job([task("a"), task("b")]));
  for (const delayMs of [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]) {
    engine.runner.end(["a", "b"], NOT_BEGUN);
    assert.deepEqual(engine.runner.tasks, []);
    assert.equal(engine.wakeup, engine.clock.time + delayMs);
    engine.pass(delayMs - 1);
    assert.deepEqual(engine.runner.tasks, []);
    engine.pass(1);
    assert.deepEqual(engine.runner.tasks, ["a", "b"]);
  }
  assert.equal(engine.scheduler.noRoomSince, 1_000);
  engine.runner.end(["a"]);
  assert.equal(engine.scheduler.noRoomSince, null);
  engine.runner.end(["b"], NOT_BEGUN);
  assert.equal(engine.wakeup, engine.clock.time + 100);
  assert.notEqual(engine.scheduler.refusal, null);
  engine.pass(10_000);
  assert.equal(engine.scheduler.refusal, null, "it has refused none for long");
  assert.ok(eventsOf(recorder.events, "attempt-started").every(({ attempt }) => attempt === 1));
});

test("while starts are held back, what ends is replaced", () => {
  const engine = new Engine({ concurrency: 3 });
  engine.add(job(["a", "b", "c", "d"].map((id) => task(id))));
  engine.runner.end(["b", "c"], NOT_BEGUN);
  assert.deepEqual(engine.runner.tasks, ["a"]);
  engine.runner.end(["a"]);
  assert.deepEqual(engine.runner.tasks, ["b"]);
});

test("stopping the engine interrupts what runs and leaves the job unfinished", () => {
  const engine = new Engine({ concurrency: 2 });
  const { recorder, handle, ends } = engine.add(job([task("a"), task("b"), task("c")]));
  engine.runner.onStop = () => assert.equal(eventsOf(recorder.events, "attempt-stopping").length, 2);
  engine.scheduler.stop(10_000);
  engine.scheduler.stop(0);
  assert.deepEqual(
    engine.runner.stops.map(({ graceMs }) => graceMs),
    [10_000, 10_000, 0, 0],
  );
  assert.throws(() => engine.add(job([])), { code: "AIR_CLOSED" });
  engine.runner.end(["a"]);
  assert.deepEqual([engine.runner.tasks, ends()], [["b"], 0]);
  engine.runner.end(["b"], { kind: "exited", exitCode: 0 }, { wasStopped: true });
  assert.deepEqual(types(recorder.events).slice(-2), ["attempt-ended", "job-interrupted"]);
  assert.deepEqual([handle.counts.completed, handle.counts.pending, ends()], [1, 2, 1]);
});

test("a drained engine lets what runs end, and a job that has nothing else left ends with it", () => {
  const engine = new Engine({ concurrency: 2 });
  const one = engine.add(job([task("a")], { name: "one" }));
  const two = engine.add(job([task("x"), task("y", ["x"])], { name: "two" }));
  engine.scheduler.drain();
  engine.runner.end(["a", "x"]);
  assert.deepEqual(engine.runner.stops, []);
  assert.equal(types(one.recorder.events).at(-1), "job-ended");
  assert.equal(types(two.recorder.events).at(-1), "job-interrupted");
  assert.deepEqual([one.ends(), two.ends()], [1, 1]);
});

test("a job of which nothing runs is interrupted as soon as the engine stops", () => {
  const engine = new Engine();
  const recorder = new FakeRecorder();
  recorder.ready = false;
  const { ends } = engine.add(job([task("a")]), recorder);
  engine.scheduler.stop(10_000);
  assert.deepEqual([types(recorder.events), ends()], [["job-interrupted"], 1]);
});

function recovered(
  changes: Partial<RecordedAttempt> = {},
  options: Parameters<typeof task>[2] = {},
): Parameters<Engine["add"]>[0] {
  const inFlight = {
    task: "a",
    attempt: 3,
    startedAt: 0,
    claim: "old-1",
    key: 77,
    takes: { cpu: 1 },
    isQueued: false,
    stopping: null,
    ...changes,
  };
  return job([task("a", [], options), task("b", ["a"])], {
    records: [record({ status: "running", attempts: 3 }), record()],
    inFlight: [inFlight],
  });
}

test("what an earlier engine left running is adopted under a new key, counts in the limit, and stays the same attempt", () => {
  const engine = new Engine({ concurrency: 1 });
  engine.add(job([task("other")], { name: "other" }));
  const { recorder } = engine.add(recovered());
  assert.deepEqual(engine.runner.running.get(2), {
    key: 2,
    claimKey: 77,
    claim: "old-1",
    job: "job",
    task: "a",
    attempt: 3,
    isQueued: false,
    log: "/logs/a.log",
    limitMs: null,
    graceMs: 0,
  });
  engine.runner.end(["other"]);
  assert.equal(engine.scheduler.inFlightCount, 1);
  engine.runner.end(["a"]);
  assert.deepEqual(types(recorder.events), ["attempt-ended", "attempt-started"]);
  assert.equal(eventsOf(recorder.events, "attempt-ended")[0]?.attempt, 3);
});

test("an adopted attempt is ended by no clock of ours, however it jumps: its runner keeps its time, and says so", () => {
  const engine = new Engine();
  const { recorder } = engine.add(recovered({ startedAt: engine.clock.now() - 3_600_000 }, { timeoutMs: 5_000 }));
  assert.equal(engine.wakeup, null);
  engine.pass(3_600_000);
  assert.deepEqual(engine.runner.stops, []);
  const result = { kind: "signaled", signal: "SIGTERM" } as const;
  engine.runner.report([{ key: engine.runner.keyOf("a"), at: 0, result, wasStopped: false, hasTimedOut: true }]);
  const [ended] = eventsOf(recorder.events, "attempt-ended");
  assert.deepEqual([ended?.error, ended?.outcome.stopped], ["timed out after 5 s", "timeout"]);
});

test("a wall clock that was set back while we were down makes no delay longer", () => {
  const engine = new Engine();
  const waiting = job([task("w", [], { retries: 1, retryDelayMs: 200 })], {
    name: "waiting",
    retryAt: new Map([["w", engine.clock.now() + 3_600_000]]),
    failures: new Map([["w", 1]]),
  });
  engine.add(waiting);
  assert.equal(engine.wakeup, engine.clock.time + 200);
});

test("what was being stopped when the earlier engine died stays stopped, for the same reason", () => {
  for (const [reason, status] of [
    ["timeout", "failed"],
    ["cancel", "cancelled"],
    ["interrupt", "pending"],
  ] as const) {
    const engine = new Engine();
    const { recorder } = engine.add(recovered({ stopping: { reason, at: 7 } }, { timeoutMs: 5_000 }));
    const stops = engine.runner.stops.map(({ task: id, needsEnd }) => [id, needsEnd]);
    assert.deepEqual(stops, [["a", reason === "interrupt"]], "what is run again is not reported before its end is known");
    assert.equal(engine.wakeup, null, "it is not timed again");
    assert.deepEqual(recorder.events, [], "the reason is on record already");
    engine.runner.end(["a"], { kind: "exited", exitCode: 143 }, { at: 7 });
    assert.equal(eventsOf(recorder.events, "attempt-ended")[0]?.status, status);
  }
});

test("what had ended before an earlier engine put on record that it stops it, ended by itself", () => {
  for (const [at, status] of [
    [6, "completed"],
    [7, "pending"],
  ] as const) {
    const engine = new Engine();
    const { recorder } = engine.add(recovered({ stopping: { reason: "interrupt", at: 7 } }));
    engine.runner.end(["a"], SUCCESS, { at });
    assert.equal(eventsOf(recorder.events, "attempt-ended")[0]?.status, status);
  }
});

test("of what is stopped with the engine and can't be read, nothing is recorded: it stays in flight, and its record is kept", () => {
  const engine = new Engine({ concurrency: 2 });
  const { recorder, handle, ends } = engine.add(job([task("a"), task("b")]));
  engine.scheduler.stop(10_000);
  assert.deepEqual(
    engine.runner.stops.map(({ needsEnd }) => needsEnd),
    [false, false],
  );
  engine.runner.end(["a"], LOST, { isUnread: true });
  assert.deepEqual([ends(), engine.runner.isKept], [0, true]);
  engine.runner.end(["b"], { kind: "exited", exitCode: 143 }, { wasStopped: true });
  assert.deepEqual(types(recorder.events).slice(-2), ["attempt-ended", "job-interrupted"]);
  assert.deepEqual([handle.counts.running, handle.counts.pending, ends()], [1, 1, 1]);
});

test("what is cancelled or out of time and can't be read is over all the same", () => {
  const engine = new Engine({ concurrency: 2 });
  const { recorder } = engine.add(job([task("a"), task("b", [], { timeoutMs: 10 })]));
  engine.pass(20);
  engine.runner.end(["b"], LOST, { isUnread: true, wasStopped: true });
  const { handle } = engine.add(job([task("x")], { name: "other" }));
  handle.cancel();
  engine.runner.end(["x"], LOST, { isUnread: true });
  assert.equal(eventsOf(recorder.events, "attempt-ended")[0]?.status, "failed");
  assert.deepEqual([handle.isOver, handle.counts.cancelled], [true, 1]);
});

test("the cancelling of a job goes on after a crash", () => {
  const engine = new Engine();
  const { recorder } = engine.add({ ...recovered(), isCancelling: true });
  assert.deepEqual(types(recorder.events), ["task-ended", "attempt-stopping"]);
  engine.runner.end(["a"], { kind: "lost", message: "gone" });
  assert.deepEqual(
    eventsOf(recorder.events, "job-ended").map(({ state }) => state),
    ["cancelled"],
  );
});

test("an adopted attempt that never began starts anew at once: that says nothing about the room on the machine", () => {
  const engine = new Engine();
  const { recorder } = engine.add(recovered());
  engine.runner.end(["a"], NOT_BEGUN);
  assert.deepEqual(engine.runner.tasks, ["a"]);
  assert.equal(eventsOf(recorder.events, "attempt-started")[0]?.attempt, 3);
});

test("a report for an attempt that is not in flight is an internal error", () => {
  const engine = new Engine();
  const report = { key: 9, at: 0, result: NOT_BEGUN, wasStopped: false };
  assert.throws(() => engine.scheduler.onReports([report]), /Internal error: a report for attempt 9/);
});

test("a fan-out of 100,000 and its merge run to the end on a runner that does nothing", () => {
  const engine = new Engine({ concurrency: 8 });
  const { handle, recorder } = engine.add(job(fanOut(100_000)));
  for (let rounds = 0; !handle.isOver && rounds < 200_000; rounds++) {
    engine.runner.end(engine.runner.tasks);
  }
  assert.equal(handle.counts.completed, 100_002);
  assert.equal(recorder.events.length, 2 * 100_002 + 1);
});

test("a task that is tried again waits for what was reset behind its back, also under an earlier engine", () => {
  const engine = new Engine({ concurrency: 2 });
  const inFlight = [
    { task: "a", attempt: 1, startedAt: 0, claim: "old-1", key: 7, takes: { cpu: 1 }, isQueued: false, stopping: null },
  ];
  const tasks = [task("first"), task("a", ["first"], { retries: 1 })];
  const records = [record(), record({ status: "running", attempts: 1 })];
  engine.add(job(tasks, { records, inFlight }));
  assert.deepEqual(engine.runner.tasks, ["a", "first"]);
  engine.runner.end(["a"], FAILURE);
  assert.deepEqual(engine.runner.tasks, ["first"]);
  engine.runner.end(["first"]);
  assert.deepEqual(engine.runner.tasks, ["a"]);
});

/** Ends all that was handed out, after so many milliseconds. */
function endAllAfter(engine: Engine, ms: number): void {
  engine.clock.time += ms;
  engine.runner.end(engine.runner.tasks);
}

test("once attempts are known to be short, a slot is handed several, and only the first of them counts as running", () => {
  const engine = new Engine({ concurrency: 2 });
  const { recorder } = engine.add(job(fanOut(100)));
  endAllAfter(engine, 5);
  endAllAfter(engine, 5);
  assert.ok(engine.runner.tasks.length > 2, "more than there are slots");
  assert.equal(engine.runner.busySlots, 2);
  assert.equal(engine.scheduler.inFlightCount, 2);
  const starts = eventsOf(recorder.events, "attempt-started").slice(-engine.runner.tasks.length);
  assert.equal(starts.filter(({ queued }) => queued === undefined).length, 2);
});

test("attempts that take long are handed out one by one, however many are ready", () => {
  const engine = new Engine({ concurrency: 2 });
  engine.add(job(fanOut(100)));
  endAllAfter(engine, 1_000);
  endAllAfter(engine, 1_000);
  assert.equal(engine.runner.tasks.length, 2);
});

test("no batch takes what another slot could start at once", () => {
  const engine = new Engine({ concurrency: 4 });
  engine.add(job(fanOut(8)));
  endAllAfter(engine, 1);
  endAllAfter(engine, 1);
  assert.deepEqual(engine.runner.starts.at(-1), ["shard-4", "shard-5", "shard-6", "shard-7"]);
  assert.equal(engine.runner.busySlots, 4);
});

test("a job with a failure limit is handed out one by one: each end decides what may start", () => {
  const engine = new Engine({ concurrency: 1 });
  const { handle } = engine.add(job(fanOut(50), { settings: settings({ maxFailures: 1 }) }));
  endAllAfter(engine, 1);
  endAllAfter(engine, 1);
  engine.runner.end(engine.runner.tasks, FAILURE);
  assert.equal(handle.isOver, true);
  assert.equal(handle.counts.failed, 1);
  assert.equal(handle.counts.skipped, 49);
});

test("what is handed back is started again at once, as the same attempt, and the one that runs counts as running", () => {
  const engine = new Engine({ concurrency: 1 });
  const { recorder } = engine.add(job(fanOut(50)));
  endAllAfter(engine, 5);
  endAllAfter(engine, 5);
  const [first, second, ...rest] = engine.runner.tasks;
  const ended = (id: string, result: Result): Report => ({ key: engine.runner.keyOf(id), at: 0, result, wasStopped: false });
  const back = rest.map((id): Report => ({ ...ended(id, NOT_BEGUN), isHandedBack: true }));
  engine.clock.time += 240;
  engine.runner.report([ended(first!, SUCCESS), ...back]);
  assert.deepEqual(
    eventsOf(recorder.events, "attempt-begun").map((event) => event.task),
    [second],
  );
  assert.equal(engine.scheduler.noRoomSince, null, "the machine is not to blame");
  engine.runner.end([second!]);
  assert.equal(engine.runner.tasks[0], rest[0]);
  const starts = eventsOf(recorder.events, "attempt-started").filter((event) => event.task === rest[0]);
  assert.deepEqual(
    starts.map(({ attempt }) => attempt),
    [1, 1],
  );
  assert.equal(engine.runner.tasks.length, 1, "it was seen that they take long");
});

test("a timeout counts from when an attempt is known to run, and a very short one never waits in a batch", () => {
  const shardsWith = (timeoutMs: number): TaskSpec[] =>
    Array.from({ length: 50 }, (_, index) => task(`shard-${index}`, ["first"], { timeoutMs }));
  const engine = new Engine({ concurrency: 1 });
  engine.add(job([task("first"), ...shardsWith(5_000)]));
  endAllAfter(engine, 5);
  endAllAfter(engine, 5);
  assert.ok(engine.runner.tasks.length > 1);
  assert.equal(engine.wakeup, engine.clock.time + 5_000);
  const strict = new Engine({ concurrency: 1 });
  strict.add(job([task("first"), ...shardsWith(500)]));
  endAllAfter(strict, 5);
  endAllAfter(strict, 5);
  assert.equal(strict.runner.tasks.length, 1);
});

test("a slot is asked for by how long its task may take, and what may outlive it does not wait in it behind others", () => {
  const engine = new Engine({ concurrency: 1 });
  engine.runner.leftMs = 60_000;
  const shards = Array.from({ length: 50 }, (_, index) =>
    task(`shard-${index}`, [], { timeoutMs: index < 4 ? 50_000 : index < 6 ? null : 70_000 }),
  );
  engine.add(job(shards));
  endAllAfter(engine, 5);
  assert.deepEqual(engine.runner.limits.slice(0, 2), [50_000, 50_000]);
  assert.deepEqual(engine.runner.tasks, ["shard-1", "shard-2", "shard-3", "shard-4", "shard-5"]);
  endAllAfter(engine, 5);
  assert.deepEqual(engine.runner.tasks, ["shard-6"], "whoever gave the slot has answered for the first");
  assert.equal(engine.runner.limits.at(-1), 70_000);
});

test("what goes wrong in the handling of one job harms no other, and is told once", () => {
  const engine = new Engine({ concurrency: 4 });
  const recorder = new FakeRecorder();
  const broken = engine.add(job([task("a"), task("b"), task("c", ["a"])], { name: "broken" }), recorder);
  const other = engine.add(job([task("x"), task("y", ["x"])], { name: "other" }));
  const fault = new TypeError("a fault of ours");
  recorder.record = () => {
    throw fault;
  };
  engine.runner.end(["a", "x"]);
  assert.deepEqual(broken.faults, [fault]);
  assert.deepEqual(engine.runner.tasks, ["b", "y"], "nothing more of it starts, what runs is left alone, the other goes on");
  engine.runner.end(["b", "y"]);
  assert.deepEqual(broken.faults, [fault]);
  assert.equal(broken.ends(), 0);
  assert.equal(other.ends(), 1);
  assert.equal(engine.scheduler.inFlightCount, 0);
  assert.deepEqual(engine.runner.stops, []);
});
