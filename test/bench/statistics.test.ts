import { strict as assert } from "node:assert";
import { test } from "node:test";
import { summarize } from "../../bench/statistics.js";
import { fc } from "../support/properties.js";

test("the median of an odd number of samples is the one in the middle, in whatever order they came", () => {
  assert.deepEqual(summarize([9, 1, 5]), { median: 5, min: 1, max: 9, count: 3 });
});

test("the median of an even number of samples lies half-way between the two in the middle", () => {
  assert.deepEqual(summarize([10, 4, 1, 2]), { median: 3, min: 1, max: 10, count: 4 });
});

test("samples are compared as numbers, not as text", () => {
  assert.equal(summarize([100, 9, 20]).median, 20);
});

test("nothing measured gives no summary", () => {
  assert.throws(() => summarize([]), /nothing was measured/);
});

test("at least half of the samples lie on either side of the median, and the samples stay as they are", () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), (samples) => {
      const before = [...samples];
      const { median, min, max } = summarize(samples);
      assert.deepEqual(samples, before);
      assert.ok(samples.filter((sample) => sample <= median).length * 2 >= samples.length);
      assert.ok(samples.filter((sample) => sample >= median).length * 2 >= samples.length);
      assert.ok(samples.every((sample) => sample >= min && sample <= max));
    }),
  );
});
