import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { isRunning, PoolRig } from "../fixtures/pool-rig.js";
import { fc } from "../support/properties.js";
import { waitUntil } from "../support/wait-until.js";

const LIMIT = { timeout: 60_000 };
const PRINT_ARGUMENTS = fileURLToPath(new URL("../fixtures/print-arguments.js", import.meta.url));

let rig: PoolRig;
before(async () => {
  process.env["odd.name"] = "from the engine";
  process.env["OPTIND"] = "5";
  rig = await new PoolRig({ concurrency: 4 }).open();
});
after(() => rig.close());

test("an attempt's output and exit code are kept", LIMIT, async () => {
  const report = await rig.run("sh", ["-c", "echo out; echo err >&2; exit 3"]);
  assert.deepEqual(report.result, { kind: "exited", exitCode: 3 });
  assert.equal(report.log, "out\nerr\n");
  assert.equal(report.wasStopped, false);
});

test("any arguments arrive as they were given", LIMIT, async () => {
  const text = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 20 }),
    fc.string({
      unit: fc.constantFrom("'", '"', "\\", "$", "`", "\n", "\r", " ", "*", "!", "#", ";", "&", "~", "\x01"),
      maxLength: 12,
    }),
  );
  const args = fc.array(
    text.filter((value) => !value.includes("\0")),
    { maxLength: 6 },
  );
  await fc.assert(
    fc.asyncProperty(args, async (given) => {
      const { result, log } = await rig.run("printf", ["%s\\0", "first", ...given]);
      assert.deepEqual(result, { kind: "exited", exitCode: 0 });
      assert.deepEqual(log.split("\0").slice(0, -1), ["first", ...given]);
    }),
    { numRuns: 100 },
  );
});

test("a command line larger than any pipe arrives whole", LIMIT, async () => {
  const args = Array.from({ length: 12 }, (_, index) => `${index}'`.repeat(30_000));
  const { log } = await rig.run(process.execPath, [PRINT_ARGUMENTS, ...args]);
  assert.deepEqual(JSON.parse(log), args);
});

test("the environment is the engine's, our variables, the task's own and its directory, and nothing else", LIMIT, async () => {
  const env = { MINE: "it's\nmine", "with-dash": "2", IFS: ":" };
  const places = [join(rig.directory, "one"), join(rig.directory, "two")];
  for (const cwd of [...places, ...places]) {
    mkdirSync(cwd, { recursive: true });
    const { log } = await rig.run("/usr/bin/env", ["-0"], { cwd, env, job: "j", task: "t 1", attempt: 3 });
    const found = Object.fromEntries(
      log
        .split("\0")
        .slice(0, -1)
        .map((variable) => [variable.slice(0, variable.indexOf("=")), variable.slice(variable.indexOf("=") + 1)]),
    );
    const ours = { AIR_EXECUTOR_DIR: rig.directory, AIR_EXECUTOR_JOB: "j", AIR_EXECUTOR_TASK: "t 1", AIR_EXECUTOR_ATTEMPT: "3" };
    assert.deepEqual(found, { ...process.env, ...ours, ...env, PWD: cwd });
  }
});

test("a command is looked up on the task's own PATH and is never a builtin of the shell", LIMIT, async () => {
  const bin = join(rig.directory, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "echo"), "#!/bin/sh\nprintf 'mine: %s' \"$1\"\n", { mode: 0o755 });
  assert.equal((await rig.run("echo", ["x"], { env: { PATH: `${bin}:/usr/bin:/bin` } })).log, "mine: x");
  assert.equal((await rig.run("bin/echo", ["y"])).log, "mine: y");
  // The program knows --version; dash's own echo would print it.
  assert.notEqual((await rig.run("echo", ["--version"])).log, "--version\n");
});

test("what can't be started says why", LIMIT, async () => {
  const plain = join(rig.directory, "plain");
  const broken = join(rig.directory, "broken");
  const circle = join(rig.directory, "circle");
  symlinkSync(circle, circle);
  writeFileSync(plain, "", { mode: 0o644 });
  writeFileSync(broken, "#!/nowhere/interpreter\n", { mode: 0o755 });
  const cases: [RegExp, ...Parameters<PoolRig["run"]>][] = [
    [/^command not found: "docker-is-not-here" \(looked for on PATH\)$/, "docker-is-not-here"],
    [
      /^command not found: "sleep 1" \(looked for on PATH\); command is the program alone, its arguments go into args$/,
      "sleep 1",
    ],
    [/^command not found: ".\/missing -v" \(in .*\); command is the program alone, its arguments go into args$/, "./missing -v"],
    [/^command not found: ""/, ""],
    [/^command not found: "\.\/missing"/, "./missing"],
    [/^not executable: ".*plain"/, plain],
    [/^not executable: "\/" is a directory/, "/"],
    [/interpreter/, broken],
    [/^working directory does not exist: \/nowhere$/, "true", [], { cwd: "/nowhere" }],
    [/^working directory is not a directory: .*plain$/, "true", [], { cwd: plain }],
    [/^working directory can't be entered \(ELOOP\): .*circle$/, "true", [], { cwd: circle }],
    [/^stdin file does not exist: \/nowhere$/, "true", [], { stdin: "/nowhere" }],
    [/NUL/, "true", ["a\0b"]],
    [/^arguments too long .* 200,001 bytes, the limit is 131,072; pass them in a file$/, "true", ["x".repeat(200_000)]],
    [/^arguments too long .* in a file$/, "true", Array.from({ length: 70 }, () => "x".repeat(100_000))],
  ];
  for (const [message, ...call] of cases) {
    const { result, log } = await rig.run(...call);
    assert.ok(result.kind === "spawn-failed" && message.test(result.message), `${message}: ${JSON.stringify(result)}`);
    if (!message.source.includes("interpreter")) assert.equal(log, "");
  }
});

test("a command that vanished after it was found is told as missing", LIMIT, async () => {
  const tool = join(rig.directory, "tool");
  writeFileSync(tool, "#!/bin/sh\n", { mode: 0o755 });
  assert.equal((await rig.run(tool)).result.kind, "exited");
  rmSync(tool);
  const { result } = await rig.run(tool);
  assert.ok(result.kind === "spawn-failed" && result.message.startsWith("command not found: "), JSON.stringify(result));
});

test("a directory that was removed and made again is entered anew", LIMIT, async () => {
  const cwd = join(rig.directory, "again");
  for (const content of ["first", "second"]) {
    rmSync(cwd, { recursive: true, force: true });
    mkdirSync(cwd);
    writeFileSync(join(cwd, "file"), content);
    for (let slot = 0; slot < 4; slot += 1) assert.equal((await rig.run("cat", ["file"], { cwd })).log, content);
  }
});

test("stdin is the file given, or empty", LIMIT, async () => {
  const stdin = join(rig.directory, "it's input");
  writeFileSync(stdin, "line\n");
  assert.equal((await rig.run("cat", [], { stdin })).log, "line\n");
  assert.equal((await rig.run("cat")).log, "");
});

test("a signal is told from an exit code of the same number", LIMIT, async () => {
  const cases: [string, object][] = [
    ["kill -9 $$", { kind: "signaled", signal: "SIGKILL" }],
    ["kill -TERM $$", { kind: "signaled", signal: "SIGTERM" }],
    ["kill -SEGV $$", { kind: "signaled", signal: "SIGSEGV" }],
    ["kill -INT $$", { kind: "signaled", signal: "SIGINT" }],
    ["printf 50%%; kill -9 $$", { kind: "signaled", signal: "SIGKILL" }],
    ["echo x; exit 137", { kind: "exited", exitCode: 137 }],
    ["exit 143", { kind: "exited", exitCode: 143 }],
    ["exit 127", { kind: "exited", exitCode: 127 }],
    ["no-such-command-here", { kind: "exited", exitCode: 127 }],
    ["exit 255", { kind: "exited", exitCode: 255 }],
  ];
  for (const [script, expected] of cases) assert.deepEqual((await rig.run("sh", ["-c", script])).result, expected, script);
});

test("a log is a new file: what is in its place is not written to", LIMIT, async () => {
  const victim = join(rig.directory, "victim");
  writeFileSync(victim, "precious");
  const key = rig.nextKey();
  symlinkSync(victim, rig.logPath(key));
  const { result } = await rig.run("echo", ["overwritten"], { key });
  assert.deepEqual([result.kind, "hindrance" in result && result.hindrance], ["not-begun", "log"]);
  assert.equal(readFileSync(victim, "utf8"), "precious");
});

test("an earlier attempt's log is kept under its own name, also if the next one says nothing", LIMIT, async () => {
  for (const word of ["second\n", ""]) {
    const key = rig.nextKey();
    const earlierLog = `${rig.logPath(key)}.1`;
    writeFileSync(rig.logPath(key), "first\n");
    const { log } = await rig.run("printf", [word], { key, earlierLog });
    assert.equal(log, word);
    assert.equal(readFileSync(earlierLog, "utf8"), "first\n");
  }
});

test("an attempt whose log can't be made has not begun, and the runner goes on", LIMIT, async () => {
  const log = join(rig.directory, "no-such-directory", "x.log");
  const { result } = await rig.run("true", [], { log });
  const directory = join(rig.directory, "no-such-directory");
  assert.deepEqual(result, { kind: "not-begun", message: `${directory}: ENOENT`, hindrance: "log" });
  assert.equal((await rig.run("true")).result.kind, "exited");
});

test("the lowest slots are given out first, and none twice", () => {
  const slots = [0, 1, 2, 3].map(() => rig.pool.reserve()?.slot);
  assert.deepEqual(slots, [0, 1, 2, 3]);
  // Tasks of half a cpu need more of them than there are cpus.
  assert.equal(rig.pool.reserve()?.slot, 4);
  rig.pool.release(4);
  rig.pool.release(2);
  rig.pool.release(1);
  assert.equal(rig.pool.reserve()?.slot, 1);
  assert.equal(rig.pool.reserve()?.slot, 2);
  for (const slot of [3, 2, 1, 0]) rig.pool.release(slot);
});

test("a thousand attempts on ten slots are each reported once", LIMIT, async (context) => {
  const wide = await new PoolRig({ concurrency: 10 }).open();
  context.after(() => wide.close());
  const running = new Set<Promise<void>>();
  for (let index = 0; index < 1000; index += 1) {
    if (running.size === 10) await Promise.race(running);
    const life = wide.run("sh", ["-c", `exit ${index % 100}`]).then(({ result }) => {
      assert.deepEqual(result, { kind: "exited", exitCode: index % 100 });
      running.delete(life);
    });
    running.add(life);
  }
  await Promise.all(running);
});

test("a task inherits no descriptor of ours", LIMIT, async () => {
  const { log } = await rig.run("sh", ["-c", "ls /proc/$$/fd"]);
  assert.deepEqual(
    log.split("\n").filter((name) => name !== "" && Number(name) > 2 && Number(name) < 10),
    [],
  );
});

test("closing leaves no process, no descriptor and no spool behind", LIMIT, async () => {
  const runners = new Set<number>();
  const descriptors = (): number => readdirSync("/proc/self/fd").length;
  const openAndClose = async (): Promise<void> => {
    const own = new PoolRig({ concurrency: 3 });
    await own.open();
    for (let index = 0; index < 3; index += 1) runners.add(Number((await own.run("sh", ["-c", "echo $PPID"])).log));
    await own.pool.close();
    assert.deepEqual(readdirSync(join(own.directory, "lanes")), []);
    rmSync(own.directory, { recursive: true });
  };
  await openAndClose();
  const atFirst = descriptors();
  for (let round = 0; round < 3; round += 1) await openAndClose();
  assert.equal(descriptors(), atFirst);
  assert.equal(runners.size, 4);
  for (const pid of runners) assert.equal(isRunning(pid), false);
});

test(
  "what is kept apart has a runner of its own, which goes when it has ended; the next in its slot is with the others",
  LIMIT,
  async (t) => {
    const own = await new PoolRig({ concurrency: 1 }).open();
    t.after(() => own.close());
    const run = async (isApart: boolean): Promise<{ slot: number; claim: string; runner: number }> => {
      const { slot, claim } = own.pool.reserve(undefined, 1, isApart)!;
      const { log } = await own.run("sh", ["-c", "echo $PPID"], { slot });
      return { slot, claim, runner: Number(log) };
    };
    const [first, apart, next] = [await run(false), await run(true), await run(false)];
    assert.notEqual(apart.claim, first.claim);
    assert.notEqual(apart.runner, first.runner);
    assert.deepEqual(next, first);
    assert.ok(await waitUntil(() => !isRunning(apart.runner)), "its runner goes");
  },
);

test("a spool says who wrote it, what began and how it ended, and is nobody else's business", LIMIT, async (context) => {
  const own = await new PoolRig({ concurrency: 1 }).open();
  context.after(() => own.close());
  await own.run("true");
  const lanes = join(own.directory, "lanes");
  const [spool = ""] = readdirSync(lanes);
  assert.equal(statSync(lanes).mode & 0o777, 0o700);
  assert.equal(statSync(join(lanes, spool)).mode & 0o777, 0o600);
  assert.match(
    readFileSync(join(lanes, spool), "utf8"),
    // A task that took the machine so long that its process is on record, too, has a line more.
    /^h 1 \d+ \d+ \d+ \S+ (?:locks|none)\nb 1 \d{16}\n(?:p 1 \d+ \d+\n)?e 1 x 0 \d{16} \d+ \d+ \d+\n(?:p 1 \d+ \d+\n)?$/,
  );
});
