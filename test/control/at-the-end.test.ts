import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { atGate, makePlace, run, until } from "./support.js";

test("an add that arrives while the last task ends gets in or reopens the job: none is lost, and whoever adds is told", async (context) => {
  const { executor, runElsewhere, jobDir, statuses } = await makePlace(context);
  const { ended, process: engine } = await runElsewhere([{ id: "first", command: "sleep", args: ["0.3"] }]);
  const inTime: string[] = [];
  const late: string[] = [];
  for (let number = 0; late.length < 3; number++) {
    const { added, isRunning } = await executor.add("job", [run(`t${number}`, "true")]);
    (isRunning ? inTime : late).push(...added);
    // From some moment on the run has the chance to come to its end between two adds.
    if (number > 20) await new Promise((done) => setTimeout(done, number * 3));
    assert.ok(number < 500, "the run comes to its end");
  }
  assert.equal((await ended).code, 0);
  assert.equal(engine.exitCode, 0);
  const before = statuses();
  assert.ok(inTime.every((id) => before[id] === "completed"));
  assert.ok(late.every((id) => before[id] === "pending"));
  const { counts } = await (await executor.takeUp(jobDir())).finished();
  assert.equal(counts.completed, 1 + inTime.length + late.length);
});

test("a job of this executor that is added to in the moment of its end goes on, and its end is told once", async (context) => {
  const { executor, dir } = await makePlace(context);
  const job = await executor.submit("job", [run("first", "true")], { cwd: dir });
  const ends: string[] = [];
  job.onEvents((events) => {
    for (const event of events) {
      if (event.type !== "job-ended") continue;
      ends.push(event.state);
      if (ends.length === 1) void job.add([run("second", "true", ["first"])]);
    }
  });
  const { state, counts } = await job.finished();
  assert.deepEqual([state, counts.completed, ends], ["completed", 2, ["completed", "completed"]]);
});

test("a job that is retried in the moment of its end goes on likewise", async (context) => {
  const { executor, dir, write } = await makePlace(context);
  const job = await executor.submit("job", [{ id: "picky", command: "test", args: ["-e", "ready"] }], { cwd: dir });
  let retried = 0;
  job.onEvents((events) => {
    if (retried > 0 || !events.some(({ type }) => type === "job-ended")) return;
    retried += 1;
    write("ready", "");
    void job.retry();
  });
  assert.equal((await job.finished()).state, "completed");
});

test("a job that is added to while its end is being written is not said to have ended: a manager would leave it", async (t) => {
  const { executor, dir, jobDir, state, openGate } = await makePlace(t);
  const job = await executor.submit("job", [run("first", "true")], { cwd: dir });
  let added: Promise<unknown> | null = null;
  const addWhenWriting = async (): Promise<void> => {
    while (!existsSync(join(jobDir(), "tasks.json.tmp"))) await setImmediate();
    added = job.add([atGate("second")]);
  };
  job.onEvents((events) => {
    if (added === null && events.some(({ type }) => type === "job-ended")) void addWhenWriting();
  });
  await until(() => existsSync(join(dir, "began-second")));
  const said = new Set<unknown>();
  await until(() => {
    const { state: word, counts } = state() as { readonly state: string; readonly counts: { readonly total: number } };
    said.add(word);
    return counts.total === 2;
  });
  assert.deepEqual(
    [...said].filter((word) => word !== "waiting" && word !== "working"),
    [],
  );
  openGate();
  const { state: end, counts } = await job.finished();
  assert.deepEqual([end, counts.completed], ["completed", 2]);
});
