import assert from "node:assert/strict";
import { test } from "node:test";
import type { Resources } from "../../../src/domain/resources.js";
import type { TaskRecord, TaskSpec } from "../../../src/domain/task.js";
import { readTasksJson } from "../../../src/store/snapshot/tasks-file.js";
import { specFromJson, specText, taskLine } from "../../../src/store/text/task-line.js";
import { formatTimestamp } from "../../../src/store/text/timestamp.js";
import { fc } from "../../support/properties.js";

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter((value) => !/[\0\n]/.test(value));
const texts = fc.oneof(fc.constant([]), fc.array(text, { maxLength: 4 }));
const ms = fc.integer({ min: 0, max: 4_000_000_000_000 });
const name = fc.string({ unit: fc.constantFrom("A", "B", "C", "_", "x"), minLength: 1, maxLength: 5 });

const demands: fc.Arbitrary<Resources> = fc
  .record(
    {
      cpu: fc.integer({ min: 100, max: 1_000_000 }).map((units) => units / 10_000),
      memory: fc.oneof(fc.integer({ min: 1, max: 1e15 }), fc.constantFrom(4 * 1024 ** 3, 500e6)),
      licence: fc.integer({ min: 1, max: 10_000 }).map((units) => units / 10_000),
      "x.y-z_": fc.integer({ min: 1, max: 10 }),
    },
    { requiredKeys: ["cpu"], noNullPrototype: true },
  )
  .map((demand) => demand as Resources);

const specs: fc.Arbitrary<TaskSpec> = fc.record(
  {
    id: text,
    command: text,
    args: texts,
    dependencies: fc.uniqueArray(text, { maxLength: 4 }),
    env: fc.dictionary(
      name,
      fc.string({ unit: "grapheme" }).filter((value) => !value.includes("\0")),
      { noNullPrototype: true },
    ),
    cwd: fc.option(text),
    stdin: fc.option(text),
    timeoutMs: fc.option(fc.integer({ min: 1, max: 1_000_000_000_000 })),
    retries: fc.integer({ min: 0, max: 1000 }),
    retryDelayMs: fc.integer({ min: 0, max: 1_000_000_000_000 }),
    retryBackoff: fc.oneof(fc.constant(1), fc.double({ min: 1, max: 1000, noNaN: true })),
    retryOn: fc.option(fc.array(fc.oneof(fc.integer({ min: 1, max: 255 }), fc.constantFrom("SIGKILL", "timeout")))),
    triggerRule: fc.constantFrom("all_success", "all_done", "any_failed"),
    priority: fc.maxSafeInteger(),
    resources: demands,
    onLost: fc.constantFrom("rerun", "fail"),
    matrixOf: fc.option(text),
    createdAt: ms.map(formatTimestamp),
    extra: fc.dictionary(
      name.map((key) => `x_${key}`),
      fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value))),
      { noNullPrototype: true },
    ),
  },
  { noNullPrototype: true },
);

/** Milliseconds as the runner measures them. */
const figure = fc.nat().map((us) => us / 1000);

const records: fc.Arbitrary<TaskRecord> = fc.record(
  {
    status: fc.constantFrom("pending", "running", "completed", "failed", "skipped", "cancelled"),
    attempts: fc.nat(),
    startedAt: fc.option(ms),
    completedAt: fc.option(ms),
    error: fc.option(text),
    exitCode: fc.option(fc.integer({ min: 0, max: 255 })),
    signal: fc.option(fc.constantFrom("SIGKILL", "SIGTERM")),
    usage: fc.option(fc.record({ userMs: figure, systemMs: figure, maxRssKb: fc.nat() }, { noNullPrototype: true })),
    ranOn: fc.option(fc.record({ node: text, slurmJob: fc.option(text) }, { noNullPrototype: true })),
    left: fc.option(fc.record({ attempt: fc.nat(), processes: fc.nat(), isStuck: fc.boolean() }, { noNullPrototype: true })),
  },
  { noNullPrototype: true },
);

test("a task comes back from its journal form as it was", () => {
  fc.assert(fc.property(specs, (spec) => assert.deepEqual(specFromJson(JSON.parse(specText(spec))), spec)));
});

test("a task and what became of it come back from their line of tasks.json as they were", async () => {
  await fc.assert(
    fc.asyncProperty(specs, records, fc.option(text), async (spec, record, log) => {
      const line = taskLine(spec, record, "job", log);
      assert.ok(!line.includes("\n"));
      const { tasks, records: read, faults } = await readTasksJson(`[${line}]`, { fileName: "tasks.json", now: 0 });
      assert.deepEqual(faults, []);
      assert.deepEqual(tasks, [spec]);
      assert.deepEqual(read, [record]);
    }),
  );
});

const plain = specFromJson({ id: "a", command: "echo", created_at: "2026-01-31T12:00:00.000Z" });
const fresh: TaskRecord = {
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
};

test("a line has the guide's keys in the guide's order, then ours", () => {
  assert.equal(
    taskLine(plain, fresh, "my-job", null),
    '{"id":"a","job_name":"my-job","command":"echo","args":[],"dependencies":[],"status":"pending",' +
      '"created_at":"2026-01-31T12:00:00.000Z","started_at":null,"completed_at":null,"error":null,' +
      '"exit_code":null,"signal":null,"attempts":0,"log":null,"usage":null}',
  );
});

test("options that differ from their default come last, before keys that we don't know; seconds stand on disk", () => {
  const spec = { ...plain, timeoutMs: 1500, priority: 2, extra: { note: { by: "me" } } };
  const record = {
    ...fresh,
    status: "failed" as const,
    attempts: 2,
    startedAt: 0,
    completedAt: 1,
    error: 'exit "1"',
    exitCode: 1,
    usage: { userMs: 1.5, systemMs: 0, maxRssKb: 900 },
  };
  const line = taskLine(spec, record, "j", "a.log");
  assert.ok(
    line.endsWith(
      '"started_at":"1970-01-01T00:00:00.000Z","completed_at":"1970-01-01T00:00:00.001Z","error":"exit \\"1\\"",' +
        '"exit_code":1,"signal":null,"attempts":2,"log":"a.log","usage":{"user_ms":1.5,"system_ms":0,"max_rss_kb":900},"timeout":1.5,"priority":2,"note":{"by":"me"}}',
    ),
    line,
  );
});

test("the journal form leaves out what is default", () => {
  assert.equal(specText(plain), '{"id":"a","command":"echo","created_at":"2026-01-31T12:00:00.000Z"}');
});

test("tasks without arguments, environment and the like share one object for them", () => {
  const other = specFromJson({ command: "x", args: [], dependencies: [] });
  assert.equal(other.args, plain.args);
  assert.equal(other.dependencies, plain.dependencies);
  assert.equal(other.env, plain.env);
  assert.equal(other.extra, plain.extra);
  assert.ok(Object.isFrozen(other.args) && Object.isFrozen(other.env));
});
