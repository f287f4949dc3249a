import assert from "node:assert/strict";
import { test } from "node:test";
import { readTasksJson, type TasksReading } from "../../../src/store/snapshot/tasks-file.js";
import { parseTimestamp } from "../../../src/store/text/timestamp.js";

const now = Date.parse("2026-01-31T12:00:00.000Z");

function read(value: unknown): Promise<TasksReading> {
  return readTasksJson(JSON.stringify(value, null, 2), { fileName: "tasks.json", now });
}

test("what the guide's client writes is read, its created_at kept as it stands", async () => {
  const { tasks, records, faults } = await read([
    {
      id: "task-1",
      job_name: "my-job",
      command: "echo",
      args: ["Hello"],
      dependencies: [],
      status: "pending",
      created_at: "2026-01-31T12:00:00.123456Z",
      started_at: null,
      completed_at: null,
      error: null,
    },
  ]);
  assert.deepEqual(faults, []);
  assert.deepEqual([tasks[0]?.id, tasks[0]?.args, tasks[0]?.createdAt], ["task-1", ["Hello"], "2026-01-31T12:00:00.123456Z"]);
  assert.deepEqual(records, [
    {
      status: "pending",
      attempts: 0,
      startedAt: null,
      completedAt: null,
      error: null,
      exitCode: null,
      signal: null,
      usage: null,
      ranOn: null,
      left: null,
    },
  ]);
});

test("missing keys, spaces in times and unknown keys are taken, the latter kept", async () => {
  const { tasks, records, faults } = await read([
    {
      command: "x",
      status: "completed",
      started_at: "2026-01-31 12:00:00.5",
      completed_at: "2026-01-31 12:00:01",
      owner: { name: "me" },
      _n: 1,
    },
  ]);
  assert.deepEqual(faults, []);
  assert.deepEqual(
    [tasks[0]?.id, tasks[0]?.createdAt, tasks[0]?.extra],
    ["task-1", "2026-01-31T12:00:00.000Z", { owner: { name: "me" }, _n: 1 }],
  );
  assert.deepEqual([records[0]?.startedAt, records[0]?.completedAt], [now + 500, now + 1000]);
});

test("an unknown key that is called like a part of every object is kept and harms nothing", async () => {
  const text = '[{"command": "x", "__proto__": {"polluted": true}, "constructor": 1}]';
  const { tasks, faults } = await readTasksJson(text, { fileName: "tasks.json", now });
  assert.deepEqual(faults, []);
  assert.deepEqual(Object.keys(tasks[0]!.extra), ["__proto__", "constructor"]);
  assert.equal(Reflect.get({}, "polluted"), undefined);
});

test("wrong values are said with their places, also those of what became of a task", async () => {
  const { faults } = await read([{ command: "x", args: [3], status: "done", started_at: "yesterday", attempts: -1, matrix: {} }]);
  assert.deepEqual(
    faults.map(({ place, message }) => `${place}: ${message}`),
    [
      'tasks.json:5:7: tasks[0].args[0]: expected a string, got the number 3: write "3"',
      'tasks.json:7:5: tasks[0].status: expected one of "pending", "running", "completed", "failed", "skipped", "cancelled", got the text "done"',
      'tasks.json:8:5: tasks[0].started_at: expected a time such as "2026-01-31T12:00:00.000Z", got the text "yesterday"',
      "tasks.json:9:5: tasks[0].attempts: expected a whole number of 0 or more, got the number -1",
      'tasks.json:10:5: tasks[0].matrix: expected at least one key, such as {"shard": "0..9"}',
    ],
  );
});

test("a half-written file and one of another shape are one fault each", async () => {
  const whole = JSON.stringify([{ id: "a", command: "x" }]);
  for (let length = 0; length < whole.length; length++) {
    const { faults, tasks } = await readTasksJson(whole.slice(0, length), { fileName: "tasks.json", now });
    assert.deepEqual([faults.length, tasks.length], [1, 0]);
  }
  assert.deepEqual((await read({ tasks: [] })).faults, [
    { place: "tasks.json:1:1", message: "expected a list of tasks, got an object" },
  ]);
});

test("YAML is no tasks.json", async () => {
  const { faults } = await readTasksJson("- command: x", { fileName: "tasks.yaml", now });
  assert.match(faults[0]!.message, /^not valid JSON/);
});

test("times are read as programs write them", () => {
  for (const text of [
    "2026-01-31T12:00:00.000Z",
    "2026-01-31T12:00:00Z",
    "2026-01-31 12:00:00",
    "2026-01-31 12:00",
    "2026-01-31T12:00:00.000999",
    "2026-01-31T14:00:00+02:00",
    "2026-01-31T14:00:00+0200",
    "2026-01-31T12:00:00.000000+00:00Z",
  ]) {
    assert.equal(parseTimestamp(text), now, text);
  }
  for (const text of ["", "now", "2026", "2026-01-31", "2026-13-01T00:00:00Z", "2026-01-31T25:00:00.000Z", "12:00"]) {
    assert.equal(parseTimestamp(text), null, text);
  }
});
