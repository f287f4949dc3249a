/** What is handed to a runner with one queue ahead of free slots: how much, of whom, and that none of it keeps anybody waiting. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { RecordedAttempt } from "../../src/domain/job.js";
import type { Result } from "../../src/domain/outcome.js";
import type { Report } from "../../src/domain/ports.js";
import { SLOT_MARK, type TaskSpec } from "../../src/domain/task.js";
import { Engine, eventsOf } from "./support/engine.js";
import { FakeQueueRunner } from "./support/fakes.js";
import { fanOut, job, record, settings, task } from "./support/jobs.js";

const BACK: Result = { kind: "not-begun", message: "it was taken back" };
/** Longer than anything is left waiting, the second look included. */
const TOO_LONG_MS = 300;

class AheadEngine extends Engine<FakeQueueRunner> {
  constructor(concurrency = 2) {
    super({ concurrency, runner: new FakeQueueRunner(concurrency) });
  }

  /** Ends what runs, after so many milliseconds each. */
  endRunning(ms: number, rounds = 1): void {
    for (let round = 0; round < rounds; round++) {
      this.clock.time += ms;
      this.runner.end(this.running, undefined, { begunAt: 0, at: ms });
    }
  }

  get running(): string[] {
    const { tasks, waiting, returning } = this.runner;
    return tasks.filter((id) => !waiting.includes(id) && !returning.includes(id));
  }

  /** Reports what was taken back. */
  giveBack(): void {
    const reports = this.runner.returning.map((id): Report => {
      return { key: this.runner.keyOf(id), at: 0, result: BACK, wasStopped: false, isHandedBack: true };
    });
    this.runner.report(reports);
  }

  /** Lets so much time pass that nothing may wait any longer. */
  passTooLong(): void {
    this.pass(TOO_LONG_MS);
    this.pass(TOO_LONG_MS);
  }
}

const shards = (count: number, more: Partial<TaskSpec> = {}): TaskSpec[] =>
  Array.from({ length: count }, (_, index) => task(`shard-${index}`, [], more));

test("nothing is handed over ahead before anything is known to be short, then never more than were seen to be", () => {
  const engine = new AheadEngine();
  engine.add(job(shards(100)));
  assert.deepEqual(engine.runner.waiting, []);
  engine.endRunning(1);
  assert.equal(engine.runner.waiting.length, 2);
  engine.endRunning(1);
  assert.ok(engine.runner.waiting.length <= 4);
  engine.endRunning(1, 8);
  assert.ok(engine.runner.waiting.length > 8, `${engine.runner.waiting.length}`);
  assert.equal(engine.scheduler.inFlightCount, 2, "what waits does not run");
});

test("what waits is on record as queued, as begun when it must run by now, and runs in the order in which it was ready", () => {
  const engine = new AheadEngine(1);
  const { recorder } = engine.add(job(shards(30)));
  engine.endRunning(1, 29);
  const ends = eventsOf(recorder.events, "attempt-ended").map((event) => event.task);
  assert.deepEqual(
    ends,
    shards(29).map(({ id }) => id),
  );
  const queued = eventsOf(recorder.events, "attempt-started").filter((event) => event.queued === true);
  assert.ok(queued.length > 20);
  const begun = eventsOf(recorder.events, "attempt-begun").map((event) => event.task);
  assert.deepEqual(
    begun,
    queued.map((event) => event.task),
  );
});

test("as many as there are slots are seen to run, also while all of them are handed over ahead", () => {
  const engine = new AheadEngine(2);
  engine.runner.tellsBegun = false;
  const { recorder } = engine.add(job(shards(60)));
  engine.endRunning(1, 10);
  const begun = new Set(eventsOf(recorder.events, "attempt-begun").map((event) => event.task));
  for (const event of eventsOf(recorder.events, "attempt-started")) if (event.queued === undefined) begun.add(event.task);
  for (const event of eventsOf(recorder.events, "attempt-ended")) begun.delete(event.task);
  assert.deepEqual([...begun], engine.running);
});

test("of tasks that take longer than a round trip is worth none is handed over ahead", () => {
  const engine = new AheadEngine();
  engine.add(job(shards(100)));
  engine.endRunning(500, 4);
  assert.deepEqual(engine.runner.waiting, []);
});

test("a better task does not stay behind long ones: what has not begun soon is taken back, and the best goes first", () => {
  const engine = new AheadEngine(1);
  const { handle, recorder } = engine.add(job(shards(50)));
  engine.endRunning(1, 8);
  const [running] = engine.running;
  assert.ok(engine.runner.waiting.length > 2);
  handle.add([task("urgent", [], { priority: 9 })]);
  engine.pass(TOO_LONG_MS);
  assert.equal(engine.runner.recalls, 0, "one look may come late: what was reported meanwhile is heard first");
  engine.pass(TOO_LONG_MS);
  assert.equal(engine.runner.recalls, 1);
  engine.giveBack();
  assert.deepEqual(engine.runner.tasks, [running], "it was seen that they take long");
  engine.endRunning(1);
  assert.deepEqual(engine.running, ["urgent"]);
  assert.equal(engine.scheduler.noRoomSince, null, "the machine is not to blame");
  const again = eventsOf(recorder.events, "attempt-started").filter(({ attempt }) => attempt > 1);
  assert.deepEqual(again, [], "what did not begin was no attempt");
});

test("a job of three does not wait until the long tasks of another one are through", () => {
  const engine = new AheadEngine(2);
  engine.add(job(shards(100), { name: "large" }));
  engine.endRunning(1, 10);
  engine.add(job([task("a"), task("b"), task("c")], { name: "small" }));
  engine.passTooLong();
  engine.giveBack();
  engine.endRunning(5_000);
  assert.equal(engine.running[0], "a", "each has a slot");
  engine.endRunning(5_000);
  assert.equal(engine.running[0], "b");
});

test("nothing is handed over ahead while what was taken back is on its way", () => {
  const engine = new AheadEngine(1);
  engine.add(job(shards(50)));
  engine.endRunning(1, 8);
  const before = engine.runner.waiting;
  engine.passTooLong();
  assert.deepEqual(engine.runner.returning, before);
  engine.endRunning(1);
  assert.deepEqual(engine.runner.waiting, []);
});

test("a job in which each end may decide, one with a limit of its own, and a task with the number of its slot get nothing ahead", () => {
  const held: [Parameters<typeof job>[1], readonly TaskSpec[], boolean][] = [
    [{ settings: settings({ maxFailures: 1 }) }, shards(50), false],
    [{ settings: settings({ concurrency: 2 }) }, shards(50), false],
    [{}, shards(50), true],
    [{}, shards(50, { args: [SLOT_MARK] }), false],
  ];
  for (const [more, tasks, endsDecide] of held) {
    const engine = new AheadEngine(2);
    engine.add(job(tasks, more), undefined, undefined, { endsDecide });
    engine.endRunning(1, 8);
    assert.deepEqual(engine.runner.waiting, []);
    assert.equal(engine.running.length, 2);
  }
});

test("nothing is handed over ahead while an adopted attempt runs, which the queue does not know", () => {
  const engine = new AheadEngine(2);
  const inFlight: RecordedAttempt[] = [
    { task: "old", attempt: 1, startedAt: 0, claim: "old-1", key: 7, takes: { cpu: 1 }, isQueued: false, stopping: null },
  ];
  const records = [record({ status: "running", attempts: 1 }), ...shards(50).map(() => record())];
  engine.add(job([task("old"), ...shards(50)], { records, inFlight }));
  const rest = (): string[] => engine.runner.tasks.filter((id) => id !== "old");
  for (let round = 0; round < 8; round++) {
    assert.equal(rest().length, 1);
    engine.runner.end(rest(), undefined, { begunAt: 0, at: 1 });
  }
  engine.runner.end(["old"]);
  engine.endRunning(1, 4);
  assert.ok(engine.runner.waiting.length > 0);
});

test("what an earlier engine had handed over ahead has begun when that is found out, and what had not is never said to have", () => {
  const engine = new AheadEngine(2);
  const left = (id: string, key: number): RecordedAttempt => {
    return { task: id, attempt: 1, startedAt: 0, claim: "old-1", key, takes: { cpu: 1 }, isQueued: true, stopping: null };
  };
  const inFlight = [left("ran", 7), left("waited", 8)];
  const { recorder } = engine.add(job([task("ran"), task("waited")], { records: [record(), record()], inFlight }));
  assert.deepEqual(eventsOf(recorder.events, "attempt-begun"), []);
  const begins = { key: engine.runner.keyOf("ran"), at: 1234 };
  engine.runner.tellBegun([begins]);
  engine.runner.tellBegun([begins]);
  engine.runner.end(["waited"], BACK);
  const begun = eventsOf(recorder.events, "attempt-begun").map((event) => [event.task, event.attempt, event.at]);
  assert.deepEqual(begun, [["ran", 1, 1234]]);
  assert.deepEqual(
    eventsOf(recorder.events, "attempt-started").map((event) => [event.task, event.attempt]),
    [["waited", 1]],
  );
});

test("a task that needs more than others is not passed by what waits: as soon as one is there nothing is handed over ahead", () => {
  const engine = new AheadEngine(2);
  const { handle } = engine.add(job(shards(60)));
  engine.endRunning(1, 6);
  const last = engine.runner.waiting.at(-1);
  handle.add([task("wide", [], { resources: { cpu: 2 }, priority: 1 })]);
  for (let round = 0; round < 30 && engine.runner.waiting.length > 0; round++) engine.endRunning(1);
  assert.ok(engine.running.includes(last!));
  engine.endRunning(1);
  assert.deepEqual(engine.running, ["wide"]);
});

test("an engine that drains takes back what waits, and starts nothing of it", () => {
  const engine = new AheadEngine(2);
  const { recorder } = engine.add(job(shards(50)));
  engine.endRunning(1, 8);
  const { running } = engine;
  engine.scheduler.drain();
  assert.deepEqual(engine.runner.waiting, []);
  engine.giveBack();
  assert.deepEqual(engine.runner.tasks, running);
  engine.endRunning(1);
  assert.equal(recorder.events.at(-1)?.type, "job-interrupted");
});

test("a timeout of what waits counts from when it runs", () => {
  const engine = new AheadEngine(1);
  engine.add(job(shards(50, { timeoutMs: 5_000 })));
  engine.endRunning(1, 8);
  const [next] = engine.runner.waiting;
  engine.clock.time += 4_000;
  engine.runner.end(engine.running, undefined, { begunAt: 0, at: 1 });
  engine.pass(4_000);
  assert.equal(engine.runner.stops.length, 0);
  engine.pass(1_000);
  assert.deepEqual(
    engine.runner.stops.map((stop) => stop.task),
    [next],
  );
});

test("what waited and has no timeout is never stopped", () => {
  const engine = new AheadEngine(1);
  engine.add(job(shards(50)));
  engine.endRunning(1, 8);
  engine.pass(24 * 3_600_000);
  assert.deepEqual(engine.runner.stops, []);
});

test("of tasks that take a part of a cpu more run at once than the queue is wide", () => {
  const engine = new Engine({ concurrency: 2, runner: new FakeQueueRunner(2, undefined, 10) });
  engine.add(job(shards(20, { resources: { cpu: 0.25 } })));
  assert.equal(engine.runner.tasks.length, 8);
});

test("an interruption with which nothing is taken back keeps no other job from being handed over ahead", () => {
  const engine = new AheadEngine(2);
  engine.add(job([task("a")], { name: "first" })).handle.interrupt(null);
  engine.add(job(shards(50)));
  engine.endRunning(1, 8);
  assert.ok(engine.runner.waiting.length > 0);
});

test("a fan-out of 100,000 runs to its end with most of it handed over ahead", () => {
  const engine = new AheadEngine(4);
  const { handle } = engine.add(job(fanOut(100_000)));
  for (let rounds = 0; !handle.isOver && rounds < 200_000; rounds++) {
    engine.runner.end(engine.runner.tasks.slice(0, 200), undefined, { begunAt: 0, at: 1 });
  }
  assert.equal(handle.counts.completed, 100_002);
});
