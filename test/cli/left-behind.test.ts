/** What a task leaves running when it has ended is said, and left alone. */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makePlayground } from "./support/cli.js";
import { untilHolds } from "../support/shell-loops.js";

const daemon = `setsid sh -c 'echo $$ > pid; ${untilHolds("test -e over")}' </dev/null >/dev/null 2>&1 & ${untilHolds("test -s pid")}`;

test("a daemon that a task leaves behind is named, runs on, and keeps neither the task nor the job", async (context) => {
  const { run, write, dir } = makePlayground(context);
  // The second one gives it time to be told: it comes a little after the end.
  const waits = { id: "waits", command: "sleep", args: ["1"], dependencies: ["starts"] };
  write("job.json", { tasks: [{ id: "starts", command: "sh", args: ["-c", daemon] }, waits] });
  const { code, stderr } = await run(["run", "job.json"]);
  assert.equal(code, 0, stderr);
  const pid = Number(readFileSync(join(dir, "pid"), "utf8"));
  process.kill(pid, 0);
  writeFileSync(join(dir, "over"), "");
  assert.match(stderr, /job "job": task "starts" has ended and left (a process|\d processes) .*left alone/);
});

test("of a task that leaves nothing nothing is said", async (context) => {
  const { run, write } = makePlayground(context);
  write("job.json", { tasks: [{ id: "a", command: "sh", args: ["-c", "sleep 0.1 & wait"] }] });
  const { stderr } = await run(["run", "job.json"]);
  assert.doesNotMatch(stderr, /left/);
});

test("of many tasks that leave something the first ten are named", async (context) => {
  const { run, write, dir } = makePlayground(context);
  const script = `setsid sh -c '${untilHolds("test -e over", 0.1)}' </dev/null >/dev/null 2>&1 & sleep 0.2`;
  const many = Array.from({ length: 14 }, (_, nth) => ({ id: `t-${nth}`, command: "sh", args: ["-c", script] }));
  const waits = { id: "waits", command: "sleep", args: ["1"], dependencies: many.map(({ id }) => id) };
  write("job.json", { tasks: [...many, waits] });
  const { code, stderr } = await run(["run", "job.json", "-j", "4"]);
  writeFileSync(join(dir, "over"), "");
  assert.equal(code, 0, stderr);
  assert.equal(stderr.match(/left alone/g)?.length, 10, stderr);
  assert.match(stderr, /left alone; more such tasks are not named$/m);
});
