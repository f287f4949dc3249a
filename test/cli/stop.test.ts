/** Which process `stop` ends, where the file that names it can't be read, or names one that is not here. */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { faultEnvironment } from "../support/engine.js";
import { waitUntil } from "../support/wait-until.js";
import { follow, main, makePlayground } from "./support/cli.js";

const preload = new URL("../support/fault-preload.js", import.meta.url).href;
const skip = process.platform !== "linux" && "only Linux tells who has a file open";

test("a manager whose disk fails is found by status, and ended by stop", { skip }, async (t) => {
  const { dir, run } = makePlayground(t);
  assert.equal((await run(["start", "-q"])).code, 0);
  const { pid } = JSON.parse(readFileSync(join(dir, ".air-executor/manager.pid"), "utf8")) as { pid: number };
  let isOver = false;
  t.after(() => isOver || process.kill(pid, "SIGKILL"));
  const env = faultEnvironment(dir, [{ kind: "fail", call: "openSync", path: "/manager.pid", nth: 1, code: "EIO" }]);
  const onFailingDisk = (verb: string) => follow(process.execPath, [`--import=${preload}`, main, verb], dir, env).ended;
  assert.match((await onFailingDisk("status")).stderr, new RegExp(`^manager ${pid} runs since 20`, "m"));
  const { code, stderr } = await onFailingDisk("stop");
  assert.equal(code, 0, stderr);
  isOver = true;
  assert.match(stderr, new RegExp(`^manager ${pid} of .*/\\.air-executor has stopped$`, "m"));
  assert.equal(readFileSync(join(dir, ".air-executor/manager.pid"), "utf8"), "");
  const again = await onFailingDisk("stop");
  assert.equal(again.code, 3, again.stderr);
  assert.match(again.stderr, /can't be used: its disk fails/);
});

test("stop ends a manager that somebody has stopped (SIGSTOP)", async (t) => {
  const { dir, run } = makePlayground(t);
  assert.equal((await run(["start", "-q"])).code, 0);
  const { pid } = JSON.parse(readFileSync(join(dir, ".air-executor/manager.pid"), "utf8")) as { pid: number };
  let isOver = false;
  t.after(() => isOver || process.kill(pid, "SIGKILL"));
  process.kill(pid, "SIGSTOP");
  const { code, stderr } = await run(["stop"]);
  assert.equal(code, 0, stderr);
  isOver = true;
  assert.match(stderr, new RegExp(`^manager ${pid} of .* has stopped$`, "m"));
});

test("stop signals nobody here for a manager on another machine", async (t) => {
  const { dir, run } = makePlayground(t);
  mkdirSync(join(dir, ".air-executor"), { mode: 0o700 });
  const lock = join(dir, ".air-executor/manager.pid");
  writeFileSync(lock, "", { mode: 0o600 });
  // Who has that number here, and holds the lock as the other machine's process does there.
  const bystander = spawn("flock", ["-x", "-o", lock, "sleep", "60"], { stdio: "ignore" });
  t.after(() => bystander.kill("SIGKILL"));
  await once(bystander, "spawn");
  const { dev, ino } = statSync(lock);
  const since = new Date().toISOString();
  const there = { host: "other-login", start: "11111111-2222-3333-4444-555555555555-1", socket: null, file: `${dev}:${ino}` };
  writeFileSync(lock, JSON.stringify({ pid: bystander.pid, since, ...there }));
  assert.ok(await waitUntil(() => spawnSync("flock", ["-n", lock, "true"]).status === 1));
  const { code, stderr } = await run(["stop"]);
  assert.equal(code, 3, stderr);
  assert.match(stderr, new RegExp(`is process ${bystander.pid} on other-login: stop it there\n$`));
  assert.deepEqual([bystander.exitCode, bystander.signalCode], [null, null]);
});

test("status calls no engine on another machine stopped for who has its number here", async (t) => {
  const { dir, run } = makePlayground(t);
  const job = join(dir, ".air-executor/jobs/j");
  mkdirSync(job, { recursive: true, mode: 0o700 });
  writeFileSync(join(job, "tasks.json"), JSON.stringify([{ id: "a", command: "true" }]));
  writeFileSync(join(job, "state.json"), JSON.stringify({ name: "j", state: "working" }));
  writeFileSync(join(job, "lock"), "", { mode: 0o600 });
  const bystander = spawn("sleep", ["60"], { stdio: "ignore" });
  t.after(() => bystander.kill("SIGKILL"));
  bystander.kill("SIGSTOP");
  const { dev, ino } = statSync(join(job, "lock"));
  const since = new Date().toISOString();
  const there = { host: "other-login", start: "11111111-2222-3333-4444-555555555555-1", socket: null, file: `${dev}:${ino}` };
  writeFileSync(join(job, "lock"), JSON.stringify({ pid: bystander.pid, since, ...there }));
  const { stdout } = await run(["status", "--json"]);
  const { jobs } = JSON.parse(stdout) as { jobs: { engine: { host: string }; waits_for: string | null }[] };
  assert.deepEqual([jobs[0]!.engine.host, jobs[0]!.waits_for], ["other-login", null], stdout);
});
