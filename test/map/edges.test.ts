import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { MapTask } from "../../src/index.js";
import { waitUntil } from "../support/wait-until.js";
import { readWitness, witnessed } from "../support/witness.js";
import { collect, Counter, mapPlace } from "./support.js";
import { untilHolds } from "../support/shell-loops.js";

const shell = (text: string): MapTask => ({ command: "sh", args: ["-c", text] });

test("a task before all others and one behind them are tasks of the same record, which depend as they ran", async (t) => {
  const { executor, view, witness } = await mapPlace(t);
  const toTask = (): MapTask => witnessed(witness, "true");
  const options = { name: "framed", before: witnessed(witness, "sleep 0.1"), after: witnessed(witness, "true") };
  const results = await collect(executor.map([1, 2, 3], toTask, options));
  assert.equal(results.length, 3);
  const seen = readWitness(witness).map(({ what, task }) => `${what} ${task}`);
  assert.deepEqual(
    [seen.slice(0, 2), seen.slice(-2)],
    [
      ["start before", "end before"],
      ["start after", "end after"],
    ],
  );
  const { state, tasks } = view("framed");
  assert.equal(state?.["state"], "completed");
  assert.deepEqual(
    tasks?.map(({ id, dependencies }) => [id, dependencies]),
    [
      ["before", []],
      ["task-1", ["before"]],
      ["task-2", ["before"]],
      ["task-3", ["before"]],
      ["after", ["before", "task-1", "task-2", "task-3"]],
    ],
  );
});

test("without the first task completed no input is asked for, and the same call begins anew", async (t) => {
  const { executor, view, root } = await mapPlace(t);
  const inputs = new Counter();
  const options = { name: "stillborn", before: shell(`test -e ${join(root, "ready")}`), after: shell("true") };
  assert.deepEqual(await collect(executor.map(inputs, () => shell("true"), options)), []);
  assert.equal(inputs.pulled, 0);
  const { state, counts } = view("stillborn");
  assert.deepEqual([state?.["state"], state?.["first_failure"], counts?.total], ["waiting", "before", 1]);
  writeFileSync(join(root, "ready"), "");
  assert.equal((await collect(executor.map([1, 2], () => shell("true"), options))).length, 2);
  assert.deepEqual([view("stillborn").state?.["state"], view("stillborn").counts?.completed], ["completed", 4]);
});

test("the last task is skipped if another failed, and retrying brings it about", async (t) => {
  const { executor, view, root, witness } = await mapPlace(t);
  const toTask = (input: number): MapTask => (input === 2 ? shell(`test -e ${join(root, "ready")}`) : shell("true"));
  const options = { name: "merged", before: shell("true"), after: witnessed(witness, "true") };
  await collect(executor.map([1, 2, 3], toTask, options));
  const { state, tasks } = view("merged");
  assert.equal(state?.["state"], "failed");
  assert.deepEqual(
    [tasks?.at(-1)?.id, tasks?.at(-1)?.status, tasks?.at(-1)?.error],
    ["after", "skipped", 'task "task-2" failed'],
  );
  assert.equal(readWitness(witness).length, 0);
  writeFileSync(join(root, "ready"), "");
  const { job } = await executor.retry("merged");
  const summary = await job!.finished();
  assert.deepEqual([summary.state, summary.counts.completed, readWitness(witness).length], ["completed", 5, 2]);
});

test("a map that is stopped while its first task runs goes on with that", async (t) => {
  const { executor, view, root, witness } = await mapPlace(t);
  const before = witnessed(witness, untilHolds(`test -e ${join(root, "ready")}`, 0.01));
  const options = { name: "early", before, after: shell("true") };
  const map = executor.map([1, 2], () => shell("true"), options);
  const first = map.next();
  assert.ok(await waitUntil(() => readWitness(witness).length === 1));
  await executor.stop({ graceMs: 1000 });
  assert.equal((await first).done, true);
  assert.deepEqual([view("early").state?.["state"], view("early").tasks?.[0]?.status], ["waiting", "pending"]);
});

test("of no input the last task runs all the same", async (t) => {
  const { executor, view } = await mapPlace(t);
  assert.deepEqual(await collect(executor.map([], () => shell("true"), { name: "none", after: shell("true") })), []);
  assert.deepEqual([view("none").state?.["state"], view("none").counts?.completed], ["completed", 1]);
});

test("what else is called before or after is refused as an id that is there already", async (t) => {
  const { executor } = await mapPlace(t);
  const toTask = (input: string): MapTask => ({ ...shell("true"), id: input });
  await assert.rejects(
    collect(executor.map(["before"], toTask, { name: "x", before: shell("true") })),
    /"before" is there already/,
  );
});
