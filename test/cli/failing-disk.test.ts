/** What a disk that fails keeps a verb from: it says so, by its exit code too, and takes nothing unread for something that is not there. */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { faultEnvironment } from "../support/engine.js";
import type { FaultCall } from "../support/fault-plan.js";
import { follow, main, makePlayground, type Playground, type Result } from "./support/cli.js";

const isRoot = process.geteuid?.() === 0 && process.platform === "linux";
const preload = new URL("../support/fault-preload.js", import.meta.url).href;

interface Failing extends Playground {
  /** A verb by way of a shell, for which a call fails, with EIO unless told otherwise, as often as it is made. */
  readonly runOn: (call: FaultCall, path: string, verb: string, code?: string) => Promise<Result>;
}

async function afterTwoRuns(t: TestContext): Promise<Failing> {
  const playground = makePlayground(t);
  const { dir, write, run } = playground;
  const tasks = ["a", "b"].map((id) => ({ id, command: "echo", args: [`of ${id}`] }));
  for (const more of [[], ["--fresh"]]) await run(["run", write("job.json", tasks), "-q", ...more]);
  return {
    ...playground,
    runOn: (call, path, verb, code = "EIO") => {
      const env = faultEnvironment(dir, [{ kind: "fail", call, path, nth: 1, code }]);
      const script = `NODE_OPTIONS=--import=${preload} exec "$0" "$1" ${verb}`;
      return follow("sh", ["-c", script, process.execPath, main], dir, env).ended;
    },
  };
}

test("why does not take a journal that can't be read for a job that nobody has taken in", async (t) => {
  const { runOn } = await afterTwoRuns(t);
  for (const call of ["openSync", "readSync"] as const) {
    const { code, stdout, stderr } = await runOn(call, "/journal.ndjson", "why job");
    assert.equal(code, 3, stdout);
    assert.match(stderr, /journal\.ndjson can't be (?:opened|read): EIO/);
  }
});

test("logs shows what can be read, names what can't, and says by its exit code that it is not all", async (t) => {
  const { runOn } = await afterTwoRuns(t);
  for (const call of ["openSync", "readSync"] as const) {
    const { code, stdout, stderr } = await runOn(call, "/a.log", "logs job");
    assert.deepEqual([code, stdout], [3, "b │ of b\n"], stderr);
    assert.match(stderr, /task "a": \S*a\.log can't be read: EIO/);
  }
});

test("tasks that a failing disk, or a want of handles, keeps from being read are no fault of the job", async (t) => {
  const { runOn } = await afterTwoRuns(t);
  for (const verb of ["logs job a", "graph job"])
    for (const [call, code] of [
      ["openSync", "EIO"],
      ["readSync", "EIO"],
      ["openSync", "EMFILE"],
    ] as const) {
      const result = await runOn(call, "/jobs/job/tasks.json", verb, code);
      assert.equal(result.code, 3, result.stderr);
      assert.match(result.stderr, new RegExp(`the tasks of "job" can't be read: .*${code}`));
    }
});

test("a run that can't read its tasks in the end does not say that the first failure printed nothing", async (t) => {
  const { runOn, write } = await afterTwoRuns(t);
  const job = write("wrong.json", [{ id: "a", command: "sh", args: ["-c", "echo words; exit 1"] }]);
  const { code, stderr } = await runOn("readSync", "/jobs/wrong/tasks.json", `run -q ${job}`);
  assert.equal(code, 1, stderr);
  assert.match(stderr, /First failure: a[^]*tasks\.json.*EIO/);
});

test("import does not take a make that can't be started for a Makefile that is wrong", async (t) => {
  const { runOn, write } = await afterTwoRuns(t);
  const { code, stderr } = await runOn("spawnSync", "make", `import ${write("Makefile", "all: ; true\n")}`, "EAGAIN");
  assert.equal(code, 3, stderr);
  assert.match(stderr, /make can't be run: .*EAGAIN/);
});

test("prune names a job of which it can't tell whether it has ended", async (t) => {
  const { runOn } = await afterTwoRuns(t);
  const { code, stderr } = await runOn("openSync", "/jobs/job/state.json", "prune --keep 0");
  assert.equal(code, 3, stderr);
  assert.match(stderr, /job "job" can't be removed: .*state\.json.*EIO[\s\S]*^0 runs removed$/m);
});

test("prune does not take a job that it can't read under its lock for one that has not ended", async (t) => {
  const { dir, run, write } = makePlayground(t);
  await run(["run", write("job.json", [{ command: "true" }]), "-q"]);
  // Only the first look goes well.
  const call = { call: "openSync", path: "/jobs/job/state.json", code: "EIO" } as const;
  const env = faultEnvironment(dir, [{ kind: "fail", ...call, nth: 2 }]);
  const script = `NODE_OPTIONS=--import=${preload} exec "$0" "$1" prune --keep 0`;
  const { code, stderr } = await follow("sh", ["-c", script, process.execPath, main], dir, env).ended;
  assert.equal(code, 3, stderr);
  assert.match(stderr, /job "job" can't be removed: .*state\.json.*EIO[\s\S]*^0 runs removed$/m);
});

test("prune says by its exit code that something could not be removed", async (t) => {
  const { runOn, run } = await afterTwoRuns(t);
  const { code, stderr } = await runOn("openSync", "/jobs/job/lock", "prune --keep 0");
  assert.equal(code, 3, stderr);
  assert.match(stderr, /job "job" can't be removed: EIO[\s\S]*^0 runs removed$/m);
  assert.equal((await run(["prune", "--keep", "0"])).code, 0);
});

test("on a full disk rm and prune make room", { skip: !isRoot && "needs root to mount a small tmpfs" }, async (t) => {
  const mounted: string[] = [];
  // First of all: what is mounted can't be removed with its place.
  t.after(() => mounted.forEach((path) => execFileSync("umount", ["--lazy", path])));
  const { dir, run, write } = makePlayground(t);
  const base = join(dir, ".air-executor");
  mkdirSync(base, { mode: 0o700 });
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k,mode=0700", "tmpfs", base]);
  mounted.push(base);
  for (const name of ["one", "two"]) await run(["run", write(`${name}.json`, [{ command: "true" }]), "-q"]);
  const fill = (): unknown => spawnSync("sh", ["-c", 'head -c 1M /dev/zero > "$1/filler-$$"', "sh", base]);
  for (const args of [
    ["rm", "one"],
    ["prune", "--keep", "0"],
  ]) {
    fill();
    const { code, stderr } = await run(args);
    assert.equal(code, 0, stderr);
  }
  assert.deepEqual(readdirSync(join(base, "jobs")), []);
});

test("where removed/ can't be made either, what is removed is deleted in its place", async (t) => {
  const { runOn, dir } = await afterTwoRuns(t);
  const { code, stderr } = await runOn("mkdirSync", "/removed", "rm job", "ENOSPC");
  assert.equal(code, 0, stderr);
  assert.deepEqual(readdirSync(join(dir, ".air-executor/jobs")), []);
});

test("what the system refuses of an open file is told with the file's path", async (t) => {
  const { runOn } = await afterTwoRuns(t);
  for (const [call, file, code] of [
    ["writeSync", "/jobs/job/journal.ndjson", "ENOSPC"],
    ["writeSync", "/jobs/job/lock", "ENOSPC"],
    ["readSync", "/jobs/job/state.json", "EIO"],
    ["readSync", "/jobs/job/journal.ndjson", "EIO"],
    ["readSync", "/jobs/job/tasks.json", "EIO"],
    ["fstatSync", "/jobs/job/journal.ndjson", "EIO"],
    ["fstatSync", "/jobs/job/lock", "EIO"],
  ] as const) {
    const { code: exit, stderr } = await runOn(call, file, "add job --id x -- true", code);
    assert.equal(exit, 3, stderr);
    assert.ok(stderr.includes(file) && stderr.includes(code), `${call} ${file}: ${stderr}`);
  }
});

test("a torn end of a journal that can't be put aside or cut is told with its file", async (t) => {
  const { runOn, dir } = await afterTwoRuns(t);
  appendFileSync(join(dir, ".air-executor/jobs/job/journal.ndjson"), "half a line");
  for (const [call, file] of [
    ["writeSync", "/jobs/job/journal.torn"],
    ["ftruncateSync", "/jobs/job/journal.ndjson"],
  ] as const) {
    const { code, stderr } = await runOn(call, file, "add job --id x -- true");
    assert.equal(code, 3, stderr);
    assert.ok(stderr.includes(file) && stderr.includes("EIO"), `${call} ${file}: ${stderr}`);
  }
});

test("a joblog that can't be read when a map goes on is named", async (t) => {
  const { runOn, run } = await afterTwoRuns(t);
  const verb = "map --name m --joblog jl --halt now,fail=1 -j 1 sh -c 'exit {}' ::: 1 0";
  assert.equal((await run([...verb.split(" sh -c ")[0]!.split(" "), "sh", "-c", "exit {}", ":::", "1", "0"])).code, 1);
  const { code, stderr } = await runOn("readSync", "/jl", verb);
  assert.equal(code, 3, stderr);
  assert.match(stderr, /^air-executor: jl can't be used: .*EIO/m);
});

for (const option of ["", "-k", "--line-buffer"])
  test(`output of a task that can't be read ends no map, is named, and makes its exit code 3 (map ${option})`, async (t) => {
    const { runOn } = await afterTwoRuns(t);
    for (const [call, name, what] of [
      ["readSync", "m", "EIO"],
      ["openSync", "n", "EIO"],
    ] as const) {
      const verb = `map --name ${name} -j 1 ${option} echo ::: one two`;
      const { code, stdout, stderr } = await runOn(call, "/logs/task-1.log", verb, what);
      assert.deepEqual([code, stdout], [3, "two\n"], stderr);
      assert.match(stderr, new RegExp(`task-1\\.log can't be read: ${what}`));
      assert.match(stderr, /not all output was shown: of 1 task it can't be read/);
    }
  });

for (const option of ["", "-k", "--line-buffer"])
  test(`output of a task for which there is no handle for a while is shown when there is one (map ${option})`, async (t) => {
    const { dir } = makePlayground(t);
    // More often than it is tried while the task runs.
    const fault = { call: "openSync", path: "/logs/task-1.log", nth: 1, code: "EMFILE", times: 20 } as const;
    const env = faultEnvironment(dir, [{ kind: "fail", ...fault }]);
    const args = ["--import", preload, main, "map", "--name", "m", "-j", "1", ...option.split(" ").filter((each) => each !== "")];
    const { code, stdout, stderr } = await follow(process.execPath, [...args, "echo", ":::", "one", "two"], dir, env).ended;
    assert.deepEqual([code, stdout.split("\n").toSorted()], [0, ["", "one", "two"]], stderr);
    assert.equal(stderr.match(/task-1\.log can't be read: EMFILE.*; it is tried again for a minute/g)?.length, 1, stderr);
  });

test("a log that can't be read ends no report, which says so", async (t) => {
  const { runOn, dir, write } = await afterTwoRuns(t);
  const job = write("wrong.json", [{ id: "a", command: "sh", args: ["-c", "echo words; exit 1"] }]);
  spawnSync(process.execPath, [main, "run", "-q", job], { cwd: dir });
  const { code, stderr } = await runOn("readSync", "/wrong/logs/a.log", "report wrong --output page.html");
  assert.equal(code, 0, stderr);
  assert.match(readFileSync(join(dir, "page.html"), "utf8"), /this log can't be read: EIO/);
});

test("data that a failing disk does not take is no data that nobody wants to read", async (t) => {
  const { runOn } = await afterTwoRuns(t);
  const { code, stderr } = await runOn("writeSync", "/out.json", "status --json > out.json");
  assert.equal(code, 3, stderr);
  assert.match(stderr, /the output could not be written \(EIO/);
});

test("that nobody can tell whether an engine runs a job is shown", async (t) => {
  const { runOn, dir } = await afterTwoRuns(t);
  const add = spawnSync(process.execPath, [main, "add", "job", "--id", "c", "--", "true"], { cwd: dir });
  assert.equal(add.status, 0, add.stderr.toString());
  assert.match((await runOn("openSync", "/job/lock", "status")).stdout, /job .* whether an engine runs it can't be told$/m);
});

test("a name that is too long for a file is said to be that", async (t) => {
  const { run } = await afterTwoRuns(t);
  const long = "x".repeat(300);
  for (const args of [
    ["status", long],
    ["graph", long],
    ["status", "--dir", long],
  ]) {
    const { code, stderr } = await run(args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /x(?:\/jobs)? is too long for a path, or one of its names is: choose a shorter one$/m);
  }
});
