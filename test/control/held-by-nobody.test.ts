import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { AirExecutor } from "../../src/index.js";
import { atGate, makePlace, run, until, type Place } from "./support.js";

/** Runs a job until its tasks are at the gate, and then kills its engine: they survive. */
async function abandoned({ runElsewhere, dir }: Place, tasks: Parameters<Place["runElsewhere"]>[0]): Promise<void> {
  const { process: engine, ended } = await runElsewhere(tasks);
  const atGates = tasks.filter(({ command }) => command === "sh");
  await until(() => atGates.every(({ id }) => existsSync(join(dir, `began-${id}`))));
  engine.kill("SIGKILL");
  await ended;
}

test("tasks added to an unfinished job that nobody runs are there when it is taken up", async (context) => {
  const place = await makePlace(context);
  await abandoned(place, [atGate("hold")]);
  const { executor, jobDir, statuses, openGate } = place;
  const added = await executor.add("job", [run("more", "true", ["hold"])]);
  assert.deepEqual(added, { added: ["more"], present: [], isRunning: false });
  assert.deepEqual(statuses(), { hold: "running", more: "pending" });
  openGate();
  const { state, counts } = await (await executor.takeUp(jobDir())).finished();
  assert.deepEqual([state, counts.completed], ["completed", 2]);
});

test("tasks added to an ended job reopen it under its identity, and what had ended stays", async (context) => {
  const { executor, jobDir, tasks, state } = await makePlace(context);
  const { id } = await executor.run("job", [run("a", "true"), run("b", "false")]);
  await executor.add("job", [run("c", "true", ["a"])]);
  assert.deepEqual([state()["state"], state()["id"], state()["completed_at"]], ["waiting", id, null]);
  const job = await executor.takeUp(jobDir());
  const summary = await job.finished();
  assert.deepEqual([summary.id, summary.state, summary.firstFailure], [id, "failed", "b"]);
  assert.deepEqual(
    tasks().map((task) => [task.status, task.attempts]),
    [
      ["completed", 1],
      ["failed", 1],
      ["completed", 1],
    ],
  );
});

test("cancelling a job that nobody runs ends what survived its engine", async (context) => {
  const place = await makePlace(context);
  await abandoned(place, [atGate("hold"), run("behind", "true", ["hold"])]);
  await place.executor.cancel("job");
  assert.deepEqual(place.statuses(), { hold: "cancelled", behind: "cancelled" });
  assert.equal(place.state()["state"], "cancelled");
});

test("cancelling one task of such a job ends it alone: the others run on and are adopted later", async (context) => {
  const place = await makePlace(context);
  await abandoned(place, [atGate("one"), atGate("two"), run("behind", "true", ["one"]), run("last", "true", ["two"])]);
  const { executor, statuses, tasks, jobDir, openGate } = place;
  await executor.cancel("job", ["one"]);
  assert.deepEqual(statuses(), { one: "cancelled", two: "running", behind: "skipped", last: "pending" });
  openGate();
  const { counts } = await (await executor.takeUp(jobDir())).finished();
  assert.deepEqual([counts.completed, counts.cancelled, counts.skipped], [2, 1, 1]);
  assert.deepEqual(
    tasks().map(({ attempts }) => attempts),
    [1, 1, 0, 1],
    "nothing ran twice",
  );
});

test("a retry runs the job here, keeps what completed, and takes up what was edited in tasks.json", async (context) => {
  const { executor, jobDir, tasks } = await makePlace(context);
  await executor.run("job", [
    run("a", "true"),
    { id: "b", command: "no-such-command-here", dependencies: ["a"] },
    run("c", "true", ["b"]),
  ]);
  const path = join(jobDir(), "tasks.json");
  const text = readFileSync(path, "utf8");
  writeFileSync(
    path,
    text
      .replace("no-such-command-here", "true")
      .replace('"id":"a","job_name":"job","command":"true"', '"id":"a","job_name":"job","command":"false"'),
  );
  const { tasks: again, job } = await executor.retry("job");
  assert.deepEqual(again, ["b", "c"]);
  assert.equal((await job!.finished()).state, "completed");
  assert.deepEqual(
    tasks().map(({ command, attempts }) => [command, attempts]),
    [
      ["true", 1],
      ["true", 2],
      ["true", 1],
    ],
    "a task that is not retried stays as it ran",
  );
});

test("a wrong edit is refused with its place, and nothing is reset", async (context) => {
  const { executor, jobDir, statuses } = await makePlace(context);
  await executor.run("job", [run("a", "false"), run("b", "true", ["a"])]);
  const path = join(jobDir(), "tasks.json");
  const text = readFileSync(path, "utf8");
  for (const [from, to] of [
    ['"command":"false"', '"command":7'],
    ['"dependencies":[]', '"dependencies":["b"]'],
  ] as const) {
    writeFileSync(path, text.replace(from, to));
    await assert.rejects(executor.retry("job"), { code: "AIR_INVALID_JOB" });
  }
  writeFileSync(path, text);
  assert.deepEqual(statuses(), { a: "failed", b: "skipped" });
});

test("a retry from a task runs it and all behind it again, completed ones too; with nothing to retry nothing happens", async (context) => {
  const { executor, tasks } = await makePlace(context);
  const job = await executor.submit("job", [run("a", "true"), run("b", "true", ["a"]), run("c", "true")]);
  await job.finished();
  const none = await job.retry();
  assert.deepEqual([none.tasks, (await none.job!.finished()).state], [[], "completed"]);
  const from = await job.retry({ from: "a" });
  assert.deepEqual(from.tasks, ["a", "b"]);
  await from.job!.finished();
  assert.deepEqual(
    tasks().map(({ attempts }) => attempts),
    [2, 2, 1],
  );
});

test("where there is nothing to retry nothing is begun: a program that does not close its executor ends", async (context) => {
  const { executor, base } = await makePlace(context);
  await executor.run("job", [run("a", "true")]);
  const program =
    `const { AirExecutor } = await import(${JSON.stringify(import.meta.resolve("../../src/index.js"))});` +
    `const executor = await AirExecutor.open({ dir: ${JSON.stringify(base)} });` +
    'console.log((await executor.retry("job")).tasks.length);';
  assert.equal(
    execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8", timeout: 30_000 }),
    "0\n",
  );
});

test("a retry by an executor that is being closed is refused, and leaves the job as it ended", async (context) => {
  const { executor, base, jobDir } = await makePlace(context);
  await executor.run("job", [run("a", "false")]);
  const journal = join(jobDir(), "journal.ndjson");
  for (let turns = 0; turns < 30; turns++) {
    const before = readFileSync(journal, "utf8");
    const other = await AirExecutor.open({ dir: base });
    const retrying = other.retry("job");
    const settled = Promise.allSettled([retrying]);
    for (let turn = 0; turn < turns; turn++) await setImmediate();
    await other.close();
    const [{ status }] = await settled;
    if (status === "rejected") assert.equal(readFileSync(journal, "utf8"), before, `closed after ${turns} turns`);
  }
});

test("a retry whose engine is killed goes on where it was", async (context) => {
  const { executor, start, base, dir, jobDir, statuses, tasks, write } = await makePlace(context);
  await executor.run(
    "job",
    [{ id: "picky", command: "test", args: ["-e", "gate"] }, run("a", "true"), run("b", "true", ["picky"])],
    { cwd: dir },
  );
  const path = join(jobDir(), "tasks.json");
  const waiting = JSON.stringify(atGate("picky").args);
  writeFileSync(
    path,
    readFileSync(path, "utf8").replace('"command":"test","args":["-e","gate"]', `"command":"sh","args":${waiting}`),
  );
  const { process: engine, ended } = start(["retry", "job", "--dir", base]);
  await until(() => statuses()["picky"] === "running");
  engine.kill("SIGKILL");
  await ended;
  write("gate", "");
  assert.equal((await (await executor.takeUp(jobDir())).finished()).state, "completed");
  assert.deepEqual(
    tasks().map(({ attempts }) => attempts),
    [2, 1, 1],
  );
});

test("removing a job takes its directory and nothing behind a link; survivors are ended first", async (context) => {
  const place = await makePlace(context);
  await abandoned(place, [atGate("hold")]);
  const { executor, jobDir, dir, base } = place;
  const precious = join(dir, "precious");
  mkdirSync(precious);
  writeFileSync(join(precious, "file"), "");
  symlinkSync(precious, join(jobDir(), "link"));
  symlinkSync(precious, join(base, "jobs", "alias"));
  await executor.remove("job");
  assert.equal(existsSync(jobDir()), false);
  await assert.rejects(executor.remove("alias"), { code: "AIR_UNSAFE_PATH" });
  await assert.rejects(executor.remove("nothing"), { code: "AIR_NOT_FOUND" });
  await assert.rejects(executor.remove("../precious"), { code: "AIR_USAGE" });
  assert.ok(existsSync(join(precious, "file")));
});

test("a job that is not there is not made by asking for it", async (context) => {
  const { executor, jobDir } = await makePlace(context);
  for (const act of [executor.add("job", [run("a", "true")]), executor.cancel("job"), executor.retry("job")]) {
    await assert.rejects(act, { code: "AIR_NOT_FOUND" });
  }
  assert.equal(existsSync(jobDir()), false);
});

test("a job to which tasks were added before it began is still that of its file", async (context) => {
  const { executor, write, start, base, run: command } = await makePlace(context);
  write("job.json", [run("a", "true")]);
  await start(["submit", "job.json", "--dir", base]).ended;
  await executor.add("job", [run("b", "true")]);
  const { code, stderr } = await command(["submit", "job.json", "--dir", base]);
  assert.equal(code, 0, stderr);
});

test("cancelling a task touches no survivor, also if the job has had its failures", async (context) => {
  const { executor, base, dir, jobDir, statuses, start, write, openGate } = await makePlace(context);
  write("job.json", {
    max_failures: 1,
    tasks: [atGate("hold"), atGate("other"), run("bad", "false"), run("behind", "true", ["hold"])],
  });
  const { process: engine, ended } = start(["run", "job.json", "--dir", base, "-j", "3"]);
  await until(() => ["hold", "other"].every((id) => existsSync(join(dir, `began-${id}`))));
  await until(() => existsSync(join(jobDir(), "tasks.json")) && statuses()["behind"] === "skipped");
  engine.kill("SIGKILL");
  await ended;
  await executor.cancel("job", ["other"]);
  assert.deepEqual(statuses(), { hold: "running", other: "cancelled", bad: "failed", behind: "skipped" });
  openGate();
  await (await executor.takeUp(jobDir())).finished();
  assert.equal(statuses()["hold"], "completed");
});
