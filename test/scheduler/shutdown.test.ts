import assert from "node:assert/strict";
import { test } from "node:test";
import type { RecordedAttempt } from "../../src/domain/job.js";
import type { Result } from "../../src/domain/outcome.js";
import { Engine, eventsOf } from "./support/engine.js";
import { job, record, settings, task } from "./support/jobs.js";

const TERMINATED: Result = { kind: "signaled", signal: "SIGTERM" };
const FAILED: Result = { kind: "exited", exitCode: 1 };

/** Which status each of the ended attempts gave its task. */
function ends({ recorder }: ReturnType<Engine["add"]>): object {
  return Object.fromEntries(eventsOf(recorder.events, "attempt-ended").map((event) => [event.task, [event.status, event.error]]));
}

for (const [how, result] of [
  ["a signal", TERMINATED],
  ["the exit code that a shell gives for one", { kind: "exited", exitCode: 143 }],
] as const) {
  test(`a task that ends by ${how} just before we are told to stop was interrupted`, () => {
    const engine = new Engine();
    const running = engine.add(job([task("a"), task("b", ["a"])]));
    engine.runner.end(["a"], result);
    engine.pass(200);
    assert.deepEqual(ends(running), {}, "nothing is said of it yet");
    engine.scheduler.stop(100);
    assert.deepEqual(ends(running), { a: ["pending", "interrupted"] });
    assert.equal(eventsOf(running.recorder.events, "job-interrupted").length, 1);
  });
}

test("a task that fails with its runner told to stop was interrupted if we are told, too, and has failed if not", () => {
  const engine = new Engine();
  const running = engine.add(job([task("a"), task("b"), task("c", ["a"])]));
  engine.runner.end(["a"], FAILED, { isInShutdown: true });
  engine.pass(250);
  assert.deepEqual(ends(running), { a: ["failed", "exit code 1"] });
  engine.runner.end(["b"], FAILED, { isInShutdown: true });
  engine.pass(200);
  engine.scheduler.stop(100);
  assert.deepEqual(ends(running), { a: ["failed", "exit code 1"], b: ["pending", "interrupted"] });
});

test("a task that a signal ends has failed, if nobody tells us to stop", () => {
  const engine = new Engine();
  const running = engine.add(job([task("a"), task("b", ["a"])]));
  engine.runner.end(["a"], TERMINATED);
  engine.pass(250);
  assert.deepEqual(ends(running), { a: ["failed", "killed by SIGTERM"] });
  assert.deepEqual(engine.runner.tasks, []);
});

test("while we stop gently, what a signal ends was interrupted, and so was what fails at once; what fails later has failed", () => {
  const engine = new Engine();
  const running = engine.add(job(["a", "b", "c", "d"].map((id) => task(id))));
  engine.scheduler.drain();
  engine.runner.end(["a"], FAILED);
  engine.pass(1500);
  engine.runner.end(["b"], TERMINATED);
  engine.runner.end(["c"], FAILED);
  engine.runner.end(["d"]);
  assert.deepEqual(ends(running), {
    a: ["pending", "interrupted"],
    b: ["pending", "interrupted"],
    c: ["failed", "exit code 1"],
    d: ["completed", null],
  });
});

test("what was told to stop and fails before our own signal reached it was interrupted", () => {
  const engine = new Engine();
  const running = engine.add(job([task("a"), task("b")]));
  engine.scheduler.stop(100);
  engine.runner.end(["a"], FAILED, { wasStopped: false });
  engine.runner.end(["b"], { kind: "exited", exitCode: 0 }, { wasStopped: false });
  assert.deepEqual(ends(running), { a: ["pending", "interrupted"], b: ["completed", null] });
});

test("a signal that ended a task when no engine was there, or with its engine, has interrupted it", () => {
  const engine = new Engine();
  const inFlight = (id: string): RecordedAttempt => ({
    ...{ task: id, attempt: 1, startedAt: 0, claim: "old", key: 7, isQueued: false, stopping: null, takes: { cpu: 1 } },
  });
  const running = engine.add(
    job([task("before"), task("after")], {
      records: [record({ status: "running", attempts: 1 }), record({ status: "running", attempts: 1 })],
      inFlight: [inFlight("before"), inFlight("after")],
    }),
  );
  const { time } = engine.clock;
  engine.runner.end(["before"], TERMINATED, { at: engine.clock.now() });
  assert.deepEqual(ends(running), { before: ["pending", "interrupted"] });
  engine.pass(1000);
  engine.runner.end(["after"], TERMINATED, { at: engine.clock.now() });
  engine.pass(250);
  assert.deepEqual(ends(running), { before: ["pending", "interrupted"], after: ["failed", "killed by SIGTERM"] });
  assert.ok(engine.clock.time > time);
});

test("what an earlier engine has stopped without a word of it on record was interrupted, unless it completed or is lost", () => {
  const engine = new Engine();
  const old = { attempt: 1, startedAt: 0, claim: "old", key: 7, isQueued: false, stopping: null, takes: { cpu: 1 } } as const;
  const inFlight = ["killed", "failed", "done", "gone"].map((id): RecordedAttempt => Object.assign({ task: id }, old));
  const records = inFlight.map(() => record({ status: "running", attempts: 1 }));
  const running = engine.add(
    job(
      inFlight.map(({ task: id }) => task(id)),
      { records, inFlight },
    ),
  );
  const options = { at: engine.clock.now(), wasStopped: true };
  engine.runner.end(["killed"], { kind: "signaled", signal: "SIGKILL" }, options);
  engine.runner.end(["failed"], FAILED, options);
  engine.runner.end(["done"], undefined, options);
  engine.runner.end(["gone"], { kind: "lost", message: "its runner died" }, options);
  engine.pass(250);
  assert.deepEqual(ends(running), {
    killed: ["pending", "interrupted"],
    failed: ["pending", "interrupted"],
    done: ["completed", null],
    gone: ["pending", "lost: its runner died"],
  });
});

test("an end in doubt is over at once for whoever cancels its task, and counts for a failure limit", () => {
  const engine = new Engine();
  const running = engine.add(job([task("a"), task("b"), task("c")], { settings: settings({ concurrency: 1, maxFailures: 1 }) }));
  engine.runner.end(["a"], TERMINATED);
  assert.deepEqual(engine.runner.tasks, [], "nothing starts that a failure might bar");
  running.handle.cancel(["a"]);
  assert.deepEqual(ends(running), { a: ["cancelled", "cancelled by the user"] });
});
