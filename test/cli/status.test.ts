import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { atGate, run as task, until } from "../control/support.js";
import { makePlayground, type Playground } from "./support/cli.js";

const isWorking = ({ dir }: Playground): boolean => {
  const state = join(dir, ".air-executor/jobs/job/state.json");
  return existsSync(state) && readFileSync(state, "utf8").includes('"working"');
};

/** A job whose engine is killed while a task runs; `open` lets that task end. */
async function leftAlone(playground: Playground, env: object = {}): Promise<{ open: () => void }> {
  const { write, start } = playground;
  write("job.json", { env, tasks: [atGate("one"), task("behind", "true", ["one"])] });
  const { process: engine, ended } = start(["run", "job.json", "-q"]);
  await until(() => isWorking(playground));
  engine.kill("SIGKILL");
  await ended;
  return { open: () => write("gate", "") };
}

const takenUp = /its engine is gone; go on: air-executor run \.air-executor\/jobs\/job$/m;

test("status says that an engine is gone, and the command that goes on does", async (context) => {
  const playground = makePlayground(context);
  const { run } = playground;
  const { open } = await leftAlone(playground);
  for (const args of [["status"], ["status", "job"]]) assert.match((await run(args)).stdout, takenUp);
  assert.equal((JSON.parse((await run(["status", "job", "--json"])).stdout) as { engine: unknown }).engine, null);
  open();
  assert.equal((await run(["run", ".air-executor/jobs/job"])).code, 0);
  const { stdout } = await run(["status", "job"]);
  assert.match(stdout, /job +completed/);
  assert.doesNotMatch(stdout, /waits for/);
});

test("a job of which its engine left the journal alone is gone on with by its directory, as status says", async (context) => {
  const playground = makePlayground(context);
  const { run, dir } = playground;
  const { open } = await leftAlone(playground, { LONG: "x".repeat(100_000) });
  open();
  const job = join(dir, ".air-executor/jobs/job");
  for (const name of ["state.json", "tasks.json"]) rmSync(join(job, name));
  for (const args of [["status"], ["status", "job"]]) assert.match((await run(args)).stdout, takenUp);
  assert.equal((await run(["run", job])).code, 0);
  assert.match(readFileSync(join(job, "state.json"), "utf8"), /"completed"/);
});

test("status names the process that holds a job", async (context) => {
  const playground = makePlayground(context);
  const { write, run, start } = playground;
  write("job.json", [atGate("one")]);
  const { process: engine, ended } = start(["run", "job.json", "-q"]);
  await until(() => isWorking(playground));
  const { engine: shown } = JSON.parse((await run(["status", "job", "--json"])).stdout) as { engine: { pid: number } };
  assert.equal(shown.pid, engine.pid);
  assert.doesNotMatch((await run(["status", "job"])).stdout, /waits for/);
  write("gate", "");
  assert.equal((await ended).code, 0);
});

test("a dropped job without a manager waits for one", async (context) => {
  const { run } = makePlayground(context);
  const env = { AIR_EXECUTOR_DIR: "here" };
  await run(["init"], { env });
  await run(["submit", "-", "--name", "job"], { env, input: '[{"command":"true"}]' });
  assert.match((await run(["status"], { env })).stdout, /nobody runs it; go on: air-executor start/);
});

test("files that begin with a byte order mark are whole", async (context) => {
  const { dir, run } = makePlayground(context);
  const job = join(dir, ".air-executor/jobs/job");
  mkdirSync(job, { recursive: true, mode: 0o700 });
  const state = { id: "of its author", name: "job", state: "waiting", created_at: "2026-01-31T12:00:00Z" };
  writeFileSync(join(job, "tasks.json"), '\ufeff[{"id":"a","command":"true"}]');
  writeFileSync(join(job, "state.json"), `\ufeff${JSON.stringify(state)}`);
  const shown = JSON.parse((await run(["status", "job", "--json"])).stdout) as { id: string; problem: string | null };
  assert.deepEqual([shown.id, shown.problem], [state.id, null]);
  const done = await run(["run", ".air-executor/jobs/job", "--json"]);
  assert.equal(done.code, 0, done.stderr);
  assert.equal((JSON.parse(done.stdout) as { id: string }).id, state.id);
});

test("tasks that somebody wrote as they were before the job ended are told as that", async (context) => {
  const { write, run } = makePlayground(context);
  write("job.json", [task("one", "true")]);
  assert.equal((await run(["run", "job.json", "-q"])).code, 0);
  assert.doesNotMatch((await run(["status", "job"])).stdout, /after the job had ended/);
  const tasks = ".air-executor/jobs/job/tasks.json";
  const [ended] = JSON.parse((await run(["status", "job", "--json"])).stdout).tasks as Record<string, unknown>[];
  write(tasks, [{ ...ended, status: "running", completed_at: null }]);
  const { stdout } = await run(["status", "job"]);
  assert.match(stdout, /tasks\.json was written by somebody else after the job had ended: what it calls running has ended, too/);
});

test("what can't be looked at, since its name is no UTF-8, is shown all the same", async (context) => {
  const { dir, run } = makePlayground(context);
  const name = Buffer.concat([Buffer.from(join(dir, ".air-executor/jobs/no-")), Buffer.of(0xff)]);
  mkdirSync(name, { recursive: true, mode: 0o700 });
  assert.match((await run(["status"])).stdout, /^no-\ufffd .* it is not taken: its name is no UTF-8$/m);
});

test("logs -f and watch say that the engine is gone", async (context) => {
  const playground = makePlayground(context);
  const { run, start } = playground;
  const { open } = await leftAlone(playground);
  const followers = [start(["logs", "job", "-f"]), start(["watch", "job"])];
  const seen = followers.map(({ process: { stdout, stderr } }) => {
    let text = "";
    for (const stream of [stdout, stderr]) stream.on("data", (chunk: string) => (text += chunk));
    return until(() => takenUp.test(text));
  });
  await Promise.all(seen);
  open();
  assert.equal((await run(["run", ".air-executor/jobs/job", "-q"])).code, 0);
  for (const { ended } of followers) assert.equal((await ended).code, 0);
});

test("status and watch show numbers that JavaScript can't hold as the files have them", async (context) => {
  const { dir, run } = makePlayground(context);
  const job = join(dir, ".air-executor/jobs/job");
  mkdirSync(job, { recursive: true, mode: 0o700 });
  const mine = '"mine":[12345678901234567890,1e400,1.0,-0]';
  writeFileSync(
    join(job, "state.json"),
    `{"id":"n","name":"job","state":"completed","created_at":"2026-01-31T12:00:00Z",${mine}}`,
  );
  writeFileSync(join(job, "tasks.json"), `[{"id":"a","command":"true","status":"completed",${mine}}]`);
  for (const [args, count] of [
    [["status", "job"], 2],
    [["status"], 1],
    [["watch", "job"], 2],
  ] as const) {
    const { stdout } = await run([...args, "--json"]);
    assert.equal(stdout.split(mine).length - 1, count, stdout);
  }
});
