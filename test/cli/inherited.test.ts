import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { waitUntil } from "../support/wait-until.js";
import { follow, main, makePlayground } from "./support/cli.js";
import { untilHolds } from "../support/shell-loops.js";

const waits = { id: "a", command: "sh", args: ["-c", `touch began; ${untilHolds("test -e gate")}; env > env.txt`] };

for (const [how, ignored, code] of [
  ["whoever ignores HUP, as under nohup, is not ended by it", "HUP", 0],
  ["whoever does not is stopped by it", "", 129],
] as const) {
  test(`a closed terminal: ${how}`, async (context) => {
    const { dir, write } = makePlayground(context);
    write("job.json", [waits]);
    const { process: engine, ended } = follow(
      "sh",
      ["-c", `trap '' ${ignored || "USR2"}; exec "$0" run job.json -q`, main],
      dir,
      {},
    );
    assert.ok(await waitUntil(() => existsSync(join(dir, "began")), 20_000));
    engine.kill("SIGHUP");
    if (code === 0) writeFileSync(join(dir, "gate"), "");
    const end = await ended;
    assert.equal(end.code, code, end.stderr);
  });
}

test("the command works through a link in a directory with spaces, and what its first line hands on reaches no task", async (context) => {
  const { dir, write } = makePlayground(context);
  mkdirSync(join(dir, "a b"));
  symlinkSync(main, join(dir, "a b", "air-executor"));
  writeFileSync(join(dir, "gate"), "");
  const path = write("a b/job one.json", [waits]);
  const { code, stderr } = await follow(join(dir, "a b", "air-executor"), ["run", path, "-q"], dir, {}).ended;
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(readFileSync(join(dir, "env.txt"), "utf8"), /INHERITED/);
});

test("whatever variables whoever typed the command has exported, tasks have them as they were", async (context) => {
  const { dir, write } = makePlayground(context);
  const names = "abcdefghijklmnopqrstuvwxyz".split("").flatMap((name) => [name, name.toUpperCase()]);
  const exported = Object.fromEntries(names.map((name) => [name, `${name} as it was`]));
  write("job.json", [{ command: process.execPath, args: ["-p", "JSON.stringify(process.env)"] }]);
  const { code, stdout, stderr } = await follow(main, ["run", "job.json", "-q"], dir, exported).ended;
  assert.equal(code, 0, stderr + stdout);
  const seen = JSON.parse(readFileSync(join(dir, ".air-executor", "jobs", "job", "logs", "task-1.log"), "utf8")) as object;
  assert.deepEqual(Object.fromEntries(Object.entries(seen).filter(([name]) => names.includes(name))), exported);
});

test("what is no name to the shell of the first line reaches tasks: functions that bash exports, names with dots", async (context) => {
  const { dir } = makePlayground(context);
  const exported = { "BASH_FUNC_shout%%": '() {  echo "$1!"\n}', "a.b": "c=d e\nf", "-x": "" };
  const command = "shout $1; env -0 | grep -zae '^a[.]b=' -e '^-x=' | sort -z | tr '\\0' '|'; env | grep -c AIR_EXECUTOR_DROPPED";
  const { stdout, stderr } = await follow(main, ["map", "-q", "bash", "-c", command, "_", "{}", ":::", "hey"], dir, exported)
    .ended;
  assert.equal(stdout, "hey!\n-x=|a.b=c=d e\nf|0\n", stderr);
});

test("a variable without a name ends nothing", async (context) => {
  const { dir, write } = makePlayground(context);
  write("job.json", [{ command: "true" }]);
  const nameless = ["env", "=nameless", process.execPath, main, "run", "job.json", "-q"] as const;
  const { code, stderr } = await follow(nameless[0], nameless.slice(1), dir, {}).ended;
  assert.equal(code, 0, stderr);
});

const asks = {
  id: "asks",
  command: "sh",
  args: ["-c", "ulimit -Sn > soft.txt; grep SigIgn /proc/self/status > ignored.txt"],
};
const [HUP, USR2] = [1n << 0n, 1n << 11n];

for (const runner of ["native", "portable"]) {
  test(`tasks have the limit of open files and the ignored signals of whoever typed the command (${runner} runner)`, async (context) => {
    const { dir, write } = makePlayground(context);
    write("job.json", [asks]);
    const script = `ulimit -Sn 512; trap '' HUP USR2; exec "$0" run job.json -q`;
    const { code, stderr } = await follow("sh", ["-c", script, main], dir, { AIR_EXECUTOR_RUNNER: runner }).ended;
    assert.equal(code, 0, stderr);
    assertInherited(dir);
  });
}

test("what a portable runner had for the shells of its tasks goes with its spool if it was killed", async (context) => {
  const { dir, write } = makePlayground(context);
  write("job.json", [{ id: "a", command: "sh", args: ["-c", "[ -e killed ] || { >killed; kill -9 $PPID; sleep 9; }"] }]);
  const script = `trap '' USR2; exec "$0" run job.json -q`;
  const { code, stderr } = await follow("sh", ["-c", script, main], dir, { AIR_EXECUTOR_RUNNER: "portable" }).ended;
  assert.equal(code, 0, stderr);
  assert.deepEqual(readdirSync(join(dir, ".air-executor/lanes")), []);
});

test("tasks of a manager in the background have them, too", async (context) => {
  const { dir, write, run } = makePlayground(context);
  const script = `ulimit -Sn 512; trap '' HUP USR2; exec "$0" start -q`;
  assert.equal((await follow("sh", ["-c", script, main], dir, {}).ended).code, 0);
  try {
    write("job.json", [asks]);
    assert.equal((await run(["submit", "job.json", "-q"])).code, 0);
    const ignored = join(dir, "ignored.txt");
    assert.ok(await waitUntil(() => existsSync(ignored) && readFileSync(ignored, "utf8").includes("\n"), 20_000));
  } finally {
    assert.equal((await run(["stop", "-q"])).code, 0);
  }
  assertInherited(dir);
});

test("without all that, tasks ignore nothing", async (context) => {
  const { dir, write } = makePlayground(context);
  write("job.json", [asks]);
  const { code, stderr } = await follow("sh", ["-c", `exec "$0" run job.json -q`, main], dir, {}).ended;
  assert.equal(code, 0, stderr);
  assert.equal(ignoredIn(dir) & (HUP | USR2), 0n);
});

function assertInherited(dir: string): void {
  assert.equal(readFileSync(join(dir, "soft.txt"), "utf8"), "512\n");
  assert.equal(ignoredIn(dir) & (HUP | USR2), HUP | USR2);
}

function ignoredIn(dir: string): bigint {
  return BigInt(`0x${readFileSync(join(dir, "ignored.txt"), "utf8").trim().split(/\s+/)[1]}`);
}

test("more of what a shell drops than fits into one variable is refused in a sentence", async (context) => {
  const { dir, write } = makePlayground(context);
  write("job.json", [asks]);
  const { code, stderr } = await follow(main, ["run", "job.json", "-q"], dir, { "a.b": "x".repeat(100_000) }).ended;
  assert.equal(code, 3, stderr);
  assert.match(stderr, /^air-executor: .* take more than 96 kB here: unset some and try again\n$/);
});

for (const runner of ["native", "portable"])
  test(`a task finds the variables of its job and its own, and none of another task's: with the ${runner} runner`, async (context) => {
    const { run, write } = makePlayground(context);
    const shown = {
      command: "sh",
      args: ["-c", 'echo "$OF_JOB,$OF_FIRST,$OF_LAST,$CUDA_VISIBLE_DEVICES,$(env | grep -c AIR_EXECUTOR_GPU)"'],
    };
    write("job.json", {
      env: { OF_JOB: "all" },
      tasks: [
        { ...shown, id: "first", env: { OF_FIRST: "secret" }, resources: { gpu: 1 } },
        { ...shown, id: "none", dependencies: ["first"] },
        { ...shown, id: "last", dependencies: ["none"], env: { OF_LAST: "own", OF_JOB: "mine" } },
        { ...shown, id: "again", dependencies: ["last"] },
      ],
    });
    const { code, stderr } = await run(["run", "job.json", "-q", "--gpus", "1"], { env: { AIR_EXECUTOR_RUNNER: runner } });
    assert.equal(code, 0, stderr);
    const told = { first: "all,secret,,0,1", none: "all,,,,0", last: "mine,,own,,0", again: "all,,,,0" };
    for (const [id, line] of Object.entries(told)) assert.equal((await run(["logs", "job", id])).stdout, `${line}\n`, id);
  });

for (const runner of ["native", "portable"])
  test(`a program is called what was written, with a GPU and without: with the ${runner} runner`, async (context) => {
    const { run, write } = makePlayground(context);
    const named = { command: "sh", args: ["-c", "tr '\\0' '\\n' </proc/$$/cmdline | head -1"] };
    write("job.json", [
      { ...named, id: "plain" },
      { ...named, id: "gpu", resources: { gpu: 1 } },
    ]);
    const { code, stderr } = await run(["run", "job.json", "-q", "--gpus", "1"], { env: { AIR_EXECUTOR_RUNNER: runner } });
    assert.equal(code, 0, stderr);
    for (const id of ["plain", "gpu"]) assert.equal((await run(["logs", "job", id])).stdout, "sh\n", id);
  });

const LOCKED = 'exec 11>held 200>held && flock -n 200 && exec "$0" "$@"';

for (const runner of ["native", "portable"])
  test(
    `no task holds what is open in whoever called the command: with the ${runner} runner`,
    { skip: !existsSync("/proc/self/fd") },
    async (context) => {
      const { dir, write } = makePlayground(context);
      write("job.json", [{ id: "a", command: "sh", args: ["-c", "ls -l /proc/$$/fd >files.txt"] }]);
      const { code, stderr } = await follow("bash", ["-c", LOCKED, main, "run", "job.json", "-q"], dir, {
        AIR_EXECUTOR_RUNNER: runner,
      }).ended;
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(readFileSync(join(dir, "files.txt"), "utf8"), /held/);
    },
  );

test(
  "a manager in the background holds nothing that is open in whoever started it",
  { skip: !existsSync("/proc/self/fd") },
  async (context) => {
    const { dir } = makePlayground(context);
    const { code, stderr } = await follow("bash", ["-c", LOCKED, main, "start"], dir, {}).ended;
    assert.equal(code, 0, stderr);
    const [pid] = /\d+/.exec(stderr) ?? assert.fail(stderr);
    context.after(() => process.kill(Number(pid)));
    for (const file of readdirSync(`/proc/${pid}/fd`)) assert.doesNotMatch(targetOf(`/proc/${pid}/fd/${file}`), /held$/);
  },
);

/** Empty if it is closed by now. */
function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return "";
  }
}
