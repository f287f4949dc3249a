/** A task that has no name of its own is told by what it runs. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { makePlayground } from "./support/cli.js";

test("of a batch's task that fails, progress, summary, status and why say on which input", async (context) => {
  const { run } = makePlayground(context);
  const { stderr } = await run(["map", "--name", "b", "-j1", "sh", "-c", 'test "$0" = good', ":::", "good", "not so\ngood"]);
  const shown = String.raw`sh -c 'test "$0" = good' $'not so\ngood'`;
  const lines = stderr.split("\n");
  assert.ok(lines.some((line) => line.startsWith("[2/2] failed task-2: exit code 1 (") && line.endsWith(`): ${shown}`)));
  assert.equal(lines[lines.indexOf("First failure: task-2: exit code 1") + 1], `  $ ${shown}`);
  assert.match((await run(["status", "b"])).stdout, /^TASK .* COMMAND$/m);
  for (const args of [
    ["status", "b"],
    ["status", "b", "--state", "failed"],
    ["why", "b", "task-2"],
  ]) {
    const { stdout } = await run(args);
    assert.ok(stdout.includes(shown), stdout);
  }
});

test("a long command is cut in the middle, and whole in why", async (context) => {
  const { run } = makePlayground(context);
  const word = "x".repeat(300);
  const { stderr } = await run(["map", "--name", "b", "false", `first-${word}`, ":::", "the-input"]);
  assert.match(stderr, /\): false first-x+…x+ the-input$/m);
  assert.match(stderr, /^ {2}\$ false first-x+…x+ the-input$/m);
  assert.match((await run(["status", "b"])).stdout, / false first-x+…x+ the-input$/m);
  assert.ok((await run(["why", "b", "task-1"])).stdout.includes(`false first-${word} the-input\n`));
});

test("the tasks of a job that have names of their own are told by these", async (context) => {
  const { run, write } = makePlayground(context);
  write("job.json", [{ id: "named", command: "false" }]);
  const { stderr } = await run(["run", "job.json"]);
  assert.match(stderr, /^\[1\/1\] failed named: exit code 1 \([^)]*\)$/m);
  assert.match(stderr, /^First failure: named: exit code 1\n {2}\$ false$/m);
  assert.doesNotMatch((await run(["status", "job"])).stdout, /COMMAND/);
});
