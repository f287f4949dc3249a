import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import type { Report } from "../../src/domain/ports.js";
import { isRunning, PoolRig } from "../fixtures/pool-rig.js";
import { linger, untilHolds } from "../support/shell-loops.js";

const LIMIT = { timeout: 30_000 };
const LONG_MS = 60_000;

let rig: PoolRig;
beforeEach(async () => {
  rig = await new PoolRig({ concurrency: 1 }).open();
});
afterEach(() => rig.close());

const outcomes = (all: readonly Report[]): string[] =>
  all.map(({ result }) => (result.kind === "exited" ? `exited ${result.exitCode}` : result.kind));

const APPEND = "echo $AIR_EXECUTOR_TASK >>order";

test("what is handed over ahead runs in order, one at a time, and each attempt has its own log and result", LIMIT, async () => {
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

test("each end is told with its own times, and with what the attempt took", LIMIT, async () => {
  const before = Date.now();
  const keys = rig.startBatch(["sleep 0.05", "sleep 0.05", "exit 3"]);
  const reports = await rig.reports(keys);
  let last = before;
  for (const { begunAt, at, usage } of reports) {
    assert.ok(begunAt !== undefined && begunAt >= last - 1 && at >= begunAt, `${last} ${begunAt} ${at}`);
    last = at;
    if (usage !== undefined) assert.ok(usage.maxRssKb > 100 && usage.userMs + usage.systemMs < 10_000);
  }
  assert.ok(last <= Date.now() + 1);
});

test("a stop ends the task that runs; the next one takes its place", LIMIT, async () => {
  const keys = rig.startBatch([`trap "exit 42" TERM; echo ok >ready; ${linger()}`, "exit 4"]);
  await rig.line("ready");
  rig.pool.stop(keys[0]!, LONG_MS);
  const [stopped, next] = await rig.reports(keys);
  assert.deepEqual(stopped!.result, { kind: "exited", exitCode: 42 });
  assert.equal(stopped!.wasStopped, true);
  assert.deepEqual(next!.result, { kind: "exited", exitCode: 4 });
});

test("a stop of a task that waits keeps it from beginning, and leaves the one that runs alone", LIMIT, async () => {
  const keys = rig.startBatch([`echo ok >ready; ${untilHolds("[ -e go ]")}`, "echo never"]);
  await rig.line("ready");
  rig.pool.stop(keys[1]!, 0);
  const taken = await rig.report(keys[1]!);
  assert.equal(taken.result.kind, "not-begun");
  assert.equal(taken.isHandedBack, true);
  writeFileSync(join(rig.directory, "go"), "");
  assert.deepEqual((await rig.report(keys[0]!)).result, { kind: "exited", exitCode: 0 });
  assert.equal(existsSync(rig.logPath(keys[1]!)), false);
});

test("what an earlier task left behind is not touched when a later one is stopped", LIMIT, async () => {
  const keys = rig.startBatch(["env -i sleep 30 & echo $! >left", "echo ok >ready; exec sleep 60"]);
  await rig.line("ready");
  rig.pool.stop(keys[1]!, 0);
  assert.equal((await rig.report(keys[1]!)).result.kind, "signaled");
  const left = Number(await rig.line("left"));
  assert.ok(isRunning(left));
  process.kill(left, "SIGKILL");
});

test("if the runner dies, what had ended has ended, what ran is lost, and the rest has not begun", LIMIT, async () => {
  const keys = rig.startBatch(["exit 5", "echo $PPID >ready; sleep 60", "echo never"]);
  process.kill(Number(await rig.line("ready")), "SIGKILL");
  const [ended, lost, waiting] = await rig.reports(keys);
  assert.deepEqual(ended!.result, { kind: "exited", exitCode: 5 });
  assert.equal(lost!.result.kind, "lost");
  assert.equal(waiting!.result.kind, "not-begun");
  assert.equal(existsSync(rig.logPath(keys[2]!)), false);
  assert.deepEqual((await rig.run("true")).result, { kind: "exited", exitCode: 0 }, "another runner goes on");
});

test("each task runs in its own directory, also behind one whose directory is gone", LIMIT, async () => {
  const [one, two] = ["one", "two"].map((name) => join(rig.directory, name));
  mkdirSync(one!);
  mkdirSync(two!);
  const pwd = { command: "pwd", args: ["-P"] };
  const keys = rig.startBatch([
    { ...pwd, cwd: one! },
    { command: "sh", args: ["-c", "rmdir ../two"], cwd: one! },
    { ...pwd, cwd: two! },
    { ...pwd, cwd: one! },
    pwd,
  ]);
  assert.deepEqual(outcomes(await rig.reports(keys)), ["exited 0", "exited 0", "spawn-failed", "exited 0", "exited 0"]);
  assert.equal(rig.log(keys[0]!), `${one}\n`);
  assert.equal(rig.log(keys[3]!), `${one}\n`);
  assert.equal(rig.log(keys[4]!), `${rig.directory}\n`);
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
  assert.deepEqual(missing!.result, { kind: "spawn-failed", message: `stdin file does not exist: ${stdin}` });
  assert.equal(existsSync(rig.logPath(missing!.key)), false);
});

test("a signal that a task sends to its whole group ends the task, and not its runner", LIMIT, async () => {
  for (const signal of ["QUIT", "USR1", "USR2", "ALRM", "TERM", "KILL"]) {
    const { result } = await rig.run("sh", ["-c", `kill -${signal} 0; sleep 10`]);
    assert.deepEqual(result, { kind: "signaled", signal: `SIG${signal}` });
  }
});

test("a task that is taken back has its earlier log again", LIMIT, async () => {
  const earlierLog = join(rig.directory, "logs", "earlier.log");
  writeFileSync(rig.logPath(77), "first attempt\n");
  const keys = rig.startBatch([
    `echo ok >ready; ${untilHolds("[ -e go ]")}`,
    { command: "true", earlierLog, log: rig.logPath(77) },
  ]);
  await rig.line("ready");
  rig.pool.stop(keys[1]!, 0);
  assert.equal((await rig.report(keys[1]!)).isHandedBack, true);
  assert.equal(readFileSync(rig.logPath(77), "utf8"), "first attempt\n");
  writeFileSync(join(rig.directory, "go"), "");
  await rig.report(keys[0]!);
  rmSync(rig.logPath(77));
});

test(
  "another run of a job writes its logs into the directory that is there now, though the earlier one's was called the same",
  LIMIT,
  async () => {
    await rig.run("echo", ["first"], { key: 91, run: "job-1 first" });
    const logs = join(rig.directory, "logs");
    renameSync(logs, `${logs}.kept`);
    mkdirSync(logs);
    assert.equal(
      (await rig.run("echo", ["second"], { key: 92, run: "job-1 second", log: rig.logPath(91) })).result.kind,
      "exited",
    );
    assert.equal(readFileSync(rig.logPath(91), "utf8"), "second\n");
    assert.equal(readFileSync(join(`${logs}.kept`, "91.log"), "utf8"), "first\n");
  },
);

test(
  "what waits comes back when it is taken back, what runs is left alone, and both kinds of ends are told once",
  LIMIT,
  async () => {
    const [runs, ...waiting] = rig.startBatch([`echo ok >ready; ${untilHolds("test -e go")}`, APPEND, APPEND]);
    await rig.line("ready");
    rig.pool.queue.recall();
    const back = await rig.reports(waiting);
    assert.deepEqual(
      back.map(({ isHandedBack, wasStopped }) => [isHandedBack, wasStopped]),
      waiting.map(() => [true, false]),
    );
    writeFileSync(join(rig.directory, "go"), "");
    assert.deepEqual(outcomes([await rig.report(runs!)]), ["exited 0"]);
    const [again] = rig.startBatch([APPEND]);
    assert.deepEqual(outcomes([await rig.report(again!)]), ["exited 0"]);
    assert.equal((await rig.run("cat", ["order"])).log, `task-${again}\n`, "nothing of what came back has run");
  },
);

test("of what waited it is told when it began, if it lasts", LIMIT, async () => {
  const begun: number[] = [];
  let tell = (): void => {};
  const told = new Promise<void>((resolve) => (tell = resolve));
  const [first, last] = rig.startBatch(["sleep 0.2", untilHolds("test -e go")]);
  rig.pool.onBegun((news) => {
    begun.push(...news.map(({ key }) => key));
    if (begun.includes(last!)) tell();
  });
  await told;
  writeFileSync(join(rig.directory, "go"), "");
  await rig.reports([first!, last!]);
  assert.deepEqual(begun, [first, last]);
});
