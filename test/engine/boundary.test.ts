import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AirExecutor, type JobEvent, type JobInput } from "../../src/index.js";
import { Manager } from "../../src/manager/manager.js";
import { readWaits } from "../../src/manager/waits.js";
import { JobWriter } from "../../src/store/writer.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import { waitUntil } from "../support/wait-until.js";
import { untilHolds } from "../support/shell-loops.js";

/** A fault of ours in the handling of one job, from when it is switched on. */
function breakRecords(job: string): { isOn: boolean; restore: () => void } {
  type Record = (this: JobWriter, events: readonly JobEvent[]) => void;
  const record = Object.getOwnPropertyDescriptor(JobWriter.prototype, "record")!.value as Record;
  const fault = { isOn: false, restore: () => (JobWriter.prototype.record = record) };
  JobWriter.prototype.record = function (this: JobWriter, events) {
    if (fault.isOn && events.some((event) => "task" in event && event.task.startsWith(job)))
      throw new TypeError("a fault of ours");
    return record.call(this, events);
  };
  return fault;
}

test("a fault in the handling of one job is that job's trouble: others go on, and the next engine adopts what ran", async (t) => {
  const { root, dir } = temporaryPlace(t);
  const [gate, end] = [join(root, "gate"), join(root, "end")];
  const begun: string[] = [];
  const waits = (id: string, word: string): { id: string; command: string; args: string[] } => {
    const file = join(root, `${id}-began`);
    begun.push(file);
    return { id, command: "sh", args: ["-c", `: > ${file}; ${untilHolds(`test -e ${word}`)}`] };
  };
  const fault = breakRecords("bad");
  t.after(fault.restore);
  const executor = await AirExecutor.open({ dir, concurrency: 8, graceMs: 1000 });
  t.after(() => executor.close());
  const bad = await executor.submit("bad", [waits("bad-ends", end), waits("bad-waits", gate)]);
  const good = await executor.submit("good", [waits("a", gate), { id: "b", command: "true", dependencies: ["a"] }]);
  assert.ok(await waitUntil(() => begun.every((file) => existsSync(file))));
  fault.isOn = true;
  writeFileSync(end, "");
  await assert.rejects(bad.finished(), { name: "TypeError", message: "a fault of ours" });
  writeFileSync(gate, "");
  assert.equal((await good.finished()).state, "completed");
  await executor.close();
  fault.isOn = false;

  const next = await AirExecutor.open({ dir });
  t.after(() => next.close());
  const summary = await (await next.takeUp(join(dir, "jobs/bad"))).finished();
  assert.equal(summary.state, "completed");
  const tasks = JSON.parse(readFileSync(join(dir, "jobs/bad/tasks.json"), "utf8")) as { id: string; attempts: number }[];
  assert.deepEqual(Object.fromEntries(tasks.map(({ id, attempts }) => [id, attempts])), { "bad-ends": 1, "bad-waits": 1 });
});

test("a job that was given up while tasks of it run writes nothing more: its journal's descriptor may be another job's by then", async (t) => {
  const { root, dir } = temporaryPlace(t);
  const gate = (name: string): string => join(root, name);
  const waits = (id: string): object => ({ id, command: "sh", args: ["-c", untilHolds(`test -e ${gate(id)}`)] });
  const look = Object.getOwnPropertyDescriptor(JobWriter.prototype, "look")!.value as JobWriter["look"];
  t.after(() => (JobWriter.prototype.look = look));
  const executor = await AirExecutor.open({ dir, concurrency: 8, graceMs: 1000 });
  t.after(() => executor.close());
  const bad = await executor.submit("bad", [waits("bad-a"), { ...waits("bad-b"), dependencies: ["bad-a"] }] as JobInput);
  JobWriter.prototype.look = () => {
    throw new TypeError("a fault of ours");
  };
  await assert.rejects(bad.finished(), { message: "a fault of ours" });
  JobWriter.prototype.look = look;
  const good = await executor.submit("good", [waits("good-a"), { ...waits("good-b"), dependencies: ["good-a"] }] as JobInput);
  const journal = (name: string): string => readFileSync(join(dir, "jobs", name, "journal.ndjson"), "utf8");
  const before = journal("bad");
  writeFileSync(gate("bad-a"), "");
  writeFileSync(gate("bad-b"), "");
  writeFileSync(gate("good-a"), "");
  assert.ok(await waitUntil(() => /attempt-started.*good-b/.test(journal("good"))));
  writeFileSync(gate("good-b"), "");
  assert.equal((await good.finished()).state, "completed");
  assert.doesNotMatch(journal("good"), /bad-/);
  assert.equal(journal("bad"), before);
  await executor.close();

  const next = await AirExecutor.open({ dir });
  t.after(() => next.close());
  assert.equal((await (await next.takeUp(join(dir, "jobs/bad"))).finished()).state, "completed");
  const tasks = JSON.parse(readFileSync(join(dir, "jobs/bad/tasks.json"), "utf8")) as { id: string; attempts: number }[];
  assert.deepEqual(Object.fromEntries(tasks.map(({ id, attempts }) => [id, attempts])), { "bad-a": 1, "bad-b": 1 });
});

test("a job that a manager sets aside for a fault of ours says so as long as it is", async (t) => {
  const { dir } = temporaryPlace(t);
  const fault = breakRecords("bad");
  t.after(fault.restore);
  const manager = await Manager.open({ dir, concurrency: 2, graceMs: 1000 });
  t.after(() => manager.stop());
  fault.isOn = true;
  const job = join(dir, "jobs/job");
  mkdirSync(job);
  writeFileSync(
    join(job, "state.json"),
    JSON.stringify({ id: "job-1", name: "job", state: "waiting", created_at: "2026-01-31T12:00:00Z" }),
  );
  writeFileSync(join(job, "tasks.json"), JSON.stringify([{ id: "bad", command: "true" }]));
  const words = (): string => readWaits(dir).get("job") ?? "";
  assert.ok(await waitUntil(() => words().startsWith("it is set aside (a fault of ours): ")), words());
});

test("a task that nests values deeper than can be written is refused before it is taken in, and its job goes on", async (t) => {
  const { root, dir } = temporaryPlace(t);
  const gate = join(root, "gate");
  const warnings: string[] = [];
  const executor = await AirExecutor.open({ dir, onWarning: (message) => warnings.push(message) });
  t.after(() => executor.close());
  const job = await executor.submit("deep", [{ id: "a", command: "sh", args: ["-c", untilHolds(`test -e ${gate}`)] }]);
  const path = join(dir, "jobs/deep/tasks.json");
  assert.ok(await waitUntil(() => existsSync(path)));
  const ours = readFileSync(path, "utf8").trimEnd().slice(0, -1);
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  writeFileSync(path, `${ours},{"id":"b","command":"true","note":${deep}},{"id":"c","command":"true"}]`);
  assert.ok(await waitUntil(() => warnings.length > 0), "it is said");
  assert.match(warnings[0]!, /"b"\)\.note: expected at most [0-9]+ levels of lists and objects/);
  writeFileSync(gate, "");
  const { state, counts } = await job.finished();
  assert.deepEqual([state, counts.completed, counts.total], ["completed", 2, 2]);
});

test("a runner that could not be opened is tried again with the next job", async (t) => {
  const { dir } = temporaryPlace(t);
  const executor = await AirExecutor.open({ dir });
  t.after(() => executor.close());
  rmSync(join(dir, "lanes"), { recursive: true, force: true });
  writeFileSync(join(dir, "lanes"), "");
  await assert.rejects(executor.submit("early", [{ id: "a", command: "true" }]), /lanes/);
  rmSync(join(dir, "lanes"));
  const job = await executor.submit("late", [{ id: "a", command: "true" }]);
  assert.equal((await job.finished()).state, "completed");
});
