import assert from "node:assert/strict";
import { test } from "node:test";
import { slotTimeOf, type SlotTime } from "../../src/analysis/slot-time.js";
import { SeededRandom, takeSeed } from "../support/seeded-random.js";
import { oneByOne, pipeline, ran, simulate, timed } from "./simulated-run.js";

function sumOf({ totalMs: _total, ...accounts }: SlotTime): number {
  return Object.values(accounts).reduce((sum, ms) => sum + ms, 0);
}

test("serial parts, stragglers and our own starts are told apart", () => {
  const tasks = simulate(pipeline({ prepare: 10, shards: [20, 20, 20, 40], merge: 5 }), { slots: 4, startMs: 1 });
  assert.deepEqual(slotTimeOf(timed(tasks), { slots: 4, from: -2, to: 61 }), {
    totalMs: 4 * 63,
    workMs: 10 + 100 + 5,
    // prepare and merge alone, and the three slots that a single ready task has no use for while we start it
    serialMs: 3 * (10 + 5) + 3 * 2,
    narrowMs: 0,
    stragglersMs: 3 * 20,
    delaysMs: 0,
    limitsMs: 0,
    pausedMs: 0,
    // three starts, before the beginning and after the end
    ownMs: 1 + 4 + 1 + 4 * 2 + 4 * 3,
  });
});

test("slots for which the graph has no tasks are the graph's doing", () => {
  const tasks = simulate(pipeline({ prepare: 10, shards: [20, 30], merge: 10 }), { slots: 4 });
  const { narrowMs, stragglersMs, serialMs } = slotTimeOf(timed(tasks), { slots: 4, from: 0, to: 50 });
  assert.deepEqual({ narrowMs, stragglersMs, serialMs }, { narrowMs: 2 * 30, stragglersMs: 10, serialMs: 3 * 20 });
});

test("a delay before another attempt is no overhead of ours", () => {
  const attempts = [
    [0, 0, 10],
    [40, 40, 50],
  ] as const;
  const { delaysMs, ownMs, workMs } = slotTimeOf(timed([ran("a", [], attempts)]), { slots: 2, from: 0, to: 50 });
  assert.deepEqual({ delaysMs, ownMs, workMs }, { delaysMs: 60, ownMs: 0, workMs: 20 });
});

test("a slot that is idle since another limit held the job back is that limit's doing, and all slots being taken is none", () => {
  const tasks = [ran("a", [], [[0, 0, 10]]), ran("b", [], [[0, 10, 20]])];
  const of = (pool: string, holder = "job"): SlotTime => {
    const holders = [{ job: holder, task: null, amount: 1 }];
    const hold = { type: "held-back", since: 2, at: 10, pool, isOwn: true, size: 1, task: "b", holders } as const;
    return slotTimeOf(timed(tasks, { holds: [hold] }), { slots: 2, from: 0, to: 20 });
  };
  assert.deepEqual([of("licence").limitsMs, of("licence").ownMs], [8, 2]);
  assert.deepEqual([of("cpu").limitsMs, of("cpu").ownMs], [0, 10]);
  assert.deepEqual([of("cpu", "another").limitsMs, of("cpu", "another").ownMs], [8, 2], "slots that another job had");
});

test("a slot that is idle since those that are ready take more than is idle is no overhead of ours", () => {
  const tasks = oneByOne({ cpu: 2, licence: 1 });
  const { workMs, limitsMs, ownMs } = slotTimeOf(timed(tasks), { slots: 3, from: 0, to: 30 });
  assert.deepEqual([workMs, limitsMs, ownMs], [60, 20, 0]);
  const settings = { pools: { licence: 1 } };
  const licensed = slotTimeOf(timed(tasks, { settings }), { slots: 6, from: 0, to: 30 });
  assert.deepEqual([licensed.limitsMs, licensed.ownMs], [4 * 10 + 2 * 10, 0], "of a pool of the job");
});

test("slots of a time in which nobody ran the job are told apart, also while a task was ready", () => {
  const tasks = [ran("a", [], [[0, 0, 10]]), ran("b", ["a"], [[10, 41, 50]])];
  const { pausedMs, ownMs, workMs } = slotTimeOf(timed(tasks, { pauses: [{ from: 15, to: 40 }] }), { slots: 2, from: 0, to: 50 });
  assert.deepEqual([pausedMs, ownMs, workMs], [50, 6, 19]);
});

test("a task that takes two slots is work of two", () => {
  const wide = ran("a", [], [[0, 0, 10]]);
  const attempts = wide.attempts.map((attempt) => ({ ...attempt, takes: { cpu: 2 } }));
  const { workMs, serialMs } = slotTimeOf(timed([{ ...wide, attempts }]), { slots: 2, from: 0, to: 10 });
  assert.deepEqual([workMs, serialMs], [20, 0]);
});

test("the accounts of any run add up to all slots for the whole time", (context) => {
  const seed = takeSeed();
  context.diagnostic(`seed ${seed}`);
  const random = new SeededRandom(seed);
  for (let round = 0; round < 200; round++) {
    const works = Array.from({ length: random.between(1, 40) }, (_, index) => ({
      id: `t${index}`,
      after: [...Array(index).keys()].map((other) => `t${other}`).filter(() => random.chance(0.1)),
      ms: random.between(0, 50),
    }));
    const slots = random.between(1, 8);
    const tasks = simulate(works, { slots, startMs: random.between(0, 3) });
    const to = Math.max(...tasks.map(({ record }) => record.completedAt!)) + random.between(0, 10);
    const time = slotTimeOf(timed(tasks), { slots, from: -random.between(0, 10), to });
    assert.equal(sumOf(time), time.totalMs);
    assert.equal(
      time.workMs,
      works.reduce((sum, { ms }) => sum + ms, 0),
    );
    for (const ms of Object.values(time)) assert.ok(ms >= 0);
  }
});
