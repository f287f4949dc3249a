import assert from "node:assert/strict";
import { test } from "node:test";
import { nonNegativeLeastSquares } from "../../src/sweep/least-squares.js";
import { fitAmdahl, fitUsl, type ScalingPoint } from "../../src/sweep/scaling.js";
import { seededRandom } from "../../src/sweep/seeded-random.js";
import { pipeline, simulate } from "../analysis/simulated-run.js";
import { times } from "./made-up.js";

type Law = (parallelism: number) => number;

function points(timeOf: Law, noise: number, seed: number, degrees = [1, 2, 4, 8]): ScalingPoint[] {
  const random = seededRandom(seed);
  return degrees.map((parallelism) => ({ parallelism, timesMs: times(timeOf(parallelism), 7, noise, random) }));
}

const random = seededRandom(1);
const allParallel: Law = (p) => 1_000 / p;

function holds(interval: readonly [number, number] | null, truth: number): boolean {
  return interval !== null && interval[0] <= truth && truth <= interval[1];
}

test("without noise the serial share of a pipeline is found exactly", () => {
  // 2 s alone and 8 s in eight shards: a fifth is serial.
  const work = pipeline({ prepare: 1_000, shards: Array.from({ length: 8 }, () => 1_000), merge: 1_000 });
  const timeOf: Law = (slots) => Math.max(...simulate(work, { slots }).map(({ record }) => record.completedAt!));
  const fit = fitAmdahl(points(timeOf, 0, 1), random)!;
  assert.ok(Math.abs(fit.serialShare.value - 0.2) < 1e-9);
  assert.ok(Math.abs(fit.maxSpeedUp - 5) < 1e-6);
  assert.ok(fit.misfit < 1e-9);
});

test("with noise the interval holds the true serial share in most cases, and is narrow", () => {
  let held = 0;
  for (let seed = 0; seed < 60; seed++) {
    const measured = points((p) => 1_000 * (0.1 + 0.9 / p), 0.03, seed);
    const { serialShare } = fitAmdahl(measured, seededRandom(seed))!;
    if (holds(serialShare.interval, 0.1)) held += 1;
    assert.ok(serialShare.interval![1] - serialShare.interval![0] < 0.1);
  }
  assert.ok(held >= 51, `${held} of 60`);
});

test("a job that more slots make slower shows its peak", () => {
  const timeOf: Law = (p) => (1_000 * (1 + 0.05 * (p - 1) + 0.01 * p * (p - 1))) / p;
  const measured = points(timeOf, 0, 1, [1, 2, 4, 8, 16]);
  const { contention, coherence, peak, misfit } = fitUsl(measured, random)!;
  assert.ok(Math.abs(contention.value - 0.05) < 1e-6 && Math.abs(coherence.value - 0.01) < 1e-6);
  assert.ok(Math.abs(peak - Math.sqrt(0.95 / 0.01)) < 1e-3);
  assert.ok(misfit < 1e-6);
  assert.ok(fitAmdahl(measured, random)!.misfit > 0.1, "Amdahl's law says that it does not fit");
});

test("a job that is all parallel has no end of its speed-up, one that is all serial no other part", () => {
  const parallel = fitAmdahl(points(allParallel, 0, 1), random)!;
  assert.ok(parallel.serialShare.value < 1e-9 && parallel.maxSpeedUp > 1e9);
  const serial = fitAmdahl(
    points(() => 1_000, 0, 1),
    random,
  )!;
  assert.ok(serial.serialShare.value > 1 - 1e-9);
  assert.ok(fitUsl(points(allParallel, 0, 1), random)!.peak > 1_000);
});

test("one degree of parallelism tells nothing of Amdahl's law, two nothing of the other", () => {
  const one = points(allParallel, 0, 1, [4]);
  assert.equal(fitAmdahl(one, random), null);
  assert.equal(fitAmdahl([...one, ...one], random), null);
  assert.equal(fitUsl(points(allParallel, 0, 1, [1, 2]), random), null);
});

test("least squares give what was put in, and never less than nothing", () => {
  const rows = [1, 2, 3].map((x) => [1, x]);
  const isClose = (found: readonly number[] | null, expected: readonly number[]): void => {
    expected.forEach((value, index) => assert.ok(Math.abs(found![index]! - value) < 1e-9, String(found)));
  };
  isClose(nonNegativeLeastSquares(rows, [5, 7, 9]), [3, 2]);
  isClose(nonNegativeLeastSquares(rows, [1, 3, 5]), [0, 22 / 14]);
  assert.equal(nonNegativeLeastSquares([[1, 1]], [2]), null);
});
