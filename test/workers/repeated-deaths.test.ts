import assert from "node:assert/strict";
import { test } from "node:test";
import { RepeatedDeaths } from "../../src/workers/runner/repeated-deaths.js";

const MINUTE = 60_000;

test("four deaths in ten minutes are too many, and as many in a long life are not", () => {
  const quick = new RepeatedDeaths();
  assert.deepEqual(
    [0, 1, 2, 3].map((minute) => quick.count(minute * MINUTE)),
    [false, false, false, true],
  );
  const slow = new RepeatedDeaths();
  for (let death = 0; death < 20; death++) assert.equal(slow.count(death * 4 * MINUTE), false);
});
