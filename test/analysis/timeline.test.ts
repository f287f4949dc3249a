import assert from "node:assert/strict";
import { test } from "node:test";
import { timelineOf } from "../../src/analysis/timeline.js";
import { pipeline, ran, simulate } from "./simulated-run.js";

test("the timeline counts what runs and what waits from one change to the next", () => {
  const tasks = simulate(pipeline({ prepare: 10, shards: [20, 20, 30], merge: 5 }), { slots: 2, startMs: 1 });
  assert.deepEqual(
    timelineOf(tasks, 100).map(({ at, running, waiting }) => [at, running, waiting]),
    [
      [0, 0, 1],
      [1, 1, 0],
      [11, 0, 3],
      [12, 2, 1],
      [32, 0, 1],
      [33, 1, 0],
      [63, 0, 1],
      [64, 1, 0],
      [69, 0, 0],
    ],
  );
});

test("what runs or is ready lasts until now, and every attempt counts", () => {
  const tasks = [
    ran(
      "a",
      [],
      [
        [0, 0, 10],
        [30, 30, null],
      ],
    ),
    ran("b", [], [], { readyAt: 5 }),
  ];
  assert.deepEqual(
    timelineOf(tasks, 50).map(({ at, running, waiting }) => [at, running, waiting]),
    [
      [0, 1, 0],
      [5, 1, 1],
      [10, 0, 1],
      [30, 1, 1],
      [50, 0, 0],
    ],
  );
});

test("a clock that was set back between ready and start makes no time that runs backwards", () => {
  const moments = timelineOf([ran("a", [], [[100, 40, 60]])], 200);
  assert.deepEqual(moments, [
    { at: 40, running: 1, taken: 1, waiting: 0 },
    { at: 60, running: 0, taken: 0, waiting: 0 },
  ]);
});
