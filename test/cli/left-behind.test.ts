/** What a task leaves running when it has ended is said, and left alone. */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makePlayground, type Playground } from "./support/cli.js";
import { untilHolds } from "../support/shell-loops.js";
import { waitUntil } from "../support/wait-until.js";

const inBackground = `sh -c 'echo $$ > pid; ${untilHolds("test -e over")}' </dev/null >/dev/null 2>&1 & ${untilHolds("test -s pid")}`;
const daemon = `setsid ${inBackground}`;

test("a daemon that a task leaves behind is named, runs on, and keeps neither the task nor the job", async (context) => {
  const { run, write, dir } = makePlayground(context);
  // The second one gives it time to be told: it comes a little after the end.
  const waits = { id: "waits", command: "sleep", args: ["1"], dependencies: ["starts"] };
  write("job.json", { tasks: [{ id: "starts", command: "sh", args: ["-c", daemon] }, waits] });
  const { code, stderr } = await run(["run", "job.json"]);
  assert.equal(code, 0, stderr);
  const pid = Number(readFileSync(join(dir, "pid"), "utf8"));
  process.kill(pid, 0);
  writeFileSync(join(dir, "over"), "");
  assert.match(stderr, /job "job": task "starts" has ended and left (a process|\d processes) .*left alone/);
});

interface LeftBehind {
  readonly attempt: number;
  readonly processes: number;
  readonly can_not_be_ended: boolean;
}

interface Row {
  readonly id: string;
  readonly status: string;
  readonly left_behind?: LeftBehind;
}

type Run = Playground["run"];

async function rowsOf(run: Run): Promise<Map<string, Row>> {
  const { stdout } = await run(["status", "job", "--json"]);
  return new Map((JSON.parse(stdout) as { tasks: Row[] }).tasks.map((row) => [row.id, row]));
}

/** The portable runner knows what has not left the task's group, and was seen when it told of its process. */
const seenInBackground = `${inBackground}; ${untilHolds(`grep -q "^p [0-9]* $$ " "$AIR_EXECUTOR_DIR"/lanes/*`)}`;

for (const [runner, leaves] of [
  ["native", daemon],
  ["portable", seenInBackground],
] as const) {
  const env = { AIR_EXECUTOR_RUNNER: runner };

  test(`a daemon of the very last task is on record when the job has ended: status and why say it (${runner})`, async (t) => {
    const { run, write, dir } = makePlayground(t);
    // So that the file of its pid is not the last that is waited for.
    const first = { id: "first", command: "true" };
    write("job.json", { tasks: [first, { id: "starts", command: "sh", args: ["-c", leaves], dependencies: ["first"] }] });
    const { code, stderr } = await run(["run", "job.json"], { env });
    const rows = await rowsOf(run);
    const { stdout: table } = await run(["status", "job"]);
    const { stdout: why } = await run(["why", "job", "starts"]);
    const { stderr: besideLog } = await run(["logs", "job", "starts"]);
    const { stdout: data } = await run(["why", "job", "starts", "--json"]);
    writeFileSync(join(dir, "over"), "");
    assert.equal(code, 0, stderr);
    const left = rows.get("starts")?.left_behind;
    assert.deepEqual({ ...left, processes: 0 }, { attempt: 1, processes: 0, can_not_be_ended: false });
    assert.ok(left!.processes >= 1);
    assert.equal(rows.get("first")?.left_behind, undefined);
    assert.match(table, /left behind +(a process|\d processes) of starts$/m);
    assert.match(besideLog, /^air-executor: (a process|\d processes) of starts: more may be written here\n$/);
    assert.match(why, /of attempt 1 ran on when it had ended, and (is|are) left alone/);
    assert.deepEqual((JSON.parse(data) as { left_behind: LeftBehind }).left_behind, left);
  });

  test(`what a map's task left behind is in its files when it has ended (${runner})`, async (t) => {
    const { run, write, dir } = makePlayground(t);
    write("task.sh", `[ "$1" != daemon ] || { ${leaves}; }`);
    const { code, stderr } = await run(["map", "-q", "--name", "job", "sh", "task.sh", ":::", "a", "daemon", "b"], { env });
    const rows = await rowsOf(run);
    writeFileSync(join(dir, "over"), "");
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      [...rows.values()].map((row) => row.left_behind !== undefined),
      [false, true, false],
    );
  });
}

test("a task that is run again has left nothing behind", async (t) => {
  const { run, write, dir } = makePlayground(t);
  const script = `test -e again || { ${daemon}; touch again; }`;
  write("job.json", { tasks: [{ id: "starts", command: "sh", args: ["-c", `${script}; false`] }] });
  await run(["run", "job.json"]);
  const before = await rowsOf(run);
  await run(["retry", "job", "starts"]);
  const after = await rowsOf(run);
  writeFileSync(join(dir, "over"), "");
  assert.notEqual(before.get("starts")?.left_behind, undefined);
  assert.equal(after.get("starts")?.left_behind, undefined);
});

test("what was left behind while no engine was there is told by the next one", async (t) => {
  const { run, start, write, dir } = makePlayground(t);
  const job = { tasks: [{ id: "starts", command: "sh", args: ["-c", `touch begun; ${untilHolds("test -e go")}; ${daemon}`] }] };
  write("job.json", job);
  const { process: engine, ended } = start(["run", "job.json"]);
  assert.ok(await waitUntil(() => existsSync(join(dir, "begun"))));
  engine.kill("SIGKILL");
  await ended;
  writeFileSync(join(dir, "go"), "");
  const lanes = join(dir, ".air-executor", "lanes");
  const spool = (): string => readFileSync(join(lanes, readdirSync(lanes)[0]!), "utf8");
  assert.ok(await waitUntil(() => /^w /m.test(spool())));
  const { code, stderr } = await run(["run", "job.json"]);
  const rows = await rowsOf(run);
  writeFileSync(join(dir, "over"), "");
  assert.equal(code, 0, stderr);
  assert.equal(rows.get("starts")?.left_behind?.attempt, 1);
});

test("of a task that leaves nothing nothing is said", async (context) => {
  const { run, write } = makePlayground(context);
  write("job.json", { tasks: [{ id: "a", command: "sh", args: ["-c", "sleep 0.1 & wait"] }] });
  const { stderr } = await run(["run", "job.json"]);
  assert.doesNotMatch(stderr, /left/);
});

test("of many tasks that leave something the first ten are named", async (context) => {
  const { run, write, dir } = makePlayground(context);
  const script = `setsid sh -c '${untilHolds("test -e over", 0.1)}' </dev/null >/dev/null 2>&1 & sleep 0.2`;
  const many = Array.from({ length: 14 }, (_, nth) => ({ id: `t-${nth}`, command: "sh", args: ["-c", script] }));
  const waits = { id: "waits", command: "sleep", args: ["1"], dependencies: many.map(({ id }) => id) };
  write("job.json", { tasks: [...many, waits] });
  const { code, stderr } = await run(["run", "job.json", "-j", "4"]);
  writeFileSync(join(dir, "over"), "");
  assert.equal(code, 0, stderr);
  assert.equal(stderr.match(/left alone/g)?.length, 10, stderr);
  assert.match(stderr, /left alone; more such tasks are not named$/m);
});
