import assert from "node:assert/strict";
import { test } from "node:test";
import { readJob } from "../../../../src/store/text/job-file.js";
import type { ExpandWishes } from "../../../../src/store/text/template/expand-job.js";

async function read(file: unknown, wishes: ExpandWishes = {}): ReturnType<typeof readJob> {
  const text = typeof file === "string" ? file : JSON.stringify(file);
  return readJob(text, { fileName: typeof file === "string" ? "job.yaml" : "job.json", now: 0, ...wishes });
}

async function faultsOf(file: unknown, wishes: ExpandWishes = {}): Promise<string[]> {
  return (await read(file, wishes)).faults.map(
    ({ place, message }) => `${place.replace(/^job\.\w+:\d+:\d+(?:: )?/, "")}: ${message}`,
  );
}

test("params are put into every string of the file, and what is set goes before what the file says", async () => {
  const file = {
    name: "report-{date}",
    params: { date: null, shards: 8, mode: "fast", isDry: false },
    env: { MODE: "{mode}" },
    concurrency: "{shards}",
    defaults: { cwd: "out/{date}", timeout: "{shards}" },
    tasks: [
      { id: "get-{date}", command: "get", args: ["{date}", "{isDry}", "{ print }"] },
      { command: "x", dependencies: ["get-{date}"] },
    ],
  };
  const { job, faults, warnings } = await read(file, { params: { date: "2026-11-29", mode: "slow" } });
  assert.deepEqual([faults, warnings], [[], []]);
  const [first, second] = job.tasks;
  assert.deepEqual([job.name, job.env, job.concurrency], ["report-2026-11-29", { MODE: "slow" }, 8]);
  assert.deepEqual(
    [first!.id, first!.args, first!.cwd, first!.timeoutMs],
    ["get-2026-11-29", ["2026-11-29", "false", "{ print }"], "out/2026-11-29", 8000],
  );
  assert.deepEqual(second!.dependencies, ["get-2026-11-29"]);
});

test("params make ranges, and ids with params and keys find each other", async () => {
  const file = {
    params: { shards: 2, date: "d" },
    tasks: [
      { id: "p-{date}-{shard}", command: "x", matrix: { shard: "1..{shards}" } },
      { id: "m", command: "x", dependencies: ["p-{date}-{shard}"] },
    ],
  };
  for (const shards of [1, 3]) {
    const { job, faults } = await read(file, { params: { shards } });
    assert.deepEqual(faults, []);
    assert.deepEqual(
      job.tasks.at(-1)!.dependencies,
      Array.from({ length: shards }, (_, index) => `p-d-${index + 1}`),
    );
    assert.equal(job.tasks[0]!.matrixOf, "p-d-{shard}");
  }
});

test("a number is put in as it is written", async () => {
  const { job } = await read(
    "params: { version: 3.10, big: 12345678901234567890 }\ntasks: [{ command: x, args: ['{version}', '{big}'] }]",
  );
  assert.deepEqual(job.tasks[0]!.args, ["3.10", "12345678901234567890"]);
});

const tasks = [{ command: "x", args: ["{a}", "{b}", "{c}"] }];

test("params without a value are one fault that lists them all", async () => {
  assert.deepEqual(await faultsOf({ params: { a: null, b: null, c: 1 }, tasks }), [
    "params: params have no value: a, b; give them with --set a=… --set b=…",
  ]);
  assert.deepEqual(await faultsOf({ params: { a: null, b: 1, c: 1 }, tasks }), [
    "params: a param has no value: a; give it with --set a=…",
  ]);
});

test("a param that the file doesn't have is refused with a suggestion", async () => {
  assert.deepEqual(await faultsOf({ params: { a: 1, b: 1, date: 1 }, tasks: [] }, { params: { dat: "x" } }), [
    'params: there is no param "dat" in this job: did you mean "date"?',
  ]);
  for (const file of [{ tasks: [] }, []])
    assert.match((await faultsOf(file, { params: { a: 1 } }))[0]!, /there is no param "a" in this job, which has none$/);
});

test("params that are none are refused", async () => {
  assert.deepEqual(await faultsOf({ params: ["a"], tasks: [] }), [
    'params: expected an object such as {"date": null, "shards": 8}, got a list',
  ]);
  assert.deepEqual(await faultsOf({ params: { "a b": 1, list: [1] }, tasks: [] }), [
    'params["a b"]: expected a name of letters, digits, "_" and "-", the first of them a letter, got "a b"',
    "params.list: expected a text, a number, true, false, or null for one that must be given, got a list",
  ]);
  assert.deepEqual(await faultsOf({ params: { shard: 1 }, tasks: [{ id: "p-{shard}", command: "x", matrix: { shard: [1] } }] }), [
    'tasks[0] ("p-{shard}").matrix.shard: a param is called "shard" too: give one of them another name',
  ]);
});

test("a param that nobody uses is a warning at its place", async () => {
  const { faults, warnings } = await read('{"params": {"a": 1,\n "unused": 2}, "tasks": [{"command": "{a}"}]}');
  assert.deepEqual(faults, []);
  assert.deepEqual(warnings, [{ place: "job.yaml:2:2: params.unused", message: "no string of the file has `{unused}` in it" }]);
});

test("a number in quotes stays a fault unless it came of a param", async () => {
  assert.match((await faultsOf({ params: { n: 3 }, tasks: [{ command: "x", retries: "3" }] }))[0]!, /write 3 without quotes/);
  assert.match((await faultsOf({ params: { n: "x" }, tasks: [{ command: "x", retries: "{n}" }] }))[0]!, /got the text "x"/);
});
