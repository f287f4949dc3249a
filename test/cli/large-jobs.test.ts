/** Jobs of many tasks, shown in a screenful. */

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { makePlayground, type Playground } from "./support/cli.js";

const SCREEN = 24;

/** As an engine leaves it: prepare → 10,000 shards of a matrix, three of which failed → one merge for each hundred → report. */
function largeJob(context: TestContext): Playground {
  const playground = makePlayground(context);
  const dir = join(playground.dir, ".air-executor/jobs/large");
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const task = (id: string, dependencies: string[], status: string, more: object = {}): object => ({
    ...{ id, job_name: "large", command: "x", args: [], dependencies, status, created_at: "2026-01-31T12:00:00.000Z" },
    ...{ started_at: null, completed_at: null, error: null, exit_code: null, signal: null, attempts: 1, log: null },
    ...more,
  });
  const failed = (index: number): boolean => index % 4000 === 7;
  const shards = Array.from({ length: 10_000 }, (_, index) =>
    task(`shard-${index}`, ["prepare"], failed(index) ? "failed" : "completed", {
      matrix_of: "shard-{n}",
      error: failed(index) ? "exit code 1" : null,
    }),
  );
  const merges = Array.from({ length: 100 }, (_, index) =>
    task(
      `merge ${index}`,
      Array.from({ length: 100 }, (__, shard) => `shard-${index * 100 + shard}`),
      "pending",
    ),
  );
  const tasks = [task("prepare", [], "completed"), ...shards, ...merges, task("report", ["merge 1"], "pending")];
  const counts = { total: 10_102, pending: 101, running: 0, completed: 9998, failed: 3, skipped: 0, cancelled: 0 };
  const state = {
    id: "large-1",
    name: "large",
    state: "waiting",
    created_at: "2026-01-31T12:00:00.000Z",
    owner: "run",
    counts,
    error: null,
  };
  writeFileSync(join(dir, "state.json"), JSON.stringify(state));
  writeFileSync(join(dir, "tasks.json"), `[\n${tasks.map((each) => JSON.stringify(each)).join(",\n")}\n]\n`);
  return playground;
}

test("status shows ten thousand tasks in a screenful: groups with their counts, and what wants attention", async (context) => {
  const { run } = largeJob(context);
  const { stdout } = await run(["status", "large"]);
  assert.ok(stdout.split("\n").length <= SCREEN, stdout);
  assert.match(stdout, /^shard-\{n\} +10,000 +9,997 +3 *$/m);
  assert.match(stdout, /^merge \* +100 +100 *$/m);
  assert.match(stdout, /^prepare +1 +1 *$/m);
  assert.match(stdout, /^shard-4007 +failed.*exit code 1$/m);
  assert.match(stdout, /10,099 more; --all shows every task, --state failed those/);
});

test("status --state shows all tasks of a status and no others, also as JSON", async (context) => {
  const { run } = largeJob(context);
  const { stdout } = await run(["status", "large", "--state", "failed"]);
  assert.deepEqual(stdout.match(/^\S+(?= +failed)/gm), ["shard-7", "shard-4007", "shard-8007"]);
  const { tasks } = JSON.parse((await run(["status", "large", "--json", "--state", "pending"])).stdout) as { tasks: unknown[] };
  assert.equal(tasks.length, 101);
  assert.match((await run(["status", "large", "--state", "running"])).stdout, /no task is running/);
  assert.match((await run(["status", "--run", "x"])).stderr, /--run is for one job: air-executor status JOB --run x/);
  const wrong = await run(["status", "large", "--state", "faild"]);
  assert.deepEqual([wrong.code, /expected pending, running, .* or cancelled/.test(wrong.stderr)], [2, true]);
  assert.equal((await run(["status", "--state", "failed"])).code, 2);
});

test("status --all shows every task", async (context) => {
  const { run } = largeJob(context);
  assert.ok((await run(["status", "large", "--all"])).stdout.split("\n").length > 10_102);
});

test("graph folds a large job into its groups, in each language, and --all draws every task", async (context) => {
  const { run } = largeJob(context);
  const { stdout, stderr } = await run(["graph", "large"]);
  assert.ok(stdout.split("\n").length <= SCREEN, stdout);
  assert.match(stdout, /│ {3}shard-\{n\} \(10,000 tasks\) {2}failed {2}← prepare$/m);
  assert.match(stdout, /│ {3}merge \* \(100 tasks\) {2}pending {2}← shard-\{n\} \(10,000 tasks\)$/m);
  assert.match(stderr, /10,102 tasks are folded into 4 groups; --all draws every task/);
  assert.equal((await run(["graph", "large", "--format", "dot"])).stdout.match(/->/g)?.length, 3);
  assert.equal((await run(["graph", "large", "--all"])).stdout.match(/ {3}shard-\d+ /g)?.length, 10_000);
  const { tasks } = JSON.parse((await run(["graph", "large", "--json"])).stdout) as { tasks: unknown[] };
  assert.equal(tasks.length, 10_102);
});

test("a job file is folded likewise, and more tasks than anybody means need a word", async (context) => {
  const { write, run } = makePlayground(context);
  write("many.json", [{ id: "n-{n}", command: "x", matrix: { n: "1..150000" } }]);
  const refused = await run(["validate", "many.json"]);
  assert.deepEqual(
    [refused.code, /150,000 tasks, more than 100,000: say --yes if that is meant/.test(refused.stderr)],
    [2, true],
  );
  assert.match(
    (await run(["validate", "many.json", "--yes"])).stdout,
    /150,000 tasks, 0 dependencies\n {2}n-\{n\}: 150,000 tasks\n$/,
  );
  write("some.json", [
    { id: "n-{n}", command: "x", matrix: { n: "1..500" } },
    { id: "m", command: "x", dependencies: ["n-{n}"] },
  ]);
  assert.match((await run(["graph", "some.json"])).stdout, /m {2}← n-\{n\} \(500 tasks\)/);
});
