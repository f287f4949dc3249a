import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ReadyQueue } from "../../../src/scheduler/plan/ready-queue.js";

const TASKS = 30;

test("tasks leave by priority, then height, then number, whatever came, left and rose before", () => {
  const action = fc.record({
    kind: fc.constantFrom("push", "push", "push-next", "pop", "remove", "raise", "clear"),
    task: fc.nat({ max: TASKS - 1 }),
    by: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 1 }), { minLength: TASKS, maxLength: TASKS }),
      fc.array(action, { maxLength: 150 }),
      (priorities, actions) => {
        const heights = priorities.map(() => 0);
        const queue = new ReadyQueue({ of: (task) => heights[task]! });
        queue.prioritize(
          0,
          priorities.map((priority) => ({ priority })),
        );
        const members = new Set<number>();
        const order = (a: number, b: number): number => priorities[b]! - priorities[a]! || heights[b]! - heights[a]! || a - b;
        const first = (): number | undefined => [...members].toSorted(order)[0];
        const push = (task: number): void => {
          if (members.has(task)) return;
          members.add(task);
          queue.push(task);
        };
        for (const { kind, task, by } of actions) {
          if (kind === "push") {
            push(task);
          } else if (kind === "push-next") {
            push((task + by) % TASKS);
          } else if (kind === "pop") {
            const expected = first();
            assert.equal(queue.pop(), expected);
            members.delete(expected ?? -1);
          } else if (kind === "remove") {
            members.delete(task);
            queue.remove(task);
          } else if (kind === "raise") {
            heights[task]! += by;
            queue.reorder(task);
          } else if (by === 3) {
            members.clear();
            queue.clear();
          }
          assert.equal(queue.size, members.size);
        }
        for (const task of [...members].toSorted(order)) assert.equal(queue.pop(), task);
        assert.equal(queue.pop(), undefined);
      },
    ),
    { numRuns: 500 },
  );
});
