import { strict as assert } from "node:assert";
import { test } from "node:test";
import { chain, durationOf, fanOut, type GraphTask, layered } from "../../bench/graphs.js";

test("a fan-out waits for prepare, and merge for every shard", () => {
  const tasks = fanOut(3, "/bin/true");
  assert.deepEqual(
    tasks.map(({ id }) => id),
    ["prepare", "shard-1", "shard-2", "shard-3", "merge"],
  );
  assert.deepEqual(
    tasks.map(({ dependencies }) => dependencies),
    [[], ["prepare"], ["prepare"], ["prepare"], ["shard-1", "shard-2", "shard-3"]],
  );
});

test("each link of a chain waits for the one before", () => {
  assert.deepEqual(
    chain(3, "/bin/true").map(({ dependencies }) => dependencies),
    [[], ["link-1"], ["link-2"]],
  );
});

test("between layers nothing is left out: every task is waited for or waits, in either direction", () => {
  const tasks = layered([5, 2, 7], 10);
  assert.equal(tasks.length, 14);
  const waitedFor = new Set(tasks.flatMap(({ dependencies }) => dependencies));
  for (const { id, dependencies } of tasks) {
    assert.ok(id.startsWith("layer-1-") || dependencies.length > 0, `${id} waits for something`);
    assert.ok(id.startsWith("layer-3-") || waitedFor.has(id), `${id} is waited for`);
  }
  assert.deepEqual(tasks, layered([5, 2, 7], 10), "the same call gives the same job");
});

function sleep(id: string, seconds: string, dependencies: string[]): GraphTask {
  return { id, command: "sleep", args: [seconds], dependencies };
}

test("the critical path is the longest way, the work is all of it", () => {
  const tasks = [sleep("a", "1", []), sleep("b", "0.5", ["a"]), sleep("c", "2", ["a"]), sleep("d", "0.25", ["b", "c"])];
  assert.deepEqual(durationOf(tasks), { criticalPathMs: 3250, workMs: 3750 });
});

test("a job whose duration can't be foretold is refused", () => {
  assert.throws(() => durationOf(chain(1, "/bin/true")), /link-1: expected "sleep SECONDS"/);
  assert.throws(() => durationOf(layered([2, 1], 10).toReversed()), /expected to stand behind/);
});
