import assert from "node:assert/strict";
import { test } from "node:test";
import { formatTimestamp } from "../../../src/store/text/timestamp.js";
import { fc } from "../../support/properties.js";

test("a moment is written as Date writes it, whatever was written before, fractions cut off", () => {
  const moment = fc.oneof(
    fc.integer({ min: 0, max: 4_000_000_000_000 }),
    fc.integer({ min: -5000, max: 5000 }),
    fc.double({ min: 1_700_000_000_000, max: 1_700_000_002_000, noNaN: true }),
  );
  fc.assert(
    fc.property(fc.array(moment, { maxLength: 20 }), (moments) => {
      for (const ms of moments) assert.equal(formatTimestamp(ms), new Date(ms).toISOString());
    }),
  );
});

test("what is no moment is refused", () => {
  assert.throws(() => formatTimestamp(NaN), RangeError);
});
