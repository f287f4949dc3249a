import assert from "node:assert/strict";
import { test } from "node:test";
import { levelsOfTasks, longestChainMs } from "../../src/analysis/longest-chain.js";
import { slotTimeOf } from "../../src/analysis/slot-time.js";
import type { TaskHistory } from "../../src/domain/history.js";
import { pathTimeOf } from "../../src/analysis/path-time.js";
import { oneByOne, pipeline, ran, simulate, timed } from "./simulated-run.js";

test("along the critical path waiting for a slot and waiting for us are told apart, and all adds up", () => {
  const tasks = simulate(pipeline({ prepare: 10, shards: [20, 20, 30], merge: 5 }), { slots: 2, startMs: 1 });
  const { path, ...time } = pathTimeOf(timed(tasks), { slots: 2, from: -3, to: 80 });
  assert.deepEqual(
    path.map(({ id }) => id),
    ["prepare", "process-3", "merge"],
  );
  assert.deepEqual(time, {
    totalMs: 83,
    beforeMs: 0,
    runMs: 10 + 30 + 5,
    // process-3 was ready at 11; both slots were taken from 12 to 32
    slotWaitMs: 20,
    limitMs: 0,
    delayMs: 0,
    pausedMs: 0,
    // before the first task 3, four starts (one of which process-3 watched), after the last task 11
    ownMs: 3 + 4 + 11,
  });
});

test("the delay before a further attempt is neither a wait nor ours", () => {
  const attempts = [
    [0, 0, 10],
    [40, 42, 50],
  ] as const;
  const { path: _, ...time } = pathTimeOf(timed([ran("a", [], attempts)]), { slots: 1, from: 0, to: 50 });
  assert.deepEqual(time, {
    totalMs: 50,
    beforeMs: 0,
    runMs: 18,
    slotWaitMs: 0,
    limitMs: 0,
    delayMs: 30,
    pausedMs: 0,
    ownMs: 2,
  });
});

test("what another limit held back along the path is told apart from us", () => {
  const hold = { type: "held-back", at: 40, since: 5, pool: "licence", isOwn: true, size: 1, task: "b", holders: [] } as const;
  const tasks = [ran("a", [], [[0, 0, 40]]), ran("b", [], [[0, 42, 50]])];
  const { slotWaitMs, limitMs, ownMs } = pathTimeOf(timed(tasks, { holds: [hold] }), { slots: 2, from: 0, to: 50 });
  assert.deepEqual({ slotWaitMs, limitMs, ownMs }, { slotWaitMs: 0, limitMs: 35, ownMs: 7 });
});

test("a task that takes more slots than are idle waits for slots, not for us", () => {
  const { slotWaitMs, ownMs } = pathTimeOf(timed(oneByOne({ cpu: 2 })), { slots: 3, from: 0, to: 30 });
  assert.deepEqual({ slotWaitMs, ownMs }, { slotWaitMs: 20, ownMs: 0 });
});

test("a pool of the job that has no room is a limit, however short it was", () => {
  const settings = { pools: { licence: 1 } };
  const { slotWaitMs, limitMs, ownMs } = pathTimeOf(timed(oneByOne({ cpu: 1, licence: 1 }), { settings }), {
    slots: 4,
    from: 0,
    to: 30,
  });
  assert.deepEqual({ slotWaitMs, limitMs, ownMs }, { slotWaitMs: 0, limitMs: 20, ownMs: 0 });
});

test("a time in which nobody ran the job is no overhead of ours, nor is what was before the first of the path was there", () => {
  const pauses = [{ from: 15, to: 40 }];
  const waited = timed([ran("a", [], [[0, 0, 10]]), ran("b", ["a"], [[10, 41, 50]])], { pauses });
  const { pausedMs, ownMs } = pathTimeOf(waited, { slots: 1, from: 0, to: 50 });
  assert.deepEqual({ pausedMs, ownMs }, { pausedMs: 25, ownMs: 6 });
  const again = timed([ran("a", [], [[0, 0, 10]]), ran("b", [], [[41, 41, 50]], { pendingSince: 40 })], { pauses });
  const { beforeMs, pausedMs: none, ownMs: own } = pathTimeOf(again, { slots: 1, from: -2, to: 50 });
  assert.deepEqual({ beforeMs, none, own }, { beforeMs: 40, none: 0, own: 3 });
});

test("on a cluster what waits while there is no slot, or all that are there are busy, waits for the cluster; for one that idles, for us", () => {
  const on = (slurmJob: string, cpu: number, task: TaskHistory): TaskHistory => {
    const attempts = task.attempts.map((attempt) => Object.assign(attempt, { ranOn: { node: "n1", slurmJob }, takes: { cpu } }));
    return Object.assign(task, { attempts });
  };
  const tasks = [
    on("7_0", 8, ran("a", [], [[0, 30, 40]])),
    on("7_0", 8, ran("b", ["a"], [[40, 42, 60]])),
    on("7_1", 8, ran("c", ["a"], [[40, 55, 70]])),
    on("7_0", 8, ran("d", ["c"], [[70, 71, 80]])),
  ];
  const run = timed(tasks);
  const { slotWaitMs, limitMs, ownMs } = pathTimeOf(run, { slots: 64, from: 0, to: 80 });
  // c had a slot that idled for two, then none; d one that had idled for long.
  assert.deepEqual({ slotWaitMs, limitMs, ownMs }, { slotWaitMs: 0, limitMs: 30 + 13, ownMs: 2 + 1 });
  const time = slotTimeOf(run, { slots: 64, from: 0, to: 80 });
  assert.deepEqual([time.workMs, time.ownMs], [10 + 18 + 15 + 9, 2 * 2 + 1]);
});

test("the longest chain is what no number of slots could beat", () => {
  const works = pipeline({ prepare: 10, shards: [20, 20, 30], merge: 5 });
  for (const slots of [1, 2, 50]) assert.equal(longestChainMs(simulate(works, { slots }), 1_000), 45);
  assert.deepEqual(levelsOfTasks(simulate(works, { slots: 1 })), [0, 1, 1, 1, 2]);
});

test("a chain of 100,000 tasks has its length, and its levels", () => {
  const works = Array.from({ length: 100_000 }, (_, index) => ({
    id: `t${index}`,
    after: index === 0 ? [] : [`t${index - 1}`],
    ms: 1,
  }));
  const tasks = simulate(works, { slots: 2 });
  assert.equal(longestChainMs(tasks, 0), 100_000);
  assert.equal(levelsOfTasks(tasks).at(-1), 99_999);
});
