import assert from "node:assert/strict";
import { test } from "node:test";
import { medianOf, ratioOf, verdictOf } from "../../src/sweep/estimate.js";
import { seededRandom } from "../../src/sweep/seeded-random.js";
import { samples, times } from "./made-up.js";

const noise = 0.05;

test("the same measurements and the same seed give the same answer", () => {
  const measured = samples(times(100, 8, noise, seededRandom(1)));
  assert.deepEqual(medianOf(measured, seededRandom(5)), medianOf(measured, seededRandom(5)));
});

test("a single measurement has no interval and no verdict", () => {
  const { value, interval, count } = medianOf(samples([7]), seededRandom(1));
  assert.deepEqual({ value, interval, count }, { value: 7, interval: null, count: 1 });
  assert.equal(verdictOf(ratioOf(samples([7]), samples([3]), seededRandom(1))), "too-few");
});

test("from five runs on the interval holds the true median, and what is the same is rarely called different", () => {
  for (const count of [5, 8, 12]) {
    const random = seededRandom(count);
    const trials = 200;
    let [held, different] = [0, 0];
    for (let trial = 0; trial < trials; trial++) {
      const [a, b] = [samples(times(100, count, noise, random)), samples(times(100, count, noise, random))];
      const [low, high] = medianOf(a, random).interval!;
      if (low <= 100 && 100 <= high) held += 1;
      if (verdictOf(ratioOf(a, b, random)) !== "same") different += 1;
    }
    assert.ok(held / trials >= 0.9, `${count} runs: ${held} of ${trials} intervals hold the median`);
    assert.ok(different / trials <= 0.07, `${count} runs: ${different} of ${trials} called different`);
  }
});

test("four runs each are too few for a verdict, however far apart they lie", () => {
  const [fast, slow] = [samples([1, 1.01, 1.02, 1.03]), samples([9, 9.1, 9.2, 9.3])];
  assert.equal(verdictOf(ratioOf(slow, fast, seededRandom(1))), "too-few");
});

test("what is a fifth slower is found to be slower, by about that", () => {
  const random = seededRandom(3);
  const ratio = ratioOf(samples(times(120, 8, 0.02, random)), samples(times(100, 8, 0.02, random)), random);
  assert.equal(verdictOf(ratio), "slower");
  const [low, high] = ratio.interval!;
  assert.ok(low < 1.2 && 1.2 < high, `${low} to ${high}`);
  assert.equal(verdictOf(ratioOf(samples(times(100, 8, 0.02, random)), samples(times(120, 8, 0.02, random)), random)), "faster");
});

test("a machine that becomes slower and slower does not hide a difference between what was measured in the same rounds", () => {
  const random = seededRandom(4);
  const drift = (values: readonly number[]): number[] => values.map((value, round) => value * 1.15 ** round);
  const [a, b] = [drift(times(108, 8, 0.005, random)), drift(times(100, 8, 0.005, random))];
  assert.equal(verdictOf(ratioOf(samples(a), samples(b), random)), "slower");
  assert.equal(
    verdictOf(ratioOf(samples(a), samples(b, 100), random)),
    "same",
    "in other rounds it can't be told from the drift",
  );
});
