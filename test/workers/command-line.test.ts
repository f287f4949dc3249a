import assert from "node:assert/strict";
import { test } from "node:test";

import { quote, taskCommand } from "../../src/workers/command-line.js";
import { laneEnvironment } from "../../src/workers/lane-environment.js";
import type { Descriptor } from "../../src/domain/ports.js";

const DESCRIPTOR: Descriptor = {
  key: 7,
  slot: 0,
  job: "job",
  task: "a b",
  attempt: 2,
  command: "true",
  args: ["it's", "$HOME"],
  cwd: "/work",
  env: { A: "1" },
  stdin: null,
  log: "/logs/a.log",
  errorLog: null,
  earlierLog: null,
  earlierErrorLog: null,
  limitMs: null,
  graceMs: 0,
};

test("a quote in a word ends and reopens the quotes around it", () => {
  assert.equal(quote("it's"), `'it'\\''s'`);
  assert.equal(quote("$x `y` \\ \n"), "'$x `y` \\ \n'");
});

test("every word of a command is quoted", () => {
  const line = taskCommand(DESCRIPTOR, "/bin/true", false, laneEnvironment({}, "/dir", true));
  const ours = "AIR_EXECUTOR_JOB='job' AIR_EXECUTOR_TASK='a b' AIR_EXECUTOR_ATTEMPT='2' PWD='/work'";
  const command = `'/bin/true' 'it'\\''s' '$HOME' >'/logs/a.log' 2>&1`;
  assert.equal(line, `A='1' ${ours} ${command}`);
});

test("a lane that is elsewhere changes directory first, and leaves OLDPWD as the engine has it", () => {
  const away = taskCommand(DESCRIPTOR, "/bin/true", true, laneEnvironment({}, "/dir", true));
  assert.ok(away.startsWith("cd -P '/work'&&unset OLDPWD&&A='1' "), away);
  const kept = taskCommand(DESCRIPTOR, "/bin/true", true, laneEnvironment({ OLDPWD: "/x" }, "/dir", true));
  assert.ok(kept.startsWith("cd -P '/work'&&OLDPWD='/x'&&A='1' "), kept);
});

test("variables that a shell can't carry go through env", () => {
  const environment = laneEnvironment({ "a.b": "1", "c-d": "2", OK: "3" }, "/dir", true);
  assert.deepEqual(environment.lane, { OK: "3", AIR_EXECUTOR_DIR: "/dir" });
  const line = taskCommand({ ...DESCRIPTOR, env: { "c-d": "9", IFS: ":" } }, "/bin/true", false, environment);
  assert.ok(line.includes(" '/usr/bin/env' -- 'a.b=1' 'c-d=9' 'IFS=:' '/bin/true' "), line);
});

test("a task can't replace the variables by which its attempt is recognised", () => {
  const env = { AIR_EXECUTOR_TASK: "other", PWD: "/elsewhere" };
  const line = taskCommand({ ...DESCRIPTOR, env }, "/bin/true", false, laneEnvironment({}, "/dir", true));
  assert.ok(!line.includes("other") && !line.includes("elsewhere"), line);
});
