import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "../../src/scheduler/pace.js";

test("a slot that is far away is handed more at once, and never so much that others go without", () => {
  const pace = new Pace();
  pace.note(10, 100);
  assert.equal(pace.batchSize(100_000, 64), 10);
  assert.equal(pace.batchSize(100_000, 64, 1_000), 100);
  assert.equal(pace.batchSize(128, 64, 1_000), 1);
});
