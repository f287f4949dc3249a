import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";

import type { Report } from "../../src/domain/ports.js";
import { isRunning, PoolRig } from "../fixtures/pool-rig.js";

const LIMIT = { timeout: 30_000 };
const LONG_MS = 60_000;

let rig: PoolRig;
beforeEach(async () => {
  rig = await new PoolRig({ concurrency: 1 }).open();
});
afterEach(() => rig.close());

const outcomes = (all: readonly Report[]): string[] =>
  all.map(({ result }) => (result.kind === "exited" ? `exited ${result.exitCode}` : result.kind));

/** No process, so that nothing but our own waiting makes a batch slow. */
const APPEND = "echo $AIR_EXECUTOR_TASK >>order";

test("a batch runs in order, one at a time, and each attempt has its own log and result", LIMIT, async () => {
  const keys = rig.startBatch([
    `${APPEND}; echo one`,
    `${APPEND}; exit 3`,
    `${APPEND}; kill -9 $$`,
    { command: "no-such-command" },
    `${APPEND}; echo five`,
  ]);
  assert.deepEqual(outcomes(await rig.reports(keys)), ["exited 0", "exited 3", "signaled", "spawn-failed", "exited 0"]);
  assert.equal(rig.log(keys[0]!), "one\n");
  assert.equal(rig.log(keys[4]!), "five\n");
  const order = await rig.run("cat", ["order"]);
  const ran = [keys[0], keys[1], keys[2], keys[4]].map((key) => `task-${key}\n`);
  assert.equal(order.log, ran.join(""));
});

test("what waits behind a slow task is handed back and does not run", LIMIT, async () => {
  const keys = rig.startBatch(["echo quick", "until [ -e go ]; do sleep 0.02; done", "echo never", "echo never"]);
  const [quick, ...waiting] = await rig.reports([keys[0]!, keys[2]!, keys[3]!]);
  assert.deepEqual(quick!.result, { kind: "exited", exitCode: 0 });
  for (const { result, isHandedBack } of waiting) {
    assert.equal(result.kind, "not-begun");
    assert.equal(isHandedBack, true);
  }
  assert.equal(rig.pool.reserve(), undefined, "the slot is not free");
  writeFileSync(join(rig.directory, "go"), "");
  assert.deepEqual((await rig.report(keys[1]!)).result, { kind: "exited", exitCode: 0 });
  for (const key of keys.slice(2)) assert.equal(existsSync(rig.logPath(key)), false);
  assert.equal((await rig.run("echo", ["again"])).log, "again\n");
  assert.deepEqual(
    readdirSync(join(rig.directory, "lanes")).filter((name) => !name.endsWith(".spool")),
    [],
  );
});

test("a batch can be handed to a slot again after one that was recalled", LIMIT, async () => {
  const first = rig.startBatch(["sleep 0.3", "echo never"]);
  assert.equal((await rig.report(first[1]!)).isHandedBack, true);
  await rig.report(first[0]!);
  const second = rig.startBatch(["echo a", "echo b", "echo c"]);
  assert.deepEqual(outcomes(await rig.reports(second)), ["exited 0", "exited 0", "exited 0"]);
});

test("a stop ends the task that runs; the rest of its batch is handed back", LIMIT, async () => {
  const keys = rig.startBatch(["echo ok >ready; trap 'exit 42' TERM; sleep 60 & wait", "echo never"]);
  await rig.line("ready");
  rig.pool.stop(keys[0]!, LONG_MS);
  const [stopped, waiting] = await rig.reports(keys);
  assert.deepEqual(stopped!.result, { kind: "exited", exitCode: 42 });
  assert.equal(stopped!.wasStopped, true);
  assert.equal(waiting!.isHandedBack, true);
  assert.equal(existsSync(rig.logPath(keys[1]!)), false);
});

test("a stop of a task that waits keeps it from beginning, and leaves the one that runs alone", LIMIT, async () => {
  const keys = rig.startBatch(["echo ok >ready; until [ -e go ]; do sleep 0.02; done", "echo never"]);
  await rig.line("ready");
  rig.pool.stop(keys[1]!, 0);
  assert.equal((await rig.report(keys[1]!)).result.kind, "not-begun");
  writeFileSync(join(rig.directory, "go"), "");
  assert.deepEqual((await rig.report(keys[0]!)).result, { kind: "exited", exitCode: 0 });
  assert.equal(existsSync(rig.logPath(keys[1]!)), false);
});

test("what an earlier task of the batch left behind is not touched when a later one is stopped", LIMIT, async () => {
  // Four ticks of the kernel's clock apart, or nobody could tell. On a busy machine that may be too long for one batch.
  for (let isHandedBack = true; isHandedBack;) {
    const keys = rig.startBatch(["env -i sleep 30 & echo $! >left; sleep 0.045", "echo ok >ready; exec sleep 60"]);
    const isReady = rig.line("ready").then(() => false);
    isHandedBack = await Promise.race([isReady, rig.report(keys[1]!).then(() => true)]);
    if (!isHandedBack) {
      rig.pool.stop(keys[1]!, 0);
      assert.equal((await rig.report(keys[1]!)).result.kind, "signaled");
      assert.ok(isRunning(Number(await rig.line("left"))));
    }
    await rig.report(keys[0]!);
    process.kill(Number(await rig.line("left")), "SIGKILL");
  }
});

test("if the lane dies, what had ended has ended, what ran is lost, and the rest is handed back", LIMIT, async () => {
  const keys = rig.startBatch(["exit 5", "echo ok >ready; kill -9 $PPID; sleep 60", "echo never"]);
  const [ended, lost, waiting] = await rig.reports(keys);
  assert.deepEqual(ended!.result, { kind: "exited", exitCode: 5 });
  assert.equal(lost!.result.kind, "lost");
  assert.equal(waiting!.isHandedBack, true);
  assert.equal(existsSync(rig.logPath(keys[2]!)), false);
});

test("a batch whose record can't be opened goes one by one", LIMIT, async () => {
  await rig.run("true");
  const lanes = join(rig.directory, "lanes");
  rmSync(join(lanes, readdirSync(lanes)[0]!));
  const [first, ...others] = await rig.reports(rig.startBatch(["exit 5", "echo never", "echo never"]));
  assert.deepEqual(first!.result, { kind: "exited", exitCode: 5 });
  for (const { isHandedBack } of others) assert.equal(isHandedBack, true);
});

test("each task of a batch runs in its own directory, also behind one whose directory is gone", LIMIT, async () => {
  const [one, two] = ["one", "two"].map((name) => join(rig.directory, name));
  mkdirSync(one!);
  mkdirSync(two!);
  const pwd = { command: "pwd", args: ["-P"] };
  const keys = rig.startBatch([
    { ...pwd, cwd: one! },
    { command: "sh", args: ["-c", "rmdir ../two"], cwd: one! },
    { ...pwd, cwd: two! },
    { ...pwd, cwd: two! },
    { ...pwd, cwd: one! },
    pwd,
  ]);
  const found = outcomes(await rig.reports(keys));
  assert.deepEqual(found, ["exited 0", "exited 0", "spawn-failed", "spawn-failed", "exited 0", "exited 0"]);
  assert.equal(rig.log(keys[0]!), `${one}\n`);
  assert.equal(rig.log(keys[4]!), `${one}\n`);
  assert.equal(rig.log(keys[5]!), `${rig.directory}\n`);
});

test("a task handed back runs in its own directory later, though the lane never went there", LIMIT, async () => {
  const [one, two] = ["one", "two"].map((name) => join(rig.directory, name));
  mkdirSync(one!);
  mkdirSync(two!);
  const pwd = { command: "pwd", args: ["-P"], cwd: two! };
  const first = rig.startBatch([{ command: "sleep", args: ["0.3"], cwd: one! }, pwd]);
  assert.equal((await rig.report(first[1]!)).isHandedBack, true);
  await rig.report(first[0]!);
  const later = await rig.run("pwd", ["-P"], { cwd: two! });
  assert.equal(later.log, `${two}\n`);
});

test("where a way back fails nothing behind it runs in the wrong directory", LIMIT, async () => {
  const [one, two] = ["one", "two"].map((name) => join(rig.directory, name));
  mkdirSync(one!);
  mkdirSync(two!);
  const pwd = { command: "pwd", args: ["-P"] };
  await rig.run("true", [], { cwd: one! });
  const remove = { command: "mv", args: [one!, `${one}.gone`], cwd: two! };
  const keys = rig.startBatch([{ ...pwd, cwd: one! }, remove, { ...pwd, cwd: one! }, { ...pwd, cwd: one! }]);
  assert.deepEqual(outcomes(await rig.reports(keys)), ["exited 0", "exited 0", "spawn-failed", "spawn-failed"]);
});

test("a slot is not free before its lane has said that it is through", LIMIT, async () => {
  const directory = mkdtempSync(join(tmpdir(), "air-workers-"));
  const shell = join(directory, "slow-to-tell");
  // A lane that is not scheduled for longer than a batch may take, just when it is through.
  writeFileSync(
    shell,
    '#!/bin/sh\n/bin/sh "$@" | while read -r key answer; do [ "$answer" != 902 ] || sleep 0.4; echo "$key $answer"; done\n',
    { mode: 0o755 },
  );
  const own = await new PoolRig({ concurrency: 1, directory, shell }).open();
  try {
    for (let round = 0; round < 3; round += 1) {
      const reports = await own.reports(own.startBatch([APPEND, APPEND, APPEND]));
      assert.deepEqual(outcomes(reports), ["exited 0", "exited 0", "exited 0"]);
    }
    const lines = readFileSync(join(directory, "order"), "utf8").trim().split("\n");
    assert.equal(new Set(lines).size, 9);
    assert.equal(lines.length, 9, "each ran once");
  } finally {
    await own.close();
  }
});

test("the lane's own variables are not those of the environment", LIMIT, async () => {
  const before = { ...process.env };
  Object.assign(process.env, { s: "hello", u: "world", air_executor_s: "mine", air_executor_u: "too" });
  const own = await new PoolRig({ concurrency: 1 }).open();
  try {
    const show = 'echo "$s $u $air_executor_s $air_executor_u"';
    for (const key of [...own.startBatch([show, show])]) {
      await own.report(key);
      assert.equal(own.log(key), "hello world mine too\n");
    }
    assert.equal((await own.run("sh", ["-c", show])).log, "hello world mine too\n");
  } finally {
    await own.close();
    for (const name of ["s", "u", "air_executor_s", "air_executor_u"])
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
  }
});

test("a command is looked up anew for what is handed over later", LIMIT, async () => {
  const [first, second] = ["first", "second"].map((name) => join(rig.directory, name));
  const write = (dir: string, word: string): void =>
    writeFileSync(join(dir, "tool"), `#!/bin/sh\necho ${word}\n`, { mode: 0o755 });
  for (const dir of [first!, second!]) mkdirSync(dir);
  write(second!, "old");
  const env = { PATH: `${first}:${second}:${process.env["PATH"]}` };
  assert.equal((await rig.run("tool", [], { env })).log, "old\n");
  write(first!, "new");
  assert.equal((await rig.run("tool", [], { env })).log, "new\n");
});

test("a file for stdin that vanishes before its task begins is said to be missing, and leaves no log", LIMIT, async () => {
  const stdin = join(rig.directory, "in");
  writeFileSync(stdin, "text\n");
  const [, missing] = await rig.reports(rig.startBatch(["rm in", { command: "cat", stdin }]));
  assert.equal(missing!.result.kind, "spawn-failed");
  assert.match((missing!.result as { message: string }).message, /in: No such file/);
  assert.equal(existsSync(rig.logPath(missing!.key)), false);
});

test("a signal that a task sends to its whole group ends the task, and not its lane", LIMIT, async () => {
  for (const signal of ["QUIT", "USR1", "USR2", "ALRM"]) {
    const { result } = await rig.run("sh", ["-c", `kill -${signal} 0; sleep 10`]);
    assert.deepEqual(result, { kind: "signaled", signal: `SIG${signal}` });
  }
});

test("a task that is handed back has its earlier log again", LIMIT, async () => {
  const earlierLog = join(rig.directory, "logs", "earlier.log");
  writeFileSync(rig.logPath(77), "first attempt\n");
  const keys = rig.startBatch(["sleep 0.4", { command: "true", earlierLog, log: rig.logPath(77) }]);
  assert.equal((await rig.report(keys[1]!)).isHandedBack, true);
  assert.equal(readFileSync(rig.logPath(77), "utf8"), "first attempt\n");
  await rig.report(keys[0]!);
});
