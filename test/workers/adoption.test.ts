import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";

import type { OrphanedAttempt, Report } from "../../src/domain/ports.js";
import { AdoptedAttempt } from "../../src/workers/adopting/adopted-attempt.js";
import type { AdoptedSpool, Told } from "../../src/workers/adopting/adopted-spool.js";
import { RunnerSpool } from "../../src/workers/adopting/runner-spool.js";
import { Terminator } from "../../src/workers/ending/terminator.js";
import { engineToken } from "../../src/workers/engine-token.js";
import { certain } from "../../src/system/look/look.js";
import { bootId, identify } from "../../src/system/process/process-identity.js";
import { adoptionIn } from "../fixtures/adoption.js";
import { fileLine, isGone, isRunning, PoolRig } from "../fixtures/pool-rig.js";
import { waitUntil } from "../support/wait-until.js";
import { linger, untilHolds } from "../support/shell-loops.js";

const LIMIT = { timeout: 30_000 };
const ENGINE = fileURLToPath(new URL("../fixtures/engine.js", import.meta.url));

let rig: PoolRig;
beforeEach(async () => {
  rig = await new PoolRig().open();
});
afterEach(() => rig.close());

/** Runs the commands in an engine of their own, kills it with -9 once `isTime` has come, and returns what it left. */
async function killedEngine(
  commands: readonly string[],
  isTime: () => Promise<unknown>,
  how: "slots" | "batch" = "slots",
): Promise<OrphanedAttempt[]> {
  const engine = spawn(process.execPath, [ENGINE, rig.directory, how, ...commands], { stdio: ["ignore", "inherit", "inherit"] });
  const exit = once(engine, "exit");
  const started = await rig.line("started.json");
  await isTime();
  engine.kill("SIGKILL");
  await exit;
  const orphans = JSON.parse(started) as OrphanedAttempt[];
  return orphans.map((left) => Object.assign(left, { key: left.key + 100 }));
}

async function adopt(orphans: readonly OrphanedAttempt[]): Promise<Report[]> {
  rig.pool.adopt(orphans);
  return Promise.all(orphans.map(({ key }) => rig.report(key)));
}

const results = (reports: readonly Report[]): object[] => reports.map(({ result }) => result);

class SpoolOfOneThatLeftTwo implements AdoptedSpool {
  readonly writer = null;
  readonly unended = new Set<number>();
  readonly keepsLimits = true;
  readonly isOutOfSight = false;
  read(): void {}
  isCopy = (): boolean => false;
  isAlive = () => ({ answer: "yes", found: true }) as const;
  holdBack(): void {}
  wake(): void {}
  isOfEarlierBoot = () => false;
  close(): void {}
  trace = (_key: number, variables: readonly string[]) => ({ mark: null, leader: null, parent: null, variables });

  told(): Told {
    const end = { result: { kind: "exited", exitCode: 0 }, at: 1, usage: null } as const;
    return { hasBegun: true, begunAt: 1, end, reason: null, isDropped: false, isDoubtful: false, lostLog: null, left: 2 };
  }
}

/** A spool as an earlier engine would have left it. */
function writeSpool(name: string, text: string): void {
  mkdirSync(join(rig.directory, "lanes"), { recursive: true });
  writeFileSync(join(rig.directory, "lanes", `${name}.spool`), text);
}

function orphan(claim: string, claimKey: number, isQueued = false): OrphanedAttempt {
  const log = rig.logPath(claimKey);
  const limits = { limitMs: null, graceMs: 0 };
  return { key: claimKey + 100, claimKey, claim, job: "job", task: "t", attempt: 1, isQueued, log, ...limits };
}

test(
  "an engine that is killed loses no exit status: ended meanwhile, still running, and killed are all told",
  LIMIT,
  async () => {
    const wait = untilHolds("[ -e go ]", 0.05);
    const orphans = await killedEngine(
      [`echo up >a; ${wait}; echo late output; exit 5`, `echo up >b; ${wait}; kill -9 $$`, "echo up >c; exit 0"],
      () => Promise.all(["a", "b", "c"].map((name) => rig.line(name))),
    );
    rig.pool.adopt(orphans);
    assert.equal(rig.pool.queue.isOpen, false, "more runs than what was handed over here");
    const third = await rig.report(103);
    assert.deepEqual(third.result, { kind: "exited", exitCode: 0 });
    assert.equal(third.wasStopped, false);
    writeFileSync(join(rig.directory, "go"), "");
    assert.deepEqual(results(await Promise.all([rig.report(101), rig.report(102)])), [
      { kind: "exited", exitCode: 5 },
      { kind: "signaled", signal: "SIGKILL" },
    ]);
    assert.equal(rig.log(1), "late output\n");
    assert.equal(rig.pool.queue.isOpen, true);
  },
);

test("what ended while there was no engine is told with its time, and its spool can go", LIMIT, async () => {
  const orphans = await killedEngine([`echo $PPID >lane; ${untilHolds("[ -e go ]", 0.05)}; exit 6`], () => rig.line("lane"));
  const lane = Number(await rig.line("lane"));
  rig.pool.reclaim(() => new Map(orphans.map(({ claim, claimKey }) => [claim, new Set([claimKey])])));
  const before = Date.now();
  writeFileSync(join(rig.directory, "go"), "");
  await isGone(lane);
  const [report] = await adopt(orphans);
  assert.deepEqual(report?.result, { kind: "exited", exitCode: 6 });
  assert.ok(report.at >= before - 1000 && report.at <= Date.now());
  assert.equal(readdirSync(join(rig.directory, "lanes")).length, 1);
  rig.pool.reclaim(() => null);
  rig.pool.reclaim(() => new Map());
  // Commands are obeyed in order: when this is reported, the spool is gone.
  await adopt([orphan("none-0", 9)]);
  assert.equal(readdirSync(join(rig.directory, "lanes")).length, 0);
});

test("what waited behind others when its engine was killed begins no more, and that is known at once", LIMIT, async () => {
  const wait = `echo up >up; ${untilHolds("[ -e go ]", 0.05)}; exit 5`;
  const orphans = await killedEngine([wait, "echo ran >second", "echo ran >third"], () => rig.line("up"), "batch");
  rig.pool.adopt(orphans);
  const waiting = await Promise.all([rig.report(102), rig.report(103)]);
  assert.deepEqual(
    waiting.map(({ result }) => result.kind),
    ["not-begun", "not-begun"],
  );
  writeFileSync(join(rig.directory, "go"), "");
  assert.deepEqual((await rig.report(101)).result, { kind: "exited", exitCode: 5 });
  for (const name of ["second", "third"]) assert.equal(existsSync(join(rig.directory, name)), false);
});

test("the queue of an engine that lives is left alone, whatever of it is adopted", LIMIT, async () => {
  await rig.run("true");
  const [spool = ""] = readdirSync(join(rig.directory, "lanes"));
  rig.pool.adopt([orphan(spool.replace(".spool", ""), 999, true)]);
  const reports = await rig.reports(rig.startBatch(["exit 4", "exit 5"]));
  assert.deepEqual(results(reports), [
    { kind: "exited", exitCode: 4 },
    { kind: "exited", exitCode: 5 },
  ]);
});

test("an adopted task whose runner is killed is ended first and then lost", LIMIT, async () => {
  const orphans = await killedEngine([`echo "$PPID $$" >pids; ${linger(0.1)}`], () => rig.line("pids"));
  const [lane = 0, task = 0] = (await rig.line("pids")).split(" ").map(Number);
  rig.pool.adopt(orphans);
  process.kill(lane, "SIGKILL");
  assert.equal((await rig.report(101)).result.kind, "lost");
  assert.equal(isRunning(task), false);
});

test("an adopted task can be stopped", LIMIT, async () => {
  const orphans = await killedEngine([`trap 'exit 9' TERM; echo $$ >pid; ${linger(0.1)}`], () => rig.line("pid"));
  rig.pool.adopt(orphans);
  rig.pool.stop(101, 60_000);
  const { result, wasStopped } = await rig.report(101);
  assert.deepEqual(result, { kind: "exited", exitCode: 9 });
  assert.equal(wasStopped, true);
});

test("an adopted task whose runner was stopped can be stopped", LIMIT, async () => {
  const orphans = await killedEngine([`echo "$PPID $$" >pids; ${linger(0.1)}`], () => rig.line("pids"));
  const [runner = 0] = (await rig.line("pids")).split(" ").map(Number);
  rig.pool.adopt(orphans);
  process.kill(runner, "SIGSTOP");
  rig.pool.stop(101, 60_000);
  assert.deepEqual((await rig.report(101)).result, { kind: "signaled", signal: "SIGTERM" });
});

test("an adopted task that ignores TERM is killed", LIMIT, async () => {
  const orphans = await killedEngine([`trap '' TERM; echo $$ >pid; ${linger(0.1)}`], () => rig.line("pid"));
  rig.pool.adopt(orphans);
  rig.pool.stop(101, 0);
  assert.deepEqual((await rig.report(101)).result, { kind: "signaled", signal: "SIGKILL" });
});

/** A file in the place of `lanes/`: no spool can be opened. */
function hideSpools(): void {
  const lanes = join(rig.directory, "lanes");
  renameSync(lanes, `${lanes}.away`);
  writeFileSync(lanes, "");
}

test("an adopted task whose spool can't be opened can be stopped all the same", LIMIT, async () => {
  const script = `trap 'exit 9' TERM; (trap '' TERM; echo $$ >pid; ${linger(0.1)})`;
  const orphans = await killedEngine([script, script.replace("pid", "other")], () =>
    Promise.all(["pid", "other"].map((name) => rig.line(name))),
  );
  hideSpools();
  rig.pool.adopt(orphans);
  rig.pool.stop(101, 0);
  const { result, wasStopped } = await rig.report(101);
  assert.ok(result.kind === "lost" && result.message.startsWith("the record of its runner can't be read (ENOTDIR"));
  assert.equal(wasStopped, true);
  assert.equal(isRunning(Number(await rig.line("pid"))), false);
  assert.equal(isRunning(Number(await rig.line("other"))), true, "what another attempt started is left alone");
  rig.pool.stop(102, 0);
  assert.equal((await rig.report(102)).wasStopped, true);
});

test(
  "an adopted task that has ended can be stopped although its spool can't be opened; without a stop, or if its end is needed, it is waited for",
  LIMIT,
  async () => {
    const orphans = await killedEngine(["echo $$ >a; exit 5", "echo $$ >b; exit 6", "echo $$ >c; exit 7"], () =>
      Promise.all(["a", "b", "c"].map(async (name) => isGone(Number(await rig.line(name))))),
    );
    hideSpools();
    rig.pool.adopt(orphans);
    rig.pool.stop(103, 0, true);
    rig.pool.stop(101, 0);
    const { result, wasStopped, isUnread } = await rig.report(101);
    assert.deepEqual([result.kind, wasStopped, isUnread], ["lost", false, true]);
    rmSync(join(rig.directory, "lanes"));
    renameSync(join(rig.directory, "lanes.away"), join(rig.directory, "lanes"));
    assert.deepEqual((await rig.report(102)).result, { kind: "exited", exitCode: 6 });
    assert.deepEqual((await rig.report(103)).result, { kind: "exited", exitCode: 7 });
  },
);

for (const [isStopped, left] of [
  [false, [2]],
  [true, []],
] as const) {
  test(
    `what an adopted task left running ${isStopped ? "while it is being ended is not left alone" : "is told"}`,
    LIMIT,
    async () => {
      const said: number[] = [];
      const report = await new Promise<Report>((resolve) => {
        const adopted = new AdoptedAttempt(orphan("gone-0", 1), rig.directory, new Terminator(), {
          onReport: resolve,
          onBegun: () => {},
          onStuck: () => {},
          onLeft: (processes) => said.push(processes),
          onLogLost: () => {},
        });
        if (isStopped) adopted.stop(0);
        adopted.take(new SpoolOfOneThatLeftTwo(), { answer: "yes", found: true });
      });
      assert.deepEqual([report.result, said], [{ kind: "exited", exitCode: 0 }, left]);
    },
  );
}

test("a dead runner of the last version tells what it can: ended, begun, or neither", LIMIT, async () => {
  const dead = `lane ${bootId()} 1 1`;
  writeSpool("dead-0", `${dead}\nb 1\ne 1 0\nb 2\ne 2 4\nb 3\n`);
  const reports = await adopt([1, 2, 3, 4].map((key) => orphan("dead-0", key)));
  assert.deepEqual(
    results(reports).map((result) => ("exitCode" in result ? result.exitCode : (result as { kind: string }).kind)),
    [0, 4, "lost", "not-begun"],
  );
});

test("jobs that shared a spool can be taken up one after the other", LIMIT, async () => {
  const orphans = await killedEngine([`echo up >a; ${untilHolds("[ -e go ]", 0.05)}; exit 5`], () => rig.line("a"));
  const [first] = orphans;
  assert.ok(first !== undefined);
  rig.pool.adopt(orphans);
  rig.pool.adopt([{ ...first, key: 202 }]);
  writeFileSync(join(rig.directory, "go"), "");
  const reports = await Promise.all([rig.report(101), rig.report(202)]);
  assert.deepEqual(results(reports), [
    { kind: "exited", exitCode: 5 },
    { kind: "exited", exitCode: 5 },
  ]);
});

test("a line without its end does not count", LIMIT, async () => {
  writeSpool("dead-0", `lane ${bootId()} 1 1\nb 1\ne 1 0`);
  writeSpool("dead-1", `lane ${bootId()} 1 1\nb 2`);
  assert.deepEqual(
    (await adopt([orphan("dead-0", 1), orphan("dead-1", 2)])).map(({ result }) => result.kind),
    ["lost", "not-begun"],
  );
});

test(
  "a spool that an engine had not made yet means not begun; one of an earlier boot, or not of ours, means lost",
  LIMIT,
  async () => {
    writeFileSync(join(rig.directory, "planted.spool"), "b 2\ne 2 0\n");
    const reports = await adopt([orphan("gone-0", 1), orphan("../planted", 2), orphan(`${engineToken()}-7`, 3)]);
    assert.deepEqual(
      reports.map(({ result }) => result.kind),
      ["lost", "lost", "not-begun"],
    );
  },
);

/** What may stand in a spool's place that says nothing of what began: from the text that stood there. */
const SILENT_SPOOLS = {
  "was emptied": () => "",
  "was cut within its first line": (text: string) => text.slice(0, 20),
  "was put back as it was before": (text: string) => text.slice(0, text.indexOf("\n") + 1),
  "holds nothing but NULs": (text: string) => "\0".repeat(text.length),
};

for (const [what, rewrite] of Object.entries(SILENT_SPOOLS)) {
  test(`what runs on without engine and runner is ended first where its spool ${what}`, LIMIT, async () => {
    const orphans = await killedEngine([`echo $PPID >lane; echo $$ >task; ${untilHolds("[ -e go ]", 0.05)}`], () =>
      rig.line("task"),
    );
    const path = join(rig.directory, "lanes", `${orphans[0]!.claim}.spool`);
    writeFileSync(path, rewrite(readFileSync(path, "utf8")));
    const lane = Number(await rig.line("lane"));
    process.kill(lane, "SIGKILL");
    await isGone(lane);
    const task = Number(await rig.line("task"));
    assert.equal(isRunning(task), true);
    const [report] = await adopt(orphans);
    assert.equal(report?.result.kind, "lost");
    assert.equal(isRunning(task), false);
  });
}

test("that one has begun is told once, and not of those that waited behind it", LIMIT, async () => {
  const commands = [`echo up >a; ${untilHolds("[ -e go ]", 0.05)}`, "echo up >b"];
  const orphans = await killedEngine(commands, () => rig.line("a"), "batch");
  const begun: number[] = [];
  rig.pool.onBegun((news) => begun.push(...news.map(({ key }) => key)));
  rig.pool.adopt(orphans);
  assert.equal((await rig.report(102)).result.kind, "not-begun");
  assert.ok(await waitUntil(() => begun.length > 0));
  writeFileSync(join(rig.directory, "go"), "");
  await rig.report(101);
  assert.deepEqual(begun, [101]);
});

test("an end that comes after its spool was cut is told", LIMIT, async () => {
  const begun = new Promise((resolve) => rig.pool.onBegun(resolve));
  const key = rig.start("sh", ["-c", `${untilHolds("[ -e go ]", 0.05)}; exit 8`]);
  await begun;
  const [spool = ""] = readdirSync(join(rig.directory, "lanes"));
  truncateSync(join(rig.directory, "lanes", spool), 0);
  writeFileSync(join(rig.directory, "go"), "");
  assert.deepEqual((await rig.report(key)).result, { kind: "exited", exitCode: 8 });
});

test("a spool that is cut while it is read for adoption is read again, and a record that is missing proves nothing then", () => {
  writeSpool("cut-0", `h 1 5 1 1 ${bootId()} locks\nb 1 1000\ne 1 x 0 2000 0 0 0\nb 2 1000\n`);
  const path = join(rig.directory, "lanes", "cut-0.spool");
  const spool = new RunnerSpool(path, openSync(path, "r"), [1, 2, 3]);
  spool.read();
  assert.equal(spool.told(3).isDoubtful, false);
  truncateSync(path, 0);
  appendFileSync(path, "e 2 x 7 3000 0 0 0\n");
  spool.read();
  assert.deepEqual(
    [1, 2, 3].map((key) => spool.told(key).end?.result ?? null),
    [{ kind: "exited", exitCode: 0 }, { kind: "exited", exitCode: 7 }, null],
  );
  assert.equal(spool.told(3).isDoubtful, true);
  spool.close();
});

test("after a reboot nothing is looked for by a pid of the earlier time", LIMIT, async () => {
  const { pid, start } = certain(identify(process.pid))!;
  writeSpool("boot-0", `lane other-boot ${pid} ${start}\nb 1\ne 1 0\nb 2\n`);
  const [first, second] = await adopt([orphan("boot-0", 1), orphan("boot-0", 2)]);
  assert.deepEqual(first?.result, { kind: "exited", exitCode: 0 });
  assert.equal(second?.result.kind, "lost");
});

test("a pid that another process has now is no living runner", LIMIT, async () => {
  writeSpool("reused-0", `lane ${bootId()} ${process.pid} 1\nb 1\n`);
  const [report] = await adopt([orphan("reused-0", 1)]);
  assert.equal(report?.result.kind, "lost");
});

test("a runner that we can't see lives as long as it holds its lock", LIMIT, async () => {
  writeSpool("locked-0", `lane ${bootId()} 1 1\nb 1\n`);
  const path = join(rig.directory, "lanes", "locked-0.spool");
  const holder = spawn("sh", ["-c", `exec 3>>"$0"; flock -x 3; echo up >"$1"; read line`, path, join(rig.directory, "held")], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  const exit = once(holder, "exit");
  await fileLine(join(rig.directory, "held"));
  rig.pool.adopt([orphan("locked-0", 1)]);
  // Adopted after it, and reported: the first has been looked at, and is waited for.
  await adopt([orphan("none-0", 2)]);
  appendFileSync(path, "e 1 8\n");
  assert.deepEqual((await rig.report(101)).result, { kind: "exited", exitCode: 8 });
  holder.stdin.end("\n");
  await exit;
});

test("a huge spool of the last version is read in pieces, complaints and all", LIMIT, async () => {
  const noise = "x".repeat(300_000);
  const many = Array.from({ length: 20_000 }, (_, index) => `b ${index + 10}\ne ${index + 10} 0\n`).join("");
  writeSpool("huge-0", `lane ${bootId()} 1 1\n${many}b 1\n${noise}\ne 1 0\n`);
  const [report] = await adopt([orphan("huge-0", 1)]);
  assert.deepEqual(report?.result, { kind: "exited", exitCode: 0 });
});

test("an engine that is killed before its runner took the task leaves nothing half-begun", LIMIT, async () => {
  // The lane is killed together with the engine: what it had not begun can be told.
  const orphans = await killedEngine([`echo $PPID >lane; ${untilHolds("[ -e go ]", 0.05)}`], () => rig.line("lane"));
  const [first] = orphans;
  assert.ok(first !== undefined);
  const lane = Number(readFileSync(join(rig.directory, "lane"), "utf8"));
  rig.pool.adopt([{ ...first, key: 201, claimKey: 77 }]);
  writeFileSync(join(rig.directory, "go"), "");
  assert.equal((await rig.report(201)).result.kind, "not-begun");
  assert.equal(isRunning(lane), false);
  assert.equal(existsSync(join(rig.directory, "logs", "77.log")), false);
});

test(
  "a runner is told to go on now and then, not for each of its attempts that are ended: that would be the square of them",
  LIMIT,
  async (t) => {
    const count = 6;
    const names = Array.from({ length: count }, (_, index) => `up-${index}`);
    const orphans = await killedEngine(
      names.map((name) => `echo up >${name}; ${linger(60)}`),
      () => Promise.all(names.map((name) => rig.line(name))),
    );
    const { adoption, reports } = adoptionIn(t, rig.directory);
    const kill = t.mock.method(process, "kill");
    adoption.adopt(orphans, null);
    const begun = performance.now();
    for (const { key } of orphans) {
      adoption.stop(key, 5_000, false);
      await turn();
    }
    assert.ok(await waitUntil(() => reports.length === count));
    const told = new Map<number, number>();
    for (const { arguments: words } of kill.mock.calls) {
      const [pid, signal] = words as [number, string];
      if (signal === "SIGCONT") told.set(pid, (told.get(pid) ?? 0) + 1);
    }
    const most = Math.max(...told.values());
    // Twice a second.
    assert.ok(most <= 2 + (performance.now() - begun) / 500, `${most} times`);
  },
);
