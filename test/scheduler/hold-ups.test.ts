/** Which limit held a job back is on record once that is over, and only if it took a second or more. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Engine, eventsOf } from "./support/engine.js";
import { job, settings, task } from "./support/jobs.js";

test("a job that waited for a pool is told so once it goes on: which, since when, for which task, and who had it", () => {
  const engine = new Engine({ concurrency: 8, pools: { licence: 2 } });
  const takes = { cpu: 1, licence: 1 };
  const other = engine.add(job([task("x", [], { resources: { cpu: 1, licence: 2 } }), task("y")], { name: "other" }));
  const { recorder } = engine.add(job([task("a", [], { resources: takes }), task("b", [], { resources: takes })]));
  const since = engine.clock.now();
  engine.pass(5_000);
  engine.runner.end(["x"]);
  const [held, ...more] = eventsOf(recorder.events, "held-back");
  assert.deepEqual(more, []);
  assert.deepEqual(held, {
    type: "held-back",
    at: engine.clock.now(),
    since,
    pool: "licence",
    isOwn: false,
    size: 2,
    task: "a",
    holders: [{ job: "other", task: "x", amount: 2 }],
  });
  assert.deepEqual(eventsOf(other.recorder.events, "held-back"), []);
});

test("what took less than a second is no news, and a job that always waits for the same is told once, at the end", () => {
  const engine = new Engine({ concurrency: 1 });
  const { recorder } = engine.add(job([task("a"), task("b"), task("c")]));
  engine.pass(900);
  engine.runner.end(["a"]);
  engine.pass(900);
  engine.runner.end(["b"]);
  const [held, ...more] = eventsOf(recorder.events, "held-back");
  assert.deepEqual(more, []);
  assert.deepEqual([held?.pool, held?.isOwn, held?.task, held && held.at - held.since], ["cpu", false, "b", 1800]);
  const quick = engine.add(job([task("a"), task("b")], { name: "quick" }));
  engine.pass(500);
  engine.runner.end(["c"]);
  engine.runner.end(["a"]);
  assert.deepEqual(eventsOf(quick.recorder.events, "held-back"), []);
});

test("the job's own limit is told as its own, and an interrupted job tells what held it last", () => {
  const engine = new Engine({ concurrency: 8 });
  const { recorder, handle } = engine.add(job([task("a"), task("b")], { settings: settings({ concurrency: 1 }) }));
  engine.pass(2_000);
  handle.interrupt(0);
  engine.runner.end(["a"], { kind: "signaled", signal: "SIGKILL" }, { wasStopped: true });
  const [held] = eventsOf(recorder.events, "held-back");
  assert.deepEqual([held?.pool, held?.isOwn, held?.size, held?.task], ["concurrency", true, 1, "b"]);
  assert.equal(recorder.events.at(-1)?.type, "job-interrupted");
});

test("while it lasts it is told who has the pool by now, and of the slots which other jobs have them", () => {
  const engine = new Engine({ concurrency: 2, pools: { licence: 1 } });
  const takes = { cpu: 0.5, licence: 1 };
  const first = engine.add(job(["a", "b", "c"].map((id) => task(id, [], { resources: takes }))));
  const since = engine.clock.now();
  engine.pass(2_000);
  engine.runner.end(["a"]);
  const [licence, ...more] = first.handle.holds();
  assert.deepEqual(more, []);
  assert.deepEqual(licence, {
    ...{ pool: "licence", isOwn: false, size: 1, free: 0, amount: 1, since, task: "c" },
    holders: [{ job: "job", task: "b", amount: 1 }],
  });
  engine.add(job([task("x"), task("y")], { name: "other" }));
  const { handle } = engine.add(job([task("z")], { name: "third" }));
  const [cpu] = handle.holds();
  assert.deepEqual([cpu?.pool, cpu?.free, cpu?.amount, cpu?.task], ["cpu", 0.5, 1, "z"]);
  assert.deepEqual(cpu?.holders, [
    { job: "other", task: null, amount: 1 },
    { job: "job", task: null, amount: 0.5 },
  ]);
});
