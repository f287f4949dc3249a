import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "./judge.js";

const TASKS = [
  { id: "a", dependencies: [] },
  { id: "b", dependencies: ["a"] },
];

test("a round in which each task ran once and in order is without fault", () => {
  const verdict = judge(TASKS, ["b a", "e a", "b b", "e b"]);
  assert.deepEqual(verdict, { lost: [], twice: [], again: [], early: [], attempts: 2 });
});

test("an attempt that was killed and made again is none either", () => {
  assert.deepEqual(judge(TASKS, ["b a", "b a", "e a", "b b", "e b"]).again, []);
});

test("each fault is seen", () => {
  assert.deepEqual(judge(TASKS, ["b a", "e a"]).lost, ["b"]);
  assert.deepEqual(judge(TASKS, ["b a", "b b", "e a", "e b"]).early, ["b"]);
  assert.deepEqual(judge(TASKS, ["b a", "e a", "b a", "e a", "b b", "e b"]).again, ["a"]);
  assert.deepEqual(judge(TASKS, ["b a", "o a", "e a", "b b", "e b"]).twice, ["a"]);
});
