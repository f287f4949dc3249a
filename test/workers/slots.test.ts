/** How many attempts the runner may have at once: as many as were placed, but while something waits in its queue only as many as there are cpus. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_SLOT } from "../../src/domain/ports.js";
import { Slots } from "../../src/workers/runner/slots.js";

test("there is a slot for each attempt that is placed, and the runner is as wide as that", () => {
  const slots = new Slots(2);
  assert.equal(slots.width, 2);
  const given = Array.from({ length: 20 }, () => slots.reserve()!);
  assert.deepEqual(given, [...given.keys()]);
  assert.equal(slots.width, 20);
  given.forEach((slot, key) => slots.use(slot, key));
  for (const key of given.slice(3)) slots.free(key);
  assert.equal(slots.width, 3);
  assert.equal(slots.reserve(), 3);
});

test("while something waits in the runner's queue, which would begin in them, there are no more than cpus", () => {
  const slots = new Slots(2);
  slots.use(NO_SLOT, 7);
  assert.deepEqual([slots.reserve(), slots.reserve(), slots.reserve(), slots.width], [0, 1, undefined, 2]);
  slots.free(7);
  assert.equal(slots.reserve(), 2);
});

test("a slot that several attempts share is free with the last of them, and one given back twice is counted once", () => {
  const slots = new Slots(1);
  const slot = slots.reserve()!;
  slots.use(slot, 1);
  slots.use(slot, 2);
  slots.free(1);
  assert.equal(slots.reserve(), 1);
  slots.free(2);
  slots.release(slot);
  assert.deepEqual([slots.width, slots.reserve()], [1, 0]);
});
