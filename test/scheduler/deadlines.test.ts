import assert from "node:assert/strict";
import { test } from "node:test";
import { Deadlines } from "../../src/scheduler/deadlines.js";
import { fc } from "../support/properties.js";

test("items are due in the order of their times and not before", () => {
  const deadlines = new Deadlines<string>();
  deadlines.add(30, "c");
  deadlines.add(10, "a");
  deadlines.add(20, "b");
  assert.equal(deadlines.next, 10);
  assert.equal(deadlines.takeDue(9), undefined);
  assert.deepEqual([deadlines.takeDue(20), deadlines.takeDue(20), deadlines.takeDue(20)], ["a", "b", undefined]);
  assert.equal(deadlines.next, 30);
});

test("a removed deadline never comes, and its ticket serves the next one", () => {
  const deadlines = new Deadlines<string>();
  const ticket = deadlines.add(10, "removed");
  deadlines.remove(ticket);
  assert.equal(deadlines.next, null);
  assert.equal(deadlines.add(20, "kept"), ticket);
  assert.equal(deadlines.takeDue(100), "kept");
  assert.equal(deadlines.next, null);
});

test("what was added and not removed comes exactly once", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ time: fc.nat({ max: 50 }), isRemoved: fc.boolean() })), (entries) => {
      const deadlines = new Deadlines<number>();
      const tickets = entries.map(({ time }, index) => deadlines.add(time, index));
      entries.forEach(({ isRemoved }, index) => isRemoved && deadlines.remove(tickets[index]!));
      const taken: number[] = [];
      for (let item = deadlines.takeDue(50); item !== undefined; item = deadlines.takeDue(50)) {
        taken.push(item);
      }
      const times = taken.map((index) => entries[index]!.time);
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      );
      const kept = [...entries.keys()].filter((index) => !entries[index]!.isRemoved);
      assert.deepEqual(
        taken.toSorted((a, b) => a - b),
        kept,
      );
    }),
  );
});
