import assert from "node:assert/strict";
import { test } from "node:test";
import { TASK_SHAPES } from "../../../src/store/text/task-keys.js";
import { suggest } from "../../../src/store/text/suggest.js";

test("a typo leads to the word that was meant", () => {
  for (const [word, meant] of [
    ["comand", "command"],
    ["timout", "timeout"],
    ["dependancies", "dependencies"],
    ["Args", "args"],
    ["retry-delay", "retry_delay"],
    ["triggerRule", "trigger_rule"],
  ] as const) {
    assert.equal(suggest(word, [...TASK_SHAPES.keys()]), meant);
  }
});

test("the words of other tools lead to ours", () => {
  for (const [word, meant] of [
    ["depends_on", "dependencies"],
    ["needs", "dependencies"],
    ["dependsOn", "dependencies"],
    ["cmd", "command"],
    ["script", "command"],
    ["argv", "args"],
    ["environment", "env"],
    ["workdir", "cwd"],
    ["name", "id"],
    ["retry", "retries"],
    ["timeout_seconds", "timeout"],
  ] as const) {
    assert.equal(suggest(word, [...TASK_SHAPES.keys()]), meant);
  }
});

test("an alias is suggested only where its word is possible", () => {
  assert.equal(suggest("needs", ["name", "tasks"]), null);
  assert.equal(suggest("constructor", [...TASK_SHAPES.keys()]), null);
});

test("what is far from everything gets no suggestion", () => {
  assert.equal(suggest("colour", [...TASK_SHAPES.keys()]), null);
  assert.equal(suggest("x", ["a", "b"]), null);
  assert.equal(suggest("", ["a"]), null);
  assert.equal(suggest("a".repeat(100_000), ["b"]), null);
});

test("the closest of many candidates wins", () => {
  const ids = Array.from({ length: 100_000 }, (_, index) => `process-${index}`);
  assert.equal(suggest("proces-77777", ids), "process-77777");
  assert.equal(suggest("proces-77777", new Set(ids)), "process-77777");
});
