import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { waitUntil } from "../support/wait-until.js";
import { follow, main, makePlayground, type Playground } from "./support/cli.js";
import { untilHolds } from "../support/shell-loops.js";

const diamond = [
  { id: "prepare", command: "echo", args: ["ready"] },
  { id: "left", command: "true", dependencies: ["prepare"] },
  { id: "right", command: "true", dependencies: ["prepare"] },
  { id: "merge", command: "true", dependencies: ["left", "right"] },
];

interface Summary {
  readonly name: string;
  readonly state: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly first_failure: string | null;
  readonly interrupted: boolean;
}

test("a job file is run to its end, data on stdout and messages on stderr", async (context) => {
  const { run, write } = makePlayground(context);
  write("diamond.json", diamond);
  const { code, stdout, stderr } = await run(["run", "diamond.json", "--json"]);
  assert.equal(code, 0, stderr);
  const summary = JSON.parse(stdout) as Summary;
  assert.deepEqual(
    [summary.name, summary.state, summary.counts["completed"], summary.interrupted],
    ["diamond", "completed", 4, false],
  );
  assert.match(stderr, /\[1\/4\] completed prepare[\s\S]*\[4\/4\] completed merge[\s\S]*diamond completed: 4 tasks in /);
});

test("YAML, standard input, a name, an empty job", async (context) => {
  const { run, write } = makePlayground(context);
  write("j.yaml", "name: from-file\ntasks:\n  - { command: echo, args: [hello] }\n");
  assert.match((await run(["run", "j.yaml"])).stderr, /from-file completed: 1 task in/);
  assert.match((await run(["run", "j.yaml", "--name", "mine"])).stderr, /mine completed/);
  assert.match((await run(["run", "-"], { input: "[]" })).stderr, /stdin completed: 0 tasks/);
  write("_my job (2).json", "[]");
  assert.match((await run(["run", "_my job (2).json"])).stderr, /my-job-2- completed/);
});

test("a file whose letters no job's name may hold needs a name: else two of them were one job", async (context) => {
  const { run, write, dir } = makePlayground(context);
  for (const file of ["日本.json", "中国.json", "Ünï.json", "U\u0308.json", "naïve.json", "٣.json", "(!).json"]) {
    write(file, [{ id: "a", command: "true" }]);
    for (const { code, stderr } of await Promise.all(["run", "submit"].map((verb) => run([verb, file])))) {
      assert.equal(code, 2, stderr);
      assert.ok(stderr.startsWith(`air-executor: no job can be named after ${file}: give it a name of `), stderr);
    }
    assert.equal(existsSync(join(dir, ".air-executor")), false);
  }
  assert.match((await run(["validate", "日本.json"])).stdout, /^日本\.json is valid: a job that needs --name, 1 task/);
  assert.match((await run(["graph", "日本.json"])).stdout, /^日本\.json {2}1 task, 0 dependencies, 1 level\n/);
  assert.match((await run(["run", "日本.json", "--name", "japan"])).stderr, /japan completed/);
  const two = [{ command: "true" }, { command: "true", dependencies: ["task-1"] }];
  assert.match((await run(["graph", "-"], { input: JSON.stringify(two) })).stdout, /^stdin {2}2 tasks, 1 dependency, 2 levels\n/);
  write("中国.json", { name: "china", tasks: [] });
  assert.match((await run(["run", "中国.json"])).stderr, /china completed/);
});

test("a job of which a task failed exits with 1, names the first failure and shows the end of its log", async (context) => {
  const { run, write } = makePlayground(context);
  const script = "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo line $i; done; printf '\\033[2Jcleared'; exit 3";
  write("f.json", [
    { id: "it breaks", command: "sh", args: ["-c", script] },
    { id: "after", command: "true", dependencies: ["it breaks"] },
  ]);
  const { code, stderr } = await run(["run", "f.json", "--quiet"]);
  assert.equal(code, 1);
  assert.match(stderr, /f failed after .*: 1 failed, 1 skipped/);
  assert.match(stderr, /First failure: it breaks: exit code 3/);
  assert.match(stderr, /line 12\n.*│ cleared\n/);
  assert.doesNotMatch(stderr, /line 3\n|\x1b/);
  assert.match(stderr, /air-executor logs f 'it breaks'/);
});

test("hints are commands that work, also for ids that look like options, and one tries again", async (context) => {
  const { run, write, dir } = makePlayground(context);
  write("-f.json", [{ id: "-dash", command: "sh", args: ["-c", "echo said; exit 1"] }]);
  const { code, stderr } = await run(["run", "--dir", "a b", "--", "-f.json"]);
  assert.equal(code, 1, stderr);
  assert.match(stderr, /try again: +air-executor retry f --dir 'a b'\n/);
  const log = /its log: +air-executor (.*)\n/.exec(stderr)?.[1] ?? "";
  assert.equal(log, "logs --dir 'a b' -- f -dash");
  const { stdout } = await follow("sh", ["-c", `'${process.execPath}' '${main}' ${log}`], dir, {}).ended;
  assert.equal(stdout, "said\n");
  assert.match((await run(["retry", "f", "--dir", "a b"])).stderr, /its log: +air-executor logs --dir 'a b' -- f -dash\n/);
});

test("hints have what was typed of the engine: without it they would be refused, or run tasks elsewhere", async (context) => {
  const { run, write } = makePlayground(context);
  write("f.json", [{ id: "a", command: "test", args: ["-e", "mended"], resources: { licence: 2 } }]);
  const { stderr } = await run(["run", "f.json", "-j1", "--pool", "licence=2", "--grace-period", "3"]);
  const [, again = ""] = /try again: +air-executor (.*)\n/.exec(stderr) ?? [];
  assert.equal(again, "retry f --concurrency 1 --pool licence=2 --grace-period 3");
  write("mended", "");
  assert.equal((await run(again.split(" "))).code, 0);
});

test("a job whose file was edited can be finished by the command that the complaint names", async (context) => {
  const playground = makePlayground(context);
  const { run, write, dir } = playground;
  write("j.json", [{ id: "a", command: "true" }]);
  assert.equal((await run(["run", "j.json"])).code, 0);
  assert.equal((await run(["add", "j", "--id", "b", "--", "true"])).code, 0);
  write("j.json", [{ id: "a", command: "false" }]);
  const { code, stderr } = await run(["run", "j.json"]);
  assert.equal(code, 2);
  const way = /with its old tasks to finish it \(air-executor (.*)\), or with --fresh/.exec(stderr)?.[1] ?? "";
  assert.equal(way, `run ${dir}/.air-executor/jobs/j`);
  assert.match((await run(way.split(" "))).stderr, /j completed: 2 tasks/);
});

test("every fault of a job file is shown at once with its place; nothing is made", async (context) => {
  const { run, write, dir } = makePlayground(context);
  write("bad.json", '[{"id": "a", "comand": "x"}, {"command": "y", "dependencies": ["b"]}]');
  for (const verb of ["run", "validate"]) {
    const { code, stderr } = await run([verb, "bad.json"]);
    assert.equal(code, 2);
    assert.match(stderr, /bad\.json:1:\d+: .*unknown key `comand`: did you mean `command`\?/);
    assert.match(stderr, /bad\.json:1:\d+: .*unknown dependency "b"/);
  }
  assert.equal(existsSync(join(dir, ".air-executor")), false);
});

test("a dropped directory is a job", async (context) => {
  const { run, dir } = makePlayground(context);
  const job = join(dir, ".air-executor/jobs/dropped");
  mkdirSync(job, { recursive: true, mode: 0o700 });
  writeFileSync(
    join(job, "state.json"),
    JSON.stringify({ id: "dropped-1", name: "dropped", state: "waiting", created_at: "2026-01-01T00:00:00Z" }),
  );
  writeFileSync(
    join(job, "tasks.json"),
    JSON.stringify([{ id: "a", job_name: "dropped", command: "pwd", args: [], dependencies: [], status: "pending" }]),
  );
  const { code, stderr } = await run(["run", ".air-executor/jobs/dropped"]);
  assert.equal(code, 0, stderr);
  assert.equal(readFileSync(join(job, "logs/a.log"), "utf8"), `${dir}\n`);
});

/** A job whose first task says when it runs and then waits for a word. */
function pausedJob({ dir, write }: Playground): { ready: () => Promise<unknown>; go: () => string } {
  for (const name of ["ready", "go"]) execFileSync("mkfifo", [join(dir, name)]);
  write("paused.json", [
    { id: "first", command: "true" },
    {
      id: "wait",
      command: "sh",
      args: ["-c", "trap 'echo cleaned up; exit 7' TERM; echo > ready; read word < go & wait $!"],
      timeout: 60,
      dependencies: ["first"],
    },
  ]);
  return { ready: () => readFile(join(dir, "ready")), go: () => write("go", "go\n") };
}

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const) {
  test(`${signal} lets tasks clean up, exits with ${code} and leaves the job unfinished; the same command goes on`, async (context) => {
    const playground = makePlayground(context);
    const { ready, go } = pausedJob(playground);
    const { process: child, ended } = playground.start(["run", "paused.json", "--json"]);
    await ready();
    child.kill(signal);
    const stopped = await ended;
    assert.equal(stopped.code, code, stopped.stderr);
    assert.equal((JSON.parse(stopped.stdout) as Summary).interrupted, true);
    assert.match(stopped.stderr, /is unfinished: 1 completed, 1 pending[\s\S]*air-executor run paused\.json/);
    assert.match((await playground.run(["logs", "paused", "wait"])).stdout, /cleaned up\n$/);

    const again = playground.start(["run", "paused.json", "--json"]);
    await ready();
    go();
    const finished = await again.ended;
    assert.equal(finished.code, 0, finished.stderr);
    const { tasks } = JSON.parse((await playground.run(["status", "paused", "--json"])).stdout) as {
      tasks: { attempts: number }[];
    };
    assert.deepEqual(
      tasks.map(({ attempts }) => attempts),
      [1, 2],
    );
  });
}

test("a second signal kills at once", async (context) => {
  const { start, write, dir } = makePlayground(context);
  execFileSync("mkfifo", [join(dir, "ready"), join(dir, "never")]);
  write("deaf.json", [{ id: "deaf", timeout: 60, command: "sh", args: ["-c", "trap '' TERM; echo > ready; read word < never"] }]);
  const { process: child, ended } = start(["run", "deaf.json", "--grace-period", "3600"]);
  await readFile(join(dir, "ready"));
  child.kill("SIGINT");
  await new Promise<void>((resolve) => child.stderr.on("data", (text: string) => text.includes("stopping") && resolve()));
  child.kill("SIGINT");
  assert.equal((await ended).code, 130);
});

test("a job that another engine runs is refused with 3, and runs on", async (context) => {
  const playground = makePlayground(context);
  const { ready, go } = pausedJob(playground);
  const { ended, process: child } = playground.start(["run", "paused.json"]);
  await ready();
  const { code, stderr } = await playground.run(["run", "paused.json"]);
  assert.equal(code, 3, stderr);
  assert.match(stderr, new RegExp(`held by process ${child.pid}`));
  go();
  assert.equal((await ended).code, 0);
});

test("on a terminal it draws a bar and clears it", async (context) => {
  const { dir, write } = makePlayground(context);
  write("diamond.json", diamond);
  const command = `'${process.execPath}' '${main}' run diamond.json`;
  const { code, stdout } = await follow("script", ["-qec", command, "/dev/null"], dir, { TERM: "xterm", CI: "" }).ended;
  assert.equal(code, 0, stdout);
  assert.match(stdout, /[█░]{10,}/);
  assert.match(stdout, /4 tasks in/);
  assert.doesNotMatch(stdout, /\[1\/4\]/);
  assert.ok(!stdout.includes("\x1b[?25l"), "the cursor is never hidden, so nothing that ends us leaves it so");
});

test("a job from a shell's pipe, or from /dev/stdin, is read", async (context) => {
  const { dir } = makePlayground(context);
  const generate = `echo '[{"id": "a", "command": "true"}]'`;
  const script = `"$0" "$1" run -q --name p <(${generate}) && ${generate} | "$0" "$1" run -q /dev/stdin && "$0" "$1" run <(${generate})`;
  const { code, stderr } = await follow("bash", ["-c", script, process.execPath, main], dir, {}).ended;
  assert.equal(code, 2);
  assert.match(stderr, /^air-executor: no job can be named after \/dev\/fd\/\d+: give it a name.*--name\n$/);
  assert.deepEqual(readdirSync(join(dir, ".air-executor", "jobs")).toSorted(), ["p", "stdin"]);
});

test("a signal that makes Node open a debugger does nothing", async (context) => {
  const { start, write, dir } = makePlayground(context);
  write("job.json", [{ command: "sh", args: ["-c", `touch begun; ${untilHolds("test -e gate", 0.05)}`] }]);
  const { process: child, ended } = start(["run", "job.json"]);
  assert.ok(await waitUntil(() => existsSync(join(dir, "begun"))));
  child.kill("SIGUSR1");
  writeFileSync(join(dir, "gate"), "");
  const { code, stderr } = await ended;
  assert.equal(code, 0);
  assert.doesNotMatch(stderr, /Debugger/);
});

test("a signal that comes when all is told changes nothing in the exit code: 143 would say that the job is unfinished", async (context) => {
  const { dir, write } = makePlayground(context);
  write("job.json", [{ id: "a", command: "false" }]);
  write(
    "late.mjs",
    'import { isMainThread } from "node:worker_threads";\n' +
      'if (isMainThread) process.on("exit", () => process.kill(process.pid, "SIGTERM"));\n',
  );
  for (const [verb, expected] of [
    [["run", "job.json"], 1],
    [["retry", "job"], 1],
    [["map", "true", ":::", "1"], 0],
  ] as const) {
    const { code } = await follow(process.execPath, [`--import=${join(dir, "late.mjs")}`, main, ...verb, "-q"], dir, {}).ended;
    assert.equal(code, expected, verb.join(" "));
  }
});

test("signals that come from when all is told until we are gone change nothing in the exit code", async (context) => {
  const { start, write } = makePlayground(context);
  for (const [command, expected] of [
    ["true", 0],
    ["false", 1],
  ] as const) {
    write("job.json", [{ id: "a", command }]);
    const told = start(["run", "job.json", "--json"]);
    told.process.stdout.once("data", () => {
      const timer = setInterval(() => void told.process.kill("SIGTERM"), 1);
      told.process.once("exit", () => clearInterval(timer));
    });
    const { code } = await told.ended;
    assert.equal(code, expected, command);
  }
});
