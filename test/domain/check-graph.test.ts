import assert from "node:assert/strict";
import { test } from "node:test";
import { checkGraph } from "../../src/domain/check-graph.js";
import { findCycles } from "../../src/domain/find-cycles.js";
import { chain, fanOut, task } from "../scheduler/support/jobs.js";
import { fc } from "../support/properties.js";

const noSuggestion = (): undefined => undefined;

test("a diamond, a chain of 20,000 and a fan-out of 20,000 have no faults", () => {
  const diamond = [task("a"), task("b", ["a"]), task("c", ["a"]), task("d", ["b", "c"])];
  for (const tasks of [[], diamond, chain(20_000), chain(20_000).toReversed(), fanOut(20_000)]) {
    assert.deepEqual(checkGraph(tasks, noSuggestion), []);
  }
});

test("a duplicate id names the place of the first", () => {
  assert.deepEqual(checkGraph([task("a"), task("b"), task("a"), task("a")], noSuggestion), [
    { taskIndex: 2, key: "id", message: 'duplicate id "a": tasks[0] has it already' },
    { taskIndex: 3, key: "id", message: 'duplicate id "a": tasks[0] has it already' },
  ]);
});

test("an unknown dependency comes with the suggestion for it", () => {
  const suggest = (word: string, candidates: Iterable<string>): string | undefined =>
    [...candidates].find((candidate) => candidate.startsWith(word.slice(0, 3)));
  const faults = checkGraph([task("prepare"), task("merge", ["prepare", "prepra", "zzz"])], suggest);
  assert.deepEqual(faults, [
    { taskIndex: 1, key: "dependencies", dependencyIndex: 1, message: 'unknown dependency "prepra": did you mean "prepare"?' },
    { taskIndex: 1, key: "dependencies", dependencyIndex: 2, message: 'unknown dependency "zzz"' },
  ]);
});

test("suggestions are looked for in a few cases only", () => {
  let looks = 0;
  const suggest = (): undefined => {
    looks += 1;
  };
  const tasks = Array.from({ length: 500 }, (_, index) => task(`t${index}`, [`unknown-${index}`]));
  assert.equal(checkGraph(tasks, suggest).length, 500);
  assert.equal(looks, 20);
});

test("tasks that are added may depend on known ones and must not take their ids", () => {
  const known = new Map([["old", 0]]);
  assert.deepEqual(checkGraph([task("new", ["old"])], noSuggestion, known), []);
  assert.deepEqual(checkGraph([task("old")], noSuggestion, known), [
    { taskIndex: 0, key: "id", message: 'duplicate id "old": the job has such a task already' },
  ]);
});

test("a task that depends on itself is told so, once", () => {
  assert.deepEqual(checkGraph([task("a", ["a"])], noSuggestion), [
    { taskIndex: 0, key: "dependencies", dependencyIndex: 0, message: 'task "a" depends on itself' },
  ]);
});

test("each cycle is reported once, with its path", () => {
  const tasks = [task("a", ["b"]), task("b", ["x", "a"]), task("x"), task("c", ["e"]), task("d", ["c"]), task("e", ["d"])];
  const faults = checkGraph(tasks, noSuggestion);
  assert.deepEqual(faults, [
    { taskIndex: 0, key: "dependencies", dependencyIndex: 0, message: "the dependencies form a cycle: a → b → a" },
    { taskIndex: 3, key: "dependencies", dependencyIndex: 0, message: "the dependencies form a cycle: c → e → d → c" },
  ]);
});

test("a cycle of 20,000 tasks is found, and shown by its ends", () => {
  const tasks = chain(20_000);
  tasks[0] = task("t0", ["t19999"]);
  assert.deepEqual(
    checkGraph(tasks, noSuggestion).map(({ message }) => message),
    ["the dependencies form a cycle: t0 → t19999 → t19998 → t19997 → t19996 → … 19993 more … → t2 → t1 → t0 (20000 tasks)"],
  );
});

test("all faults of a job are found at once, in the order of the tasks, cycles last", () => {
  const tasks = [task("a", ["b"]), task("b", ["a"]), task("c", ["nope"]), task("c")];
  assert.deepEqual(
    checkGraph(tasks, noSuggestion).map(({ taskIndex, message }) => `${taskIndex}: ${message}`),
    [
      '2: unknown dependency "nope"',
      '3: duplicate id "c": tasks[2] has it already',
      "0: the dependencies form a cycle: a → b → a",
    ],
  );
});

test("cycles that are found are real and different, and none is found only where there is none", () => {
  const graph = fc
    .integer({ min: 1, max: 9 })
    .chain((size) => fc.array(fc.uniqueArray(fc.nat({ max: size - 1 }), { maxLength: 3 }), { minLength: size, maxLength: size }));
  fc.assert(
    fc.property(graph, (dependencies) => {
      const cycles = findCycles(dependencies);
      for (const cycle of cycles) {
        assert.equal(new Set(cycle).size, cycle.length);
        assert.equal(cycle[0], Math.min(...cycle));
        cycle.forEach((at, place) => assert.ok(dependencies[at]!.includes(cycle[(place + 1) % cycle.length]!)));
      }
      assert.equal(new Set(cycles.map(String)).size, cycles.length);
      assert.equal(cycles.length > 0, !canBeOrdered(dependencies));
    }),
  );
});

/** Takes out tasks whose dependencies are all out, until none is left or none can be. */
function canBeOrdered(dependencies: readonly (readonly number[])[]): boolean {
  const out = new Set<number>();
  for (let round = 0; round < dependencies.length; round++) {
    dependencies.forEach((list, index) => {
      if (list.every((dependency) => dependency === index || out.has(dependency))) {
        out.add(index);
      }
    });
  }
  return out.size === dependencies.length;
}
