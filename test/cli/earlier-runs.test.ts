import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { faultEnvironment } from "../support/engine.js";
import type { FaultCall } from "../support/fault-plan.js";
import { follow, main, makePlayground, type Playground } from "./support/cli.js";

const preload = new URL("../support/fault-preload.js", import.meta.url).href;

test("--run finds a run by its id, an earlier one or the current one", async (context) => {
  const { run, write } = makePlayground(context);
  const ids: string[] = [];
  for (const word of ["first", "second"]) {
    write("Report.json", [{ id: word, command: "echo", args: [word] }]);
    ids.push((JSON.parse((await run(["run", "Report.json", "--json"])).stdout) as { id: string }).id);
  }
  for (const [index, word] of ["first", "second"].entries()) {
    const id = ids[index] ?? "";
    const { code, stdout } = await run(["status", "Report", "--run", id, "--json"]);
    assert.deepEqual([code, (JSON.parse(stdout) as { id: string }).id], [0, id]);
    assert.equal((await run(["logs", "Report", word, "--run", id])).stdout, `${word}\n`);
  }
});

test("--run with a run that is not there is an error that lists those that are", async (context) => {
  const { run, write } = makePlayground(context);
  write("Report.json", [{ id: "a", command: "true" }]);
  const ids: string[] = [];
  for (let round = 0; round < 2; round++) {
    ids.push((JSON.parse((await run(["run", "Report.json", "--json"])).stdout) as { id: string }).id);
  }
  const refuse = async (verb: string, id: string): Promise<void> => {
    const { code, stdout, stderr } = await run([verb, "Report", `--run=${id}`]);
    const words = `air-executor: job "Report" has no run "${id}"; its runs: ${ids.join(", ")}\n`;
    assert.deepEqual([code, stdout, stderr], [2, "", words]);
  };
  for (const verb of ["logs", "graph"]) await refuse(verb, "nope");
  await Promise.all(["nope", "", "..", ".", "../..", "Report"].map((id) => refuse("status", id)));
});

test("of many runs only the last ones are listed, and of none it is said", async (context) => {
  const { run, write, dir } = makePlayground(context);
  write("job.json", []);
  for (let round = 0; round < 6; round++) await run(["run", "job.json", "-q"]);
  assert.match((await run(["logs", "job", "--run", "x"])).stderr, /its runs: … job-\d+(?:-\d)?(?:, job-\d+(?:-\d)?){4}\n$/);
  mkdirSync(`${dir}/.air-executor/jobs/empty`);
  assert.match((await run(["logs", "empty", "--run", "x"])).stderr, /job "empty" has no run "x"; it has none yet\n$/);
});

/** A job of which one task failed, and a `run` of it anew that is killed just before that call, while it puts the earlier run aside. */
async function killedWhileKeeping(t: TestContext, call: FaultCall, path: string): Promise<Playground & { readonly job: string }> {
  const place = makePlayground(t);
  const { dir, run, write } = place;
  const first = { id: "first", command: "echo", args: ["first"] };
  const second = { id: "second", command: "sh", args: ["-c", "echo $AIR_EXECUTOR_ATTEMPT; [ -e go ]"], dependencies: ["first"] };
  write("job.json", [first, second]);
  assert.equal((await run(["run", "job.json"])).code, 1);
  const env = faultEnvironment(dir, [{ kind: "kill", when: "before", call, path, nth: 1 }]);
  const killed = await follow(process.execPath, ["--import", preload, main, "run", "job.json"], dir, env).ended;
  assert.equal(killed.signal, "SIGKILL", killed.stderr);
  write("go", "");
  return { ...place, job: join(dir, ".air-executor/jobs/job") };
}

test("a run that is retried when a new one was killed at its beginning still has all its logs, and so has it when it is kept", async (t) => {
  const { run, job } = await killedWhileKeeping(t, "rmSync", "/job/state.json");
  assert.equal((await run(["retry", "job"])).code, 0);
  assert.deepEqual(
    [existsSync(join(job, "runs")) && readdirSync(join(job, "runs")), readdirSync(join(job, "logs")).length],
    [[], 3],
  );
  const all = async (...of: string[]): Promise<string> => (await run(["logs", "job", ...of])).stdout;
  assert.equal(await all(), "first  │ first\nsecond │ 2\n");
  const { id } = JSON.parse((await run(["status", "job", "--json"])).stdout) as { id: string };
  assert.equal((await run(["run", "job.json"])).code, 0);
  assert.equal(await all("--run", id), "first  │ first\nsecond │ 2\n");
  assert.equal(await all(), "first  │ first\nsecond │ 1\n");
});

test("prune leaves alone what was kept of a job's last run when a new one was killed at its beginning", async (t) => {
  const { run } = await killedWhileKeeping(t, "rmSync", "/job/state.json");
  assert.deepEqual(JSON.parse((await run(["prune", "--keep", "1", "--json"])).stdout), { removed: [], dry_run: false });
  await run(["retry", "job", "second"]);
  assert.equal((await run(["logs", "job", "first"])).stdout, "first\n");
});

test("a new run that was killed before it was on record begins when it is asked for again, though its files are away", async (t) => {
  const { run, job } = await killedWhileKeeping(t, "renameSync", "/job/journal.ndjson");
  assert.equal(existsSync(join(job, "state.json")), false);
  assert.equal((await run(["run", "job.json"])).code, 0);
  assert.equal((await run(["logs", "job"])).stdout, "first  │ first\nsecond │ 1\n");
  assert.equal(readdirSync(join(job, "runs")).length, 1);
});
