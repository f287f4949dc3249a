import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_RESOURCES, type Resources } from "../../../src/domain/resources.js";
import { ReadyLists } from "../../../src/scheduler/plan/ready-lists.js";
import { ReadyQueues } from "../../../src/scheduler/plan/ready-queues.js";
import { fc } from "../../support/properties.js";

const TASKS = 30;
const demands: readonly Resources[] = [DEFAULT_RESOURCES, { cpu: 2 }, { cpu: 1, licence: 0.5 }];
const standings = fc.array(
  fc.record({
    priority: fc.integer({ min: 0, max: 1 }),
    resources: fc.constantFrom(...demands).map((demand): Resources => structuredClone(demand)),
  }),
  { minLength: TASKS, maxLength: TASKS },
);
const demandOf = (resources: Resources): number =>
  demands.findIndex((demand) => JSON.stringify(demand) === JSON.stringify(resources));

test("tasks of each demand leave by priority, then height, then number, whatever came, left and rose before", () => {
  const action = fc.record({
    kind: fc.constantFrom("push", "push", "push-next", "pop", "remove", "raise", "clear"),
    task: fc.nat({ max: TASKS - 1 }),
    by: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(standings, fc.array(action, { maxLength: 150 }), (tasks, actions) => {
      const heights = tasks.map(() => 0);
      const queues = new ReadyQueues({ of: (task) => heights[task]! });
      queues.note(0, tasks);
      const numbers = new Map(queues.demands.map((demand, number) => [demandOf(demand), number]));
      const members = new Set<number>();
      const order = (a: number, b: number): number =>
        tasks[b]!.priority - tasks[a]!.priority || heights[b]! - heights[a]! || a - b;
      const first = (demand: number): number | undefined =>
        [...members].filter((task) => demandOf(tasks[task]!.resources) === demand).toSorted(order)[0];
      const push = (task: number): void => {
        if (members.has(task)) return;
        members.add(task);
        queues.push(task);
      };
      const heads = new Map<number, number | undefined>();
      for (const { kind, task, by } of actions) {
        if (kind === "push") {
          push(task);
        } else if (kind === "push-next") {
          push((task + by) % TASKS);
        } else if (kind === "pop") {
          const expected = first(by - 1);
          assert.equal(queues.take(numbers.get(by - 1) ?? 99), expected);
          members.delete(expected ?? -1);
        } else if (kind === "remove") {
          members.delete(task);
          queues.remove(task);
        } else if (kind === "raise") {
          heights[task]! += by;
          queues.reorder(task);
        } else if (by === 3) {
          members.clear();
          queues.clear();
        }
        assert.equal(queues.size, members.size);
        const changed = queues.takeChanged();
        for (const [demand, number] of numbers) {
          const head = first(demand);
          assert.equal(queues.headOf(number), head);
          assert.ok(head === heads.get(demand) || changed.includes(number), "whose head is another one is named");
          heads.set(demand, head);
        }
      }
      const all = [...members].toSorted(order);
      assert.ok(all.every((task, place) => place === 0 || queues.goesBefore(all[place - 1]!, task)));
      for (const [demand, number] of numbers) {
        for (let next = first(demand); next !== undefined; next = first(demand)) {
          assert.equal(queues.take(number), next);
          members.delete(next);
        }
        assert.equal(queues.take(number), undefined);
      }
    }),
    { numRuns: 500 },
  );
});

test("the tasks of a map leave by priority, then as they came, what was put back before all of its priority", () => {
  const action = fc.record({
    kind: fc.constantFrom("push", "push", "pop", "put-back", "remove"),
    task: fc.nat({ max: TASKS - 1 }),
    demand: fc.nat({ max: demands.length - 1 }),
  });
  fc.assert(
    fc.property(standings, fc.array(action, { maxLength: 150 }), (tasks, actions) => {
      const lists = new ReadyLists((task) => tasks[task]!);
      /** In order within each priority. */
      let members: number[] = [];
      const sorted = (): number[] => members.toSorted((a, b) => tasks[b]!.priority - tasks[a]!.priority);
      let popped: number | undefined;
      for (const { kind, task, demand } of actions) {
        const number = lists.demands.findIndex((each) => demandOf(each) === demand);
        if (kind === "push" && !members.includes(task) && popped !== task) {
          members.push(task);
          lists.push(task);
        } else if (kind === "pop") {
          popped = sorted().find((each) => demandOf(tasks[each]!.resources) === demand);
          assert.equal(lists.take(number), popped);
          members = members.filter((each) => each !== popped);
        } else if (kind === "put-back" && popped !== undefined) {
          members.unshift(popped);
          lists.putBack(popped);
          popped = undefined;
        } else if (kind === "remove") {
          members = members.filter((each) => each !== task);
          lists.remove(task);
        }
        assert.equal(lists.size, members.length);
        const order = sorted();
        assert.ok(order.every((each, place) => place === 0 || lists.goesBefore(order[place - 1]!, each)));
      }
    }),
    { numRuns: 300 },
  );
});

test("a demand is known by what it takes, in whatever order it is written", () => {
  const queues = new ReadyQueues({ of: () => 0 });
  const resources = [{ cpu: 2, gpu: 1 }, { gpu: 1, cpu: 2 }, { cpu: 1 }, { cpu: 2 }];
  queues.note(
    0,
    resources.map((each) => ({ priority: 0, resources: each })),
  );
  assert.deepEqual(queues.demands, [{ cpu: 1 }, { cpu: 2, gpu: 1 }, { cpu: 2 }]);
});
