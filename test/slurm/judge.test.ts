import assert from "node:assert/strict";
import { test } from "node:test";
import { judge, unexplained } from "./judge.js";

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

test("that a task ran again after its end is explained by the record of that attempt alone", () => {
  const lines = ["b a 1", "e a 1 17", "k node - 18", "b a 2", "e a 2 19", "b b 1"];
  const outcome = (attempt: number, isLost: boolean): { attempt: number; isLost: boolean; words: string } => ({
    attempt,
    isLost,
    words: "",
  });
  assert.equal(unexplained("a", lines, [outcome(1, true), outcome(2, false)]), false);
  assert.equal(unexplained("a", lines, [outcome(1, false), outcome(2, true)]), true);
  assert.equal(unexplained("a", lines, [outcome(2, false)]), true);
});
