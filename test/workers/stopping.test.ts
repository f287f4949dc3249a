import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";

import { isGone, isRunning, PoolRig } from "../fixtures/pool-rig.js";
import { linger } from "../support/shell-loops.js";

const LIMIT = { timeout: 30_000 };
/** Longer than any test: a stop that waits for it fails by its time limit. */
const LONG_MS = 60_000;

let rig: PoolRig;
beforeEach(async () => {
  rig = await new PoolRig({ concurrency: 1 }).open();
});
afterEach(() => rig.close());

/** Starts a script that writes a line into the file `ready` when it is. */
async function startReady(script: string): Promise<{ key: number; line: string }> {
  const name = `ready-${rig.nextKey()}`;
  const key = rig.start("sh", ["-c", script], { env: { READY: join(rig.directory, name) } });
  return { key, line: await rig.line(name) };
}

async function isStopped(pid: string): Promise<void> {
  while (!/^\d+ \(.*\) T/.test(readFileSync(`/proc/${pid}/stat`, "latin1")))
    await new Promise((resolve) => setTimeout(resolve, 5));
}

test("a task that is stopped cleans up, and its own exit code is reported", LIMIT, async () => {
  const { key } = await startReady("trap 'echo cleaned; exit 42' TERM; sleep 60 & echo ok >$READY; wait");
  rig.pool.stop(key, LONG_MS);
  const { result, wasStopped } = await rig.report(key);
  assert.deepEqual(result, { kind: "exited", exitCode: 42 });
  assert.equal(wasStopped, true);
  assert.equal(rig.log(key), "cleaned\n");
});

test("a task without a handler is ended by TERM, and its runner runs the next one", LIMIT, async () => {
  const { key } = await startReady("echo $PPID >$READY; exec sleep 60");
  const runner = await rig.line(`ready-${key - 1}`);
  rig.pool.stop(key, LONG_MS);
  assert.deepEqual((await rig.report(key)).result, { kind: "signaled", signal: "SIGTERM" });
  assert.equal((await rig.run("sh", ["-c", "echo $PPID"])).log.trim(), runner);
});

test("the clean-up of a task is not signalled again", LIMIT, async () => {
  const { key } = await startReady("trap 'sh -c \"sleep 0.2; echo done\"; exit 0' TERM; echo ok >$READY; sleep 60 & wait");
  rig.pool.stop(key, LONG_MS);
  await rig.report(key).then(({ result }) => assert.deepEqual(result, { kind: "exited", exitCode: 0 }));
  assert.equal(rig.log(key), "done\n");
});

test("a task that ignores TERM is killed after the grace period, which may be shortened", LIMIT, async () => {
  const { key } = await startReady(`trap '' TERM; echo ok >$READY; ${linger(1)}`);
  rig.pool.stop(key, LONG_MS);
  rig.pool.stop(key, 0);
  const { result, wasStopped } = await rig.report(key);
  assert.deepEqual(result, { kind: "signaled", signal: "SIGKILL" });
  assert.equal(wasStopped, true);
});

test("a stopped task acts on TERM too", LIMIT, async () => {
  const { key, line } = await startReady("trap 'exit 7' TERM; echo $$ >$READY; kill -STOP $$; sleep 60");
  await isStopped(line);
  rig.pool.stop(key, LONG_MS);
  assert.deepEqual((await rig.report(key)).result, { kind: "exited", exitCode: 7 });
});

test("a stop reaches a runner that its task has stopped, and so does the end of the engine", LIMIT, async () => {
  const { key } = await startReady("echo $PPID >$READY; kill -STOP $PPID; exec sleep 60");
  const runner = await rig.line(`ready-${key - 1}`);
  await isStopped(runner);
  rig.pool.stop(key, LONG_MS);
  assert.deepEqual((await rig.report(key)).result, { kind: "signaled", signal: "SIGTERM" });
  process.kill(Number(runner), "SIGSTOP");
  await isStopped(runner);
});

test("a stop ends what the task started, also what ignores TERM and what outlives it", LIMIT, async () => {
  const stubborn = `sh -c 'trap "" TERM; echo $$ >$READY; ${linger(1)}'`;
  const { key, line } = await startReady(`${stubborn} & wait`);
  rig.pool.stop(key, 100);
  assert.equal((await rig.report(key)).wasStopped, true);
  assert.equal(isRunning(Number(line)), false);
});

test("what emptied its environment is ended with the task that it belongs to", LIMIT, async () => {
  const { key, line } = await startReady("R=$READY; env -i sh -c 'echo $$ >'$R'; sleep 60' & wait");
  rig.pool.stop(key, LONG_MS);
  await rig.report(key);
  assert.equal(isRunning(Number(line)), false);
});

test("what an earlier task left behind is not touched by a stop", LIMIT, async () => {
  const earlier = await startReady("sh -c 'echo $$ >$READY; exec sleep 60' & sleep 0");
  const left = Number(earlier.line);
  await rig.report(earlier.key);
  const { key } = await startReady("echo ok >$READY; sleep 60 & wait");
  rig.pool.stop(key, LONG_MS);
  await rig.report(key);
  const stubborn = await startReady(`trap '' TERM; echo ok >$READY; ${linger(1)}`);
  rig.pool.stop(stubborn.key, 0);
  await rig.report(stubborn.key);
  assert.equal(isRunning(left), true);
  process.kill(left, "SIGKILL");
});

test("what a task forks at the very moment of the stop is ended too, also beside a stranger", LIMIT, async () => {
  const earlier = await startReady("sh -c 'echo $$ >$READY; exec sleep 60' & sleep 0");
  await rig.report(earlier.key);
  for (let round = 0; round < 10; round += 1) {
    const { key } = await startReady("echo ok >$READY; for i in 1 2 3 4 5 6; do sleep 60 & done; wait");
    rig.pool.stop(key, LONG_MS);
    assert.equal((await rig.report(key)).wasStopped, true);
  }
  process.kill(Number(earlier.line), "SIGKILL");
});

test("a stop right after the start ends the attempt, or keeps it from beginning", LIMIT, async () => {
  for (let round = 0; round < 12; round += 1) {
    const key = rig.start("sleep", ["60"]);
    rig.pool.stop(key, LONG_MS);
    const { result, wasStopped, isHandedBack } = await rig.report(key);
    if (isHandedBack === true) assert.equal(result.kind, "not-begun");
    else assert.deepEqual([result, wasStopped], [{ kind: "signaled", signal: "SIGTERM" }, true]);
  }
});

test("a stop of an attempt that has ended already changes nothing", LIMIT, async () => {
  for (let round = 0; round < 12; round += 1) {
    const key = rig.start("true");
    rig.pool.stop(key, LONG_MS);
    const { result, wasStopped, isHandedBack } = await rig.report(key);
    if (!wasStopped && isHandedBack !== true) assert.deepEqual(result, { kind: "exited", exitCode: 0 });
  }
  rig.pool.stop(1, 0);
  rig.pool.stop(4711, 0);
  assert.equal((await rig.run("true")).result.kind, "exited");
});

test("an attempt whose stdin never comes can be stopped", LIMIT, async () => {
  const stdin = join(rig.directory, "fifo");
  assert.equal((await rig.run("mkfifo", [stdin])).result.kind, "exited");
  const key = rig.start("cat", [], { stdin });
  rig.pool.stop(key, 100);
  const { wasStopped, isHandedBack } = await rig.report(key);
  assert.ok(wasStopped || isHandedBack === true);
  assert.equal((await rig.run("true")).result.kind, "exited");
});

test("when the runner is killed, its task is ended before it is reported lost, and another one goes on", LIMIT, async () => {
  const { key, line } = await startReady(`echo "$PPID $$" >$READY; ${linger(1)}`);
  const [runner = 0, task = 0] = line.split(" ").map(Number);
  process.kill(runner, "SIGKILL");
  const { result, wasStopped } = await rig.report(key);
  assert.equal(result.kind, "lost");
  assert.equal(wasStopped, false);
  assert.equal(isRunning(task), false);
  const { log } = await rig.run("sh", ["-c", "echo $PPID"]);
  assert.notEqual(Number(log), runner);
});

test("a runner that is killed while idle is replaced, and no attempt is lost by it", LIMIT, async () => {
  const runner = Number((await rig.run("sh", ["-c", "echo $PPID"])).log);
  process.kill(runner, "SIGKILL");
  await isGone(runner);
  // Whether its exit was seen before the start or not: the attempt runs, or is said not to have begun.
  const { result } = await rig.run("true");
  assert.ok(result.kind === "exited" || result.kind === "not-begun", JSON.stringify(result));
  assert.deepEqual((await rig.run("true")).result, { kind: "exited", exitCode: 0 });
});

test("a stop that meets a dying runner still ends the task", LIMIT, async () => {
  const { key, line } = await startReady(`trap '' TERM; echo "$PPID $$" >$READY; ${linger(1)}`);
  const [runner = 0, task = 0] = line.split(" ").map(Number);
  rig.pool.stop(key, LONG_MS);
  process.kill(runner, "SIGKILL");
  await rig.report(key);
  assert.equal(isRunning(task), false);
});

test("where no runner can be made, attempts wait: neither they nor the engine fail", LIMIT, async (context) => {
  const own = await new PoolRig({ concurrency: 1 }).open();
  context.after(() => own.close());
  const lanes = join(own.directory, "lanes");
  rmSync(lanes, { recursive: true });
  writeFileSync(lanes, "");
  own.pool.warm();
  for (let round = 0; round < 2; round += 1) {
    const { result } = await own.run("true");
    assert.ok(result.kind === "not-begun" && /runner/.test(result.message), JSON.stringify(result));
  }
  rmSync(lanes);
  mkdirSync(lanes);
  assert.equal((await own.run("true")).result.kind, "exited");
});

test("where the directory of the spools was removed a runner makes it again", LIMIT, async (context) => {
  const own = await new PoolRig({ concurrency: 1 }).open();
  context.after(() => own.close());
  rmSync(join(own.directory, "lanes"), { recursive: true });
  assert.equal((await own.run("true")).result.kind, "exited");
});
