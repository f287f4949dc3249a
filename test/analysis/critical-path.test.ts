import assert from "node:assert/strict";
import { test } from "node:test";
import { criticalPath } from "../../src/analysis/critical-path.js";
import type { AttemptHistory, TaskHistory } from "../../src/index.js";
import { record, task as spec } from "../scheduler/support/jobs.js";

type Times = readonly [readyAt: number, startedAt: number, endedAt: number | null];

function task(
  id: string,
  dependencies: readonly string[],
  times: readonly Times[],
  changes: Partial<TaskHistory> = {},
): TaskHistory {
  const attempts = times.map(([readyAt, startedAt, endedAt], index): AttemptHistory => {
    const isLast = index === times.length - 1;
    const status = endedAt === null ? "running" : isLast ? "completed" : "pending";
    return {
      attempt: index + 1,
      readyAt,
      startedAt,
      endedAt,
      outcome: null,
      status,
      error: null,
      takes: { cpu: 1 },
      usage: null,
      ranOn: null,
    };
  });
  const end = times.at(-1)?.[2] ?? null;
  const status = end === null ? "running" : "completed";
  const rec = record({ status, completedAt: end, attempts: times.length });
  return { spec: spec(id, dependencies), record: rec, pendingSince: 0, readyAt: null, attempts, ...changes };
}

function inShort(tasks: readonly TaskHistory[], nowMs = 1_000): unknown[] {
  return criticalPath({ tasks }, nowMs).map(({ id, waitMs, runMs }) => [id, waitMs, runMs]);
}

test("the path goes back from what ended last to what was waited for longest, with each one's wait and run", () => {
  const tasks = [
    task("prepare", [], [[0, 5, 20]]),
    task("quick", ["prepare"], [[20, 20, 30]]),
    task("slow", ["prepare"], [[20, 50, 90]]),
    task("merge", ["quick", "slow"], [[90, 91, 100]]),
    task("aside", [], [[0, 0, 99]]),
  ];
  assert.deepEqual(inShort(tasks), [
    ["prepare", 5, 15],
    ["slow", 30, 40],
    ["merge", 1, 9],
  ]);
  const path = criticalPath({ tasks }, 1_000);
  const sum = path.reduce((total, { waitMs, runMs }) => total + waitMs + runMs, 0);
  assert.equal(sum, 100, "it explains the whole time");
});

test("the time between attempts is waiting, and a retry that a user asked for begins a new story", () => {
  const between = [
    task(
      "a",
      [],
      [
        [0, 0, 10],
        [40, 45, 60],
      ],
    ),
  ];
  assert.deepEqual(inShort(between), [["a", 35, 25]]);
  assert.equal(criticalPath({ tasks: between }, 1_000)[0]!.delayMs, 30, "the rest of its waiting it was ready");
  const again = [
    task("a", [], [[0, 0, 10]]),
    task(
      "b",
      ["a"],
      [
        [10, 10, 20],
        [500, 510, 520],
      ],
      { pendingSince: 500 },
    ),
  ];
  assert.deepEqual(inShort(again), [["b", 10, 10]]);
});

test("a task that was skipped, or cancelled, while others that it depended on ran on did not wait for those", () => {
  const over = (status: "skipped" | "cancelled"): TaskHistory =>
    task("c", ["a", "b"], [], { record: record({ status, completedAt: 10 }) });
  for (const status of ["skipped", "cancelled"] as const) {
    const tasks = [task("a", [], [[0, 0, 10]]), task("b", [], [[0, 0, 30]]), over(status), task("d", ["c"], [[10, 10, 40]])];
    assert.deepEqual(inShort(tasks), [
      ["a", 0, 10],
      ["c", 0, 0],
      ["d", 0, 30],
    ]);
  }
});

test("of an unfinished run it leads to what runs, up to now; without any attempt it is empty", () => {
  const tasks = [
    task("a", [], [[0, 0, 10]]),
    task("b", ["a"], [[10, 12, null]]),
    task("c", ["b"], [], { record: record({ status: "pending" }) }),
  ];
  assert.deepEqual(inShort(tasks, 50), [
    ["a", 0, 10],
    ["b", 2, 38],
  ]);
  assert.deepEqual(inShort([task("c", [], [], { record: record() })]), []);
});

test("a chain of 100,000 tasks is no trouble", () => {
  const tasks = Array.from({ length: 100_000 }, (_, index) =>
    task(`t${index}`, index === 0 ? [] : [`t${index - 1}`], [[index, index, index + 1]]),
  );
  assert.equal(criticalPath({ tasks }, 0).length, 100_000);
});
