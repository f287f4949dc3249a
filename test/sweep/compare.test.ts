import assert from "node:assert/strict";
import { test } from "node:test";
import { compareBenches } from "../../src/sweep/compare.js";
import type { BenchResult } from "../../src/sweep/result.js";
import { madeUpBench } from "../report/made-up-bench.js";

function verdicts(now: BenchResult, before: BenchResult, failAbove: number | null = 0.1): unknown[] {
  return compareBenches(now, before, failAbove).points.map(({ label, verdict, is_failure, is_doubtful }) => [
    label,
    verdict,
    is_failure,
    is_doubtful,
  ]);
}

const labels = ["1 at a time", "2 at a time", "4 at a time", "8 at a time"];

test("the same measurements are no difference, at every point", () => {
  const { is_failure, points } = compareBenches(madeUpBench(), madeUpBench(), 0.1);
  assert.equal(is_failure, false);
  for (const { verdict, ratio } of points) assert.deepEqual([verdict, ratio!.value], ["same", 1]);
});

test("what is a fifth slower fails a limit of 10 %, not one of 30 %, and nothing without a limit", () => {
  const [slow, base] = [madeUpBench(1.2), madeUpBench()];
  assert.deepEqual(
    verdicts(slow, base),
    labels.map((label) => [label, "slower", true, false]),
  );
  assert.deepEqual(
    verdicts(slow, base, 0.3),
    labels.map((label) => [label, "slower", false, false]),
  );
  assert.equal(compareBenches(slow, base, null).is_failure, false);
  assert.deepEqual(
    verdicts(base, slow),
    labels.map((label) => [label, "faster", false, false]),
  );
});

test("what may be slower but can't be told from noise is doubtful, and fails nothing", () => {
  const few = (result: BenchResult): BenchResult => ({ ...result, runs: result.runs.filter(({ round }) => round < 4) });
  assert.deepEqual(
    verdicts(few(madeUpBench(1.2)), few(madeUpBench())),
    labels.map((label) => [label, "too-few", false, true]),
  );
});

test("points that one of the two does not have are new and gone, one that fails now is broken", () => {
  const [now, before] = [madeUpBench(), madeUpBench()];
  const without = (result: BenchResult, place: number): BenchResult => ({
    ...result,
    points: result.points.filter((_, index) => index !== place),
    runs: result.runs.flatMap((run) =>
      run.point === place ? [] : [{ ...run, point: run.point > place ? run.point - 1 : run.point }],
    ),
  });
  assert.deepEqual(verdicts(now, without(before, 1))[1], ["2 at a time", "new", false, false]);
  assert.deepEqual(verdicts(without(now, 1), before).at(-1), ["2 at a time", "gone", false, false]);
  const broken: BenchResult = {
    ...now,
    points: now.points.map((point, index) => (index === 0 ? { ...point, failed: 6, runs: 0, wall: null } : point)),
    runs: now.runs.map((run) => (run.point === 0 ? Object.assign({}, run, { outcome: "failed", figures: null }) : run)),
  };
  assert.deepEqual(verdicts(broken, before)[0], ["1 at a time", "broken", true, false]);
});

test("a value that was typed is that which was a number, and params have no order", () => {
  const swept = (params: Record<string, string | number>): BenchResult => {
    const result = madeUpBench();
    return { ...result, points: result.points.map((point) => Object.assign({}, point, { params })) };
  };
  const { points } = compareBenches(swept({ a: 1, b: "x" }), swept({ b: "x", a: "1" }), null);
  assert.ok(points.every(({ verdict }) => verdict === "same"));
});

test("another job, another machine and another Node are told", () => {
  const before = madeUpBench();
  const other = { ...before, name: "other", machine: { ...before.machine, cores: 2, node: "v18.0.0" } };
  assert.deepEqual(compareBenches(madeUpBench(), other, null).warnings, [
    "the earlier bench is of another job: other",
    "the earlier bench is of another machine: 2 cores (a fine one)",
    "the earlier bench was made with Node v18.0.0",
  ]);
});
