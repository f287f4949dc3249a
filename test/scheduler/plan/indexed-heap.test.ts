import assert from "node:assert/strict";
import { test } from "node:test";
import { IndexedHeap } from "../../../src/scheduler/plan/indexed-heap.js";
import { fc } from "../../support/properties.js";

test("members leave in order, whatever was pushed, removed and moved before", () => {
  const action = fc.record({
    kind: fc.constantFrom("push", "remove", "move", "pop"),
    member: fc.nat({ max: 40 }),
    weight: fc.integer({ min: -5, max: 5 }),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const weights = new Map<number, number>();
      const isBefore = (a: number, b: number): boolean => {
        const difference = weights.get(a)! - weights.get(b)!;
        return difference === 0 ? a < b : difference < 0;
      };
      const heap = new IndexedHeap(isBefore);
      const members = new Set<number>();
      const first = (): number | undefined => [...members].toSorted((a, b) => (isBefore(a, b) ? -1 : 1))[0];
      for (const { kind, member, weight } of actions) {
        if (kind === "pop") {
          const expected = first();
          assert.equal(heap.first(), expected);
          if (expected !== undefined) assert.equal(heap.remove(expected), members.delete(expected));
        } else if (kind === "remove") {
          assert.equal(heap.remove(member), members.delete(member));
        } else if (kind === "move" && members.has(member)) {
          weights.set(member, weight);
          heap.moved(member);
        } else if (kind === "push" && !members.has(member)) {
          weights.set(member, weight);
          members.add(member);
          heap.push(member);
        }
        assert.equal(heap.size, members.size);
        assert.equal(heap.has(member), members.has(member));
        assert.equal(heap.first(), first());
      }
    }),
  );
});

test("a cleared heap is empty and takes its members again", () => {
  const heap = new IndexedHeap((a, b) => a < b);
  [5, 3, 9].forEach((member) => heap.push(member));
  heap.clear();
  assert.equal(heap.size, 0);
  assert.equal(heap.has(3), false);
  [9, 3].forEach((member) => heap.push(member));
  assert.equal(heap.first(), 3);
  heap.remove(3);
  assert.equal(heap.first(), 9);
  heap.remove(9);
  assert.equal(heap.first(), undefined);
});
