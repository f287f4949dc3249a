import assert from "node:assert/strict";
import { test } from "node:test";
import { driftOf, outliersOf } from "../../src/sweep/noise.js";
import { seededRandom } from "../../src/sweep/seeded-random.js";
import { times } from "./made-up.js";

test("a run that took much longer than the others is an outlier, the slowest of an even lot is none", () => {
  assert.deepEqual(outliersOf([100, 101, 99, 100, 180, 102]), [4]);
  assert.deepEqual(outliersOf([100, 101, 99, 100, 102, 103]), []);
  assert.deepEqual(outliersOf([100, 100, 100, 100, 101]), [], "one per cent is no matter, however even the others are");
  assert.deepEqual(outliersOf([1, 1, 100]), [], "three have no bulk to be far from");
});

test("a machine that becomes slower is noticed, noise is not taken for it", () => {
  const random = seededRandom(2);
  const steady = times(1, 20, 0.03, random);
  assert.equal(driftOf(steady), null);
  const slower = steady.map((value, index) => value * (1 + 0.02 * index));
  const { change } = driftOf(slower)!;
  assert.ok(change > 0.15 && change < 0.45, `${change}`);
  assert.ok(driftOf(slower.toReversed())!.change < 0);
  let alarms = 0;
  for (let trial = 0; trial < 200; trial++) if (driftOf(times(1, 15, 0.05, random)) !== null) alarms += 1;
  assert.ok(alarms <= 6, `${alarms} false alarms of 200`);
});

test("few measurements, or the same one again and again, show no drift", () => {
  assert.equal(driftOf([1, 2, 3, 4, 5]), null);
  const same = Array.from({ length: 20 }, () => 1);
  assert.equal(driftOf(same), null);
});
