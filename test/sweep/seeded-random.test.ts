import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom, shuffled } from "../../src/sweep/seeded-random.js";

test("a seed repeats its numbers, another one has others", () => {
  const numbers = (seed: number): number[] => Array.from({ length: 5 }, seededRandom(seed));
  assert.deepEqual(numbers(1), numbers(1));
  assert.notDeepEqual(numbers(1), numbers(2));
});

test("shuffling loses nothing, leaves the list alone and puts every item everywhere", () => {
  const random = seededRandom(1);
  const items = ["a", "b", "c"];
  const orders = new Set(Array.from({ length: 200 }, () => shuffled(items, random).join("")));
  assert.deepEqual([...orders].toSorted(), ["abc", "acb", "bac", "bca", "cab", "cba"]);
  assert.deepEqual(items, ["a", "b", "c"]);
});
