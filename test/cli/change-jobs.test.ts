import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { atGate, run as task, until } from "../control/support.js";
import { faultEnvironment } from "../support/engine.js";
import type { Fault } from "../support/fault-plan.js";
import { follow, main, makePlayground, type Playground } from "./support/cli.js";

const preload = new URL("../support/fault-preload.js", import.meta.url).href;

const jobDir = ({ dir }: Playground, name = "job"): string => join(dir, ".air-executor/jobs", name);

const statuses = (playground: Playground, name?: string): object => {
  const tasks = JSON.parse(readFileSync(join(jobDir(playground, name), "tasks.json"), "utf8")) as {
    id: string;
    status: string;
  }[];
  return Object.fromEntries(tasks.map(({ id, status }) => [id, status]));
};

test("a task adds tasks to its own job, with nothing but the job's name", async (context) => {
  const playground = makePlayground(context);
  const add = `"${process.execPath}" "${main}" add "$AIR_EXECUTOR_JOB" --id child --after grow -- echo born`;
  playground.write("job.json", [{ id: "grow", command: "sh", args: ["-c", add] }]);
  const { code, stderr } = await playground.run(["run", "job.json"]);
  assert.equal(code, 0, stderr);
  assert.deepEqual(statuses(playground), { grow: "completed", child: "completed" });
  assert.equal(readFileSync(join(jobDir(playground), "logs/child.log"), "utf8"), "born\n");
});

test("add takes a file whose tasks depend on the job's, and says how an unheld job goes on", async (context) => {
  const playground = makePlayground(context);
  const { write, run } = playground;
  write("job.json", [task("a", "true")]);
  await run(["run", "job.json", "-q"]);
  write("more.yaml", "- { id: b, command: 'true', dependencies: [a] }\n- { id: c, command: 'true', dependencies: [b] }\n");
  const { code, stderr } = await run(["add", "job", "more.yaml"]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /2 tasks added to job job; nobody runs it; go on: air-executor run \.air-executor\/jobs\/job\n/);
  assert.equal((await run(["run", ".air-executor/jobs/job", "-q"])).code, 0);
  assert.deepEqual(statuses(playground), { a: "completed", b: "completed", c: "completed" });
  const again = await run(["add", "job", "more.yaml", "--json"]);
  assert.deepEqual(JSON.parse(again.stdout), { job: "job", added: [], present: ["b", "c"], running: false });
});

test("what is wrong with a call is said, and nothing is made", async (context) => {
  const { run, write, dir } = makePlayground(context);
  write("more.json", [{ id: "b", comand: "true" }]);
  for (const [args, complaint] of [
    [["add", "job", "--id", "x", "--", "true"], /there is no job "job"/],
    [["add", "job"], /what to add is missing/],
    [["add", "job", "--", "true"], /--id is missing/],
    [["add", "job", "more.json", "--", "true"], /either a FILE or a command/],
    [["add", "job", "more.json"], /unknown key/],
    [["retry", "job"], /there is no job/],
    [["cancel"], /JOB is missing/],
    [["rm", "job", "other"], /unexpected argument "other"/],
    [["prune"], /--older-than, --keep, or both/],
    [["prune", "--older-than", "soon"], /expected an age/],
  ] as const) {
    const { code, stderr } = await run(args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, complaint);
  }
  assert.deepEqual(readdirSync(dir), ["more.json"]);
});

test("retry runs what nobody holds in the foreground, with the exit code of a run", async (context) => {
  const playground = makePlayground(context);
  const { write, run } = playground;
  write("job.json", [{ id: "picky", command: "test", args: ["-e", "ready"] }, task("b", "true", ["picky"]), task("-c", "false")]);
  assert.equal((await run(["run", "job.json", "-q"])).code, 1);
  write("ready", "");
  const first = await run(["retry", "job", "picky", "--json"]);
  assert.equal(first.code, 1, "the other one has still failed");
  const said = JSON.parse(first.stdout) as { tasks: string[]; summary: { state: string } };
  assert.deepEqual([said.tasks, said.summary.state], [["picky", "b"], "failed"]);
  assert.match((await run(["cancel", "job"])).stderr, /job job had ended before: failed\n/);
  assert.match((await run(["retry", "job", "--", "-c"])).stderr, /1 task runs again/);
  const from = await run(["retry", "job", "--from", "picky"]);
  assert.match(from.stderr, /job: 2 tasks run again\n/);
});

test("a retry of an unfinished job without anything to run again says that it goes on", async (context) => {
  const { write, run } = makePlayground(context);
  write("job.json", [task("a", "true"), task("f", "false")]);
  await run(["run", "job.json", "-q"]);
  await run(["add", "job", "--id", "b", "--", "true"]);
  const some = await run(["retry", "job", "f"]);
  assert.match(some.stderr, /^job: 1 task runs again; it is unfinished and goes on\n/);
  write("done.json", [task("a", "true")]);
  await run(["run", "done.json", "-q"]);
  const nothing = await run(["retry", "done"]);
  assert.deepEqual([nothing.code, nothing.stderr], [0, "done: nothing to run again, for all its tasks completed\n"]);
  const dropped = await run(["run", ".air-executor/jobs/done"]);
  assert.deepEqual([dropped.code, dropped.stderr], [0, "done has completed before: nothing is run\n"]);
  assert.equal((JSON.parse((await run(["retry", "done", "--json"])).stdout) as { tasks: [] }).tasks.length, 0);
  await run(["add", "done", "--id", "b", "--", "true"]);
  assert.match(
    (await run(["retry", "done"])).stderr,
    /^done: nothing to run again; it is unfinished and goes on\n[\s\S]*2 tasks/,
  );
});

test("a retry whose tasks are all skipped again says how the job ended, not that there was nothing to run", async (context) => {
  const { write, run } = makePlayground(context);
  write("job.json", [task("a", "true"), { ...task("alarm", "true", ["a"]), trigger_rule: "any_failed" }]);
  assert.equal((await run(["run", "job.json", "-q"])).code, 0);
  const { code, stderr } = await run(["retry", "job"]);
  assert.deepEqual([code, stderr.includes("nothing to run again")], [0, false]);
  assert.match(stderr, /^job: 1 task runs again\n[\s\S]*job completed.*1 completed, 1 skipped/);
});

test("cancel and retry reach the job that another terminal runs", async (context) => {
  const playground = makePlayground(context);
  const { write, run, start, dir } = playground;
  write("job.json", [atGate("one"), atGate("two"), task("behind", "true", ["one"])]);
  const { ended, process: engine } = start(["run", "job.json", "-j", "2"]);
  context.after(() => engine.kill("SIGKILL"));
  await until(() => existsSync(join(dir, "began-one")) && existsSync(join(dir, "began-two")));
  assert.equal((await run(["cancel", "job", "one"])).code, 0);
  await until(() => JSON.stringify(statuses(playground)).includes('"behind":"skipped"'));
  const { stdout, stderr } = await run(["retry", "job", "--json"]);
  assert.deepEqual(JSON.parse(stdout), { job: "job", tasks: ["one", "behind"], summary: null });
  assert.match(stderr, /2 tasks run again where the job runs/);
  write("gate", "");
  assert.equal((await ended).code, 0);
});

test("cancel says which tasks it cancelled and which had ended before, wherever the job is", async (context) => {
  const { write, run, start, dir } = makePlayground(context);
  write("job.json", [task("a", "true"), { ...atGate("b"), dependencies: ["a"] }, task("c", "true", ["b"]), atGate("d")]);
  const { ended, process: engine } = start(["run", "job.json", "-j", "2"]);
  context.after(() => engine.kill("SIGKILL"));
  await until(() => existsSync(join(dir, "began-b")) && existsSync(join(dir, "began-d")));
  const said = async (...tasks: readonly string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await run(["cancel", "job", ...tasks]);
    return [code, stdout, stderr];
  };
  assert.deepEqual(await said("a"), [0, "", "0 tasks of job job cancelled; had ended before: a\n"]);
  assert.deepEqual(await said("c", "a", "c"), [0, "", "1 task of job job cancelled; had ended before: a\n"]);
  const missing = [2, "", 'air-executor: there is no task "nope" in job "job"\n'];
  assert.deepEqual(await said("b", "nope"), missing);
  engine.kill("SIGKILL");
  await ended;
  assert.deepEqual(await said("a"), [0, "", "0 tasks of job job cancelled; had ended before: a\n"]);
  assert.deepEqual(await said("nope"), missing);
  assert.deepEqual(await said("b", "c"), [0, "", "1 task of job job cancelled; had ended before: c\n"]);
  assert.deepEqual(await said(), [0, "", "job job cancelled\n"]);
  assert.deepEqual(await said("b", "d"), [0, "", "0 tasks of job job cancelled; had ended before: b, d\n"]);
  assert.deepEqual(await said("nope"), missing);
  assert.deepEqual(JSON.parse((await run(["cancel", "job", "b", "--json"])).stdout), { job: "job", cancelled: [], ended: ["b"] });
  assert.deepEqual(JSON.parse((await run(["cancel", "job", "--json"])).stdout), { job: "job", cancelled: [], ended: [] });
});

test("prune removes what is old or too many, never what is unfinished, and shows it before", async (context) => {
  const playground = makePlayground(context);
  const { write, run } = playground;
  write("job.json", [task("a", "true")]);
  write("open.json", [task("a", "true")]);
  for (let round = 0; round < 3; round++) await run(["run", "job.json", "-q"]);
  await run(["run", "open.json", "-q"]);
  await run(["add", "open", "--id", "b", "--", "true"]);
  const shown = await run(["prune", "--keep", "1", "--dry-run", "--json"]);
  const { removed } = JSON.parse(shown.stdout) as { removed: { job: string; is_job: boolean }[] };
  assert.deepEqual(
    removed.map(({ job, is_job }) => [job, is_job]),
    [
      ["job", false],
      ["job", false],
    ],
  );
  assert.equal(readdirSync(join(jobDir(playground), "runs")).length, 2);
  await run(["prune", "--keep", "1"]);
  assert.equal(readdirSync(join(jobDir(playground), "runs")).length, 0);
  assert.match((await run(["prune", "--older-than", "1h"])).stderr, /^0 runs removed\n$/);
  const state = join(jobDir(playground), "state.json");
  const old = { ...(JSON.parse(readFileSync(state, "utf8")) as object), completed_at: "2001-01-01T00:00:00.000Z" };
  writeFileSync(state, JSON.stringify(old));
  utimesSync(state, 1, 1);
  assert.match((await run(["prune", "--older-than", "1h"])).stdout, /^job {2}the job, run job-[\d-]+, ended 200/);
  assert.deepEqual(readdirSync(join(playground.dir, ".air-executor/jobs")), ["open"]);
  assert.equal((await run(["prune", "--keep", "0"])).code, 0);
  assert.deepEqual(readdirSync(join(playground.dir, ".air-executor/jobs")), ["open"]);
  await run(["rm", "open"]);
  assert.deepEqual(readdirSync(join(playground.dir, ".air-executor/jobs")), []);
});

test("watch shows a job until it has ended, again only when something has changed", async (context) => {
  const playground = makePlayground(context);
  const { write, run, start, dir } = playground;
  write("job.json", [atGate("one")]);
  const { ended } = start(["run", "job.json", "-q"]);
  await until(() => existsSync(join(dir, "began-one")));
  const watching = start(["watch", "job", "--json"]);
  let seen = "";
  watching.process.stdout.on("data", (text: string) => (seen += text));
  await until(() => seen.includes('"running"'));
  write("gate", "");
  const { code, stdout } = await watching.ended;
  assert.equal(code, 0);
  const states = stdout
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { state: string }).state);
  assert.equal(states.at(-1), "completed");
  assert.equal(new Set(stdout.trim().split("\n")).size, states.length);
  await ended;
  assert.match((await run(["watch", "job"])).stdout, /^job {2}completed\n/);
});

for (const [often, code, said] of [
  ["once", 0, /1 task added to job job/],
  [
    "for good",
    3,
    /^air-executor: job "job": its tasks are on record, but its files, .* can't be written \(EIO: .*add the same again\.\n$/m,
  ],
] as const) {
  test(`tasks that are on record are in the files, or it is said: ${often} they can't be put in place`, async (context) => {
    const playground = makePlayground(context);
    const { dir, write, run } = playground;
    write("job.json", [task("a", "true")]);
    await run(["run", "job.json", "-q"]);
    const fault: Fault = {
      kind: "fail",
      call: "renameSync",
      path: "/tasks.json",
      nth: 1,
      code: "EIO",
      ...(often === "once" && { times: 1 }),
    };
    const env = { ...faultEnvironment(dir, [fault]), NODE_OPTIONS: `--import=${preload}` };
    const add = ["add", "job", "--id", "b", "--", "true"];
    const end = await follow(process.execPath, [main, ...add], dir, env).ended;
    assert.equal(end.code, code, end.stderr);
    assert.match(end.stderr, said);
    if (code !== 0) assert.equal((await run(add)).code, 0);
    assert.deepEqual(statuses(playground), { a: "completed", b: "pending" });
  });
}

test("a job is not called cancelled that had ended, also where its state can't be read at first", async (context) => {
  const { dir, write, run } = makePlayground(context);
  write("job.json", [task("a", "true")]);
  await run(["run", "job.json", "-q"]);
  const fault: Fault = { kind: "fail", call: "openSync", path: "/state.json", nth: 1, times: 1, code: "EIO" };
  const env = { ...faultEnvironment(dir, [fault]), NODE_OPTIONS: `--import=${preload}` };
  const { code, stderr } = await follow(process.execPath, [main, "cancel", "job"], dir, env).ended;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /job job had ended before: completed/);
});
