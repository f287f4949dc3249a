/** `why`, asked of real jobs in every kind of trouble. */

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { waitUntil } from "../support/wait-until.js";
import { makePlayground, type Playground } from "./support/cli.js";
import { untilHolds } from "../support/shell-loops.js";

const shell = (id: string, script: string, rest: object = {}): object => ({ id, command: "sh", args: ["-c", script], ...rest });
const waiting = (id: string, rest: object = {}): object =>
  shell(id, `echo > ${id}.started; ${untilHolds(`[ -e ${id}.go ]`, 0.05)}`, rest);

async function why({ run }: Playground, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(["why", ...args]);
  assert.equal(code, 0, stderr);
  return stdout;
}

const inOrder = (...pieces: string[]): RegExp => new RegExp(pieces.join("[\\s\\S]*"));

test("of a job that has ended why tells what failed first, where the time went, and each task's story", async (context) => {
  const playground = makePlayground(context);
  const tasks = [
    shell("prepare", "sleep 0.1"),
    shell("long", "sleep 1.2", { priority: 1, dependencies: ["prepare"], resources: { licence: 1 } }),
    shell("next", "sleep 0.1", { dependencies: ["prepare"], resources: { licence: 1 } }),
    shell("flaky", "test $AIR_EXECUTOR_ATTEMPT = 2", { retries: 2, retry_delay: 0.2 }),
    shell("bad", "exit 3", { dependencies: ["next"] }),
    shell("behind", "true", { dependencies: ["bad"] }),
    shell("further", "true", { dependencies: ["behind"] }),
    shell("alarm", "true", { dependencies: ["long"], trigger_rule: "any_failed" }),
  ];
  playground.write("job.json", { pools: { licence: 1 }, tasks });
  assert.equal((await playground.run(["run", "job.json", "-j", "4"])).code, 1);

  const job = await why(playground, "job");
  assert.match(
    job,
    /^job: failed at .*\n {2}The first to fail was "bad" at \S+: exit code 3\.\n {2}Besides, 3 tasks were skipped\./,
  );
  assert.match(job, inOrder("READY", " prepare\\n", " next\\n", " bad\\n", "On this path tasks ran for"));
  assert.match(job, /held back by the job's pool licence, of which there is 1 \([1-9]\d*\.\d s\)\./);

  const next = await why(playground, "job", "next");
  assert.match(
    next,
    inOrder('longest for "prepare", which completed at', "Then it was ready, and started [1-9]\\d*\\.\\d s later"),
  );
  assert.match(next, /For [1-9]\d*\.\d s it was held back by the job's pool licence, of which there is 1, taken by "long"\./);
  assert.match(next, /attempt 1 {3}started \S+, [1-9]\d*\.\d s after it could, with 1 of licence, ran [\d.]+ m?s.*: completed/);

  const flaky = await why(playground, "job", "flaky");
  assert.match(
    flaky,
    inOrder(
      "attempt 1 .*: exit code 1; it was tried again after a delay of (?:[2-9]\\d\\d ms|[1-9]\\d*\\.\\d s)",
      "attempt 2 .*: completed",
    ),
  );
  const further = await why(playground, "job", "further");
  assert.match(
    further,
    inOrder(
      'It was skipped: dependency "behind" was skipped, since "bad" failed\\.',
      'That began with "bad", which failed at \\S+: exit code 3\\.',
    ),
  );
  assert.match(await why(playground, "job", "alarm"), /It was skipped: none of its dependencies failed\./);

  const data = JSON.parse(await why(playground, "job", "--json")) as {
    critical_path: { task: string; wait_ms: number; delay_ms: number }[];
    held_back: object[];
  };
  assert.deepEqual(
    data.critical_path.map(({ task }) => task),
    ["prepare", "next", "bad"],
  );
  assert.equal(data.held_back.length, 1);
  assert.ok(data.critical_path.every((entry) => entry.delay_ms <= entry.wait_ms));
  const task = JSON.parse(await why(playground, "job", "flaky", "--json")) as {
    attempts: { outcome: object; wait_ms: number }[];
  };
  assert.deepEqual(
    task.attempts.map(({ outcome }) => outcome),
    [
      { kind: "exited", exitCode: 1 },
      { kind: "exited", exitCode: 0 },
    ],
  );

  assert.equal((await playground.run(["retry", "job", "bad"])).code, 1);
  const told = await why(playground, "job", "bad");
  assert.match(
    told,
    inOrder(
      "It was told to run again at \\S+; its earlier attempts are shown, too\\.",
      "started [\\d.]+ m?s after it was told to\\.",
      "attempt 1 .*: exit code 3\\n",
      "attempt 2 .*: exit code 3\\n",
    ),
  );

  const none = await playground.run(["why", "job", "flakey"]);
  assert.deepEqual([none.code, none.stderr], [2, 'air-executor: job "job" has no task "flakey"; did you mean flaky?\n']);
});

test("of a job that runs it tells what runs, what holds the others back, and who has that", async (context) => {
  const playground = makePlayground(context);
  const { start, write, dir } = playground;
  const tasks = [
    waiting("holder", { priority: 1, resources: { licence: 2 } }),
    waiting("held", { resources: { licence: 1 } }),
    shell("again", "exit 1", { retries: 1, retry_delay: 600 }),
    waiting("last", { dependencies: ["held"] }),
    waiting("very-last", { dependencies: ["last"] }),
  ];
  write("job.json", tasks);
  const running = start(["run", "job.json", "-j", "4", "--pool", "licence=2", "--grace-period", "0"]);
  assert.ok(await waitUntil(() => existsSync(join(dir, "holder.started"))));
  const journal = join(dir, ".air-executor", "jobs", "job", "journal.ndjson");
  assert.ok(await waitUntil(() => readFileSync(journal, "utf8").includes('"retryAt"')));

  const job = await why(playground, "job");
  assert.match(
    job,
    inOrder(
      '1 task runs: "holder" for',
      'Held back by the pool licence, of which there is 2, taken by "holder", for',
      'the next that waits for that is "held"',
    ),
  );
  assert.match(
    job,
    inOrder("1 task is ready to start", '"again" is tried again at .+ \\(in (?:9|10) min', "2 tasks wait for others"),
  );
  assert.match(await why(playground, "job", "holder"), /: running\n[\s\S]*with 2 of licence, has been running for/);
  assert.match(
    await why(playground, "job", "held"),
    /It has been ready to start since .*\n {2}What holds it back now is the pool licence, of which there is 2, taken by "holder" \(for/,
  );
  assert.match(
    await why(playground, "job", "again"),
    /It waits until .+ \((?:9|10) min .*since its last attempt failed \(exit code 1\) and `retry_delay` asks for it/,
  );
  assert.match(
    await why(playground, "job", "very-last"),
    inOrder('It waits for "last" \\(pending\\)', 'hangs in the end on "held", which is pending'),
  );

  running.process.kill("SIGKILL");
  await running.ended;
  const left = await why(playground, "job");
  assert.match(
    left,
    /Nothing goes on: its engine is gone; go on: air-executor run \S+job\.\n {2}1 task runs, as far as is known: "holder"/,
  );
  assert.match(await why(playground, "job", "holder"), /Nobody watches it: its engine is gone/);
  for (const id of ["holder", "held", "last", "very-last"]) writeFileSync(join(dir, `${id}.go`), "");
});

test("of a job that another engine's limit of tasks at once holds back it names the limit", async (context) => {
  const playground = makePlayground(context);
  const { start, write, dir } = playground;
  write("job.json", { tasks: [waiting("a"), waiting("b")], concurrency: 1 });
  const running = start(["run", "job.json", "-j", "4"]);
  assert.ok(await waitUntil(() => existsSync(join(dir, "a.started"))));
  assert.match(await why(playground, "job", "b"), /What holds it back now is the job's own limit of 1 at once \(for/);
  for (const id of ["a", "b"]) writeFileSync(join(dir, `${id}.go`), "");
  assert.equal((await running.ended).code, 0);
});

test("of what no engine takes in it says what is missing or wrong", async (context) => {
  const playground = makePlayground(context);
  const jobs = join(playground.dir, ".air-executor", "jobs");
  const drop = (name: string, state: string, tasks?: string): void => {
    mkdirSync(join(jobs, name), { recursive: true, mode: 0o700 });
    writeFileSync(join(jobs, name, "state.json"), state);
    if (tasks !== undefined) writeFileSync(join(jobs, name, "tasks.json"), tasks);
  };
  drop("half", '{"id": "half-1", "na');
  assert.match(await why(playground, "half"), /^half: .*state\.json is not whole JSON yet\n$/);
  drop("lonely", '{"id": "lonely-1", "name": "lonely", "state": "waiting"}');
  assert.match(
    await why(playground, "lonely", "a"),
    /^lonely: .*tasks\.json is not there yet\n {2}So nothing is known of the task "a"/,
  );
  drop("dropped", '{"id": "dropped-1", "name": "dropped", "state": "waiting"}', '[{"id": "a", "command": "true"}]');
  assert.match(await why(playground, "dropped"), /^dropped: nobody runs it; go on: air-executor start/);
  drop(
    "refused",
    '{"id": "r-1", "name": "refused", "state": "failed", "error": "tasks.json is not a valid job: 1 fault", "owner": "manager"}',
  );
  assert.match(await why(playground, "refused"), /not a valid job: 1 fault|tasks\.json is not there yet/);
  symlinkSync("/tmp", join(jobs, "link"));
  assert.match(await why(playground, "link"), /^link: it is not taken: it is a link or a file/);
  const data = JSON.parse(await why(playground, "half", "--json")) as { is_taken_in: boolean; standstill: string };
  assert.equal(data.is_taken_in, false);
  assert.match(data.standstill, /not whole JSON/);
  const none = await playground.run(["why", "haf"]);
  assert.deepEqual([none.code, none.stderr], [2, 'air-executor: there is no job "haf" in .air-executor; did you mean half?\n']);
});

test("of a damaged journal it tells what stands before the damage, and says so", async (context) => {
  const playground = makePlayground(context);
  playground.write("job.json", [shell("a", "true"), shell("b", "true", { dependencies: ["a"] })]);
  assert.equal((await playground.run(["run", "job.json"])).code, 0);
  const journal = join(playground.dir, ".air-executor", "jobs", "job", "journal.ndjson");
  const lines = readFileSync(journal, "utf8").split("\n");
  lines[5] = lines[5]!.replace("task", "tusk");
  writeFileSync(journal, lines.join("\n"));
  const { code, stdout, stderr } = await playground.run(["why", "job"]);
  assert.equal(code, 0);
  assert.match(stderr, /journal\.ndjson: line 6 is damaged/);
  assert.match(stdout, /Its record is damaged; this is what it says up to the damage:/);
  const task = await playground.run(["why", "job", "a"]);
  assert.deepEqual([task.code, /a of job job: completed/.test(task.stdout)], [0, true]);
});

test("names that would drive a terminal are shown without their escape sequences", async (context) => {
  const playground = makePlayground(context);
  const id = "x\u001b]0;owned\u0007y";
  playground.write("job.json", [shell(id, "exit 1"), shell("behind", "true", { dependencies: [id] })]);
  await playground.run(["run", "job.json"]);
  for (const text of [await why(playground, "job"), await why(playground, "job", "behind"), await why(playground, "job", id)]) {
    assert.doesNotMatch(text, /\u001b|\u0007/);
    assert.match(text, /xy/);
  }
});

test("of a job that the clock was set back in why tells no time that is less than none", async (context) => {
  const { dir, run, start, write } = makePlayground(context);
  write("job.json", { tasks: [waiting("a")] });
  const first = start(["run", "job.json"]);
  await waitUntil(() => existsSync(join(dir, "a.started")));
  first.process.kill("SIGINT");
  assert.equal((await first.ended).code, 130);
  const back = write("back.cjs", "const now = Date.now; Date.now = () => now() - 3_600_000;");
  write("a.go", "");
  assert.equal((await run(["run", "job.json"], { env: { NODE_OPTIONS: `--require ${back}` } })).code, 0);
  const { took_ms: took, paused_ms: paused } = JSON.parse((await run(["why", "job", "--json"])).stdout) as Record<string, number>;
  assert.deepEqual({ took, paused }, { took: 0, paused: 0 });
});

test("why does not count the delay before a further attempt as time in which a task was ready", async (context) => {
  const playground = makePlayground(context);
  playground.write("job.json", [{ id: "flaky", command: "false", retries: 1, retry_delay: 0.2 }]);
  await playground.run(["run", "job.json", "-q"]);
  assert.match(
    await why(playground, "job"),
    /On this path tasks ran for [^,]+, were not to be tried again yet \(`retry_delay`\) for [^,]+ and waited, though they were ready, for [^,]+\.\n$/,
  );
});
