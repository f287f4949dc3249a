import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Joblog } from "../../../src/cli/map/joblog.js";
import { temporaryPlace } from "../../support/temporary-directory.js";
import { makePlayground } from "../support/cli.js";

const result = { status: "completed", exitCode: 0, signal: null, startedAt: 1000, completedAt: 2000 } as const;
const task = { command: "true", args: [] };

test("lines of a joblog that can't be written are kept, said once, and written when it can be", (t) => {
  const { root } = temporaryPlace(t);
  const path = join(root, "log");
  assert.equal(spawnSync("mkfifo", [path]).status, 0);
  // A pipe without a reader refuses what is written to it.
  const open = (): number => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const first = open();
  const warnings: string[] = [];
  const joblog = new Joblog(path, (message) => warnings.push(message));
  joblog.begin();
  joblog.note(1, task, result);
  closeSync(first);
  for (const number of [2, 3]) joblog.note(number, task, result);
  assert.match(warnings.join("\n"), /^--joblog: \S+ can't be written: EPIPE: .*; its lines are kept until it can$/);
  assert.match(joblog.lack() ?? "", /^its last lines, 2, are missing: --joblog: \S+ can't be written: EPIPE/);
  const second = open();
  joblog.note(4, task, result);
  assert.equal(joblog.lack(), null);
  const bytes = Buffer.alloc(4096);
  const lines = bytes.toString("latin1", 0, readSync(second, bytes)).trim().split("\n");
  assert.deepEqual(
    lines.map((line) => line.split("\t")[0]),
    ["Seq", "1", "2", "3", "4"],
  );
  joblog.end();
  closeSync(second);
});

test("a task that the clock was set back in took no time in a joblog, not less than none", (t) => {
  const { root } = temporaryPlace(t);
  const path = join(root, "log");
  const joblog = new Joblog(path, assert.fail);
  joblog.begin();
  joblog.note(1, task, { ...result, completedAt: 500 });
  joblog.end();
  assert.equal(readFileSync(path, "utf8").split("\n")[1]?.split("\t")[3]?.trim(), "0.000");
});

test("a joblog that can't be written at all is refused by its name before anything runs", async (context) => {
  const { run } = makePlayground(context);
  const { code, stderr } = await run(["map", "--joblog", "/dev/full", "echo", ":::", "1"]);
  assert.equal(code, 3);
  assert.match(stderr, /^air-executor: --joblog: \/dev\/full can't be written: ENOSPC/);
});

test("the directory of a map that is run names the command that ends it: its own, with its input", async (context) => {
  const { run } = makePlayground(context);
  const argv = ["map", "--name", "m", "-j1", "--max-failures", "1", "sh", "-c", "exit $1", "sh", ":::", "1", "0", "0"];
  await run(argv);
  const { stderr } = await run(["run", ".air-executor/jobs/m"]);
  const command = /^ {2}go on: +air-executor (.*)$/m.exec(stderr)?.[1] ?? "";
  assert.match(command, /^map --name m /);
  assert.equal((await run(["map", "--name", "m", "-q", ...argv.slice(argv.indexOf("sh"))])).code, 1);
});
