/** The library's bench with real engines and real tasks. */

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { AirExecutor, type BenchOptions, type BenchResult, type JobInput } from "../../src/index.js";
import { until } from "../control/support.js";

interface Place {
  readonly root: string;
  readonly executor: AirExecutor;
}

async function place(context: TestContext): Promise<Place> {
  const root = mkdtempSync(join(tmpdir(), "air-executor-bench-"));
  const executor = await AirExecutor.open({ dir: join(root, "air"), graceMs: 1_000 });
  context.after(async () => {
    await executor.close();
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  });
  return { root, executor };
}

const sh = (
  id: string,
  script: string,
  dependencies: readonly string[] = [],
): { id: string; command: string; args: string[]; dependencies: string[] } => {
  return { id, command: "sh", args: ["-c", script], dependencies: [...dependencies] };
};

const short: BenchOptions = { name: "job", concurrency: [1], repeat: 2, warmup: 0 };

function roundsOf({ runs }: BenchResult, point: number): number[] {
  return runs.filter((run) => run.point === point).map(({ round }) => round);
}

test("each point is run as often as planned, each run in a directory of its own, with a record that can be read", async (context) => {
  const { executor, root } = await place(context);
  const job = ({ params: { shards } }: { params: Record<string, unknown> }): JobInput => [
    sh("prepare", "true"),
    ...Array.from({ length: Number(shards) }, (_, index) => sh(`process-${index}`, "true", ["prepare"])),
  ];
  const result = await executor.bench(job, {
    name: "job",
    concurrency: [1, 2],
    params: { shards: [1, 3] },
    repeat: 2,
    warmup: 1,
  });
  assert.equal(result.ended, "complete");
  assert.deepEqual(
    result.points.map(({ concurrency, params, label, runs }) => [concurrency, params, label, runs]),
    [
      [1, { shards: 1 }, "1 shard, 1 at a time", 2],
      [2, { shards: 1 }, "1 shard, 2 at a time", 2],
      [1, { shards: 3 }, "3 shards, 1 at a time", 2],
      [2, { shards: 3 }, "3 shards, 2 at a time", 2],
    ],
  );
  for (const point of [0, 1, 2, 3]) assert.deepEqual(roundsOf(result, point), [0, 1, 2]);
  for (const { dir, point, figures, warmup, round } of result.runs) {
    assert.equal(warmup, round === 0);
    assert.equal(figures!.tasks, point < 2 ? 2 : 4);
    const tasks = JSON.parse(readFileSync(join(result.dir, dir, "jobs/job/tasks.json"), "utf8")) as { status: string }[];
    assert.ok(tasks.every(({ status }) => status === "completed"));
  }
  assert.equal(new Set(result.runs.map(({ dir }) => dir)).size, 12);
  assert.ok(result.dir.startsWith(join(root, "air/bench/job-")));
  assert.deepEqual(JSON.parse(readFileSync(join(result.dir, "result.json"), "utf8")), JSON.parse(JSON.stringify(result)));
});

test("the accounts of a run add up: the path to its time, the slots to theirs", async (context) => {
  const { executor } = await place(context);
  const tasks = ["a", "b", "c"].map((id) => sh(id, "sleep 0.05"));
  const { runs } = await executor.bench([...tasks, sh("d", "true", ["a", "b", "c"])], { ...short, concurrency: [2], repeat: 1 });
  const { path, wall_ms, pipeline_ms, own_ms, slots, longest_chain_ms, widest } = runs[0]!.figures!;
  const isClose = (a: number, b: number): void => assert.ok(Math.abs(a - b) < 1e-6, `${a} and ${b}`);
  isClose(path.run_ms + path.slot_wait_ms + path.limit_ms + path.delay_ms + path.own_ms, wall_ms);
  isClose(pipeline_ms + own_ms, wall_ms);
  const { total_ms, ...accounts } = slots;
  isClose(
    Object.values(accounts).reduce((sum, ms) => sum + ms, 0),
    total_ms,
  );
  isClose(total_ms, 2 * wall_ms);
  assert.ok(longest_chain_ms <= pipeline_ms);
  assert.equal(widest, 3);
  assert.equal(path.tasks.at(-1)!.id, "d");
});

test("runs that fail are told with their reason, and not averaged", async (context) => {
  const { executor, root } = await place(context);
  const job = ({ concurrency }: { concurrency: number }): JobInput =>
    concurrency === 1
      ? [sh("fine", "true")]
      : // Every other time.
        [sh("now-and-then", `test -e ${root}/mark && rm ${root}/mark || { touch ${root}/mark; exit 7; }`)];
  const result = await executor.bench(job, { ...short, concurrency: [1, 2], repeat: 4 });
  const [fine, flaky] = result.points;
  assert.deepEqual([fine!.runs, fine!.failed, flaky!.runs, flaky!.failed], [4, 0, 2, 2]);
  const failed = result.runs.filter(({ outcome }) => outcome === "failed");
  for (const { figures, error } of failed) {
    assert.equal(figures, null);
    assert.match(error!, /now-and-then.*exit code 7/);
  }
  assert.match(result.warnings.join("\n"), /2 of 4 runs of 2 at a time failed and are not counted: .*exit code 7/);
});

test("a job that always fails is tried twice and has no figures", async (context) => {
  const { executor } = await place(context);
  const result = await executor.bench([sh("bad", "exit 3")], { ...short, repeat: 5 });
  assert.equal(result.runs.length, 2);
  assert.deepEqual([result.points[0]!.wall, result.baseline, result.knee, result.fastest], [null, null, null, null]);
  assert.match(result.warnings.join("\n"), /all runs of 1 at a time failed/);
});

test("commands before and after each run find its point, and their time is not counted", async (context) => {
  const { executor, root } = await place(context);
  const say = (word: string): string =>
    `echo ${word} $BENCH_concurrency $BENCH_mode >> ${root}/said; test -d "$BENCH_dir" && echo there >> ${root}/said; true`;
  const result = await executor.bench(() => [sh("task", `echo task >> ${root}/said`)], {
    ...short,
    params: { mode: ["fast"] },
    repeat: 1,
    prepare: say("before"),
    cleanup: say("after"),
  });
  assert.equal(result.runs[0]!.outcome, "completed");
  assert.deepEqual(readFileSync(join(root, "said"), "utf8").trim().split("\n"), [
    "before 1 fast",
    "task",
    "after 1 fast",
    "there",
  ]);
});

test("a run whose preparation or cleaning up fails is a failed run, and says what was said", async (context) => {
  const { executor, root } = await place(context);
  const job = [sh("task", `touch ${root}/ran`)];
  const before = await executor.bench(job, { ...short, repeat: 1, prepare: "echo no data >&2; exit 4" });
  assert.equal(before.runs[0]!.error, "--prepare ended with 4: no data");
  assert.equal(existsSync(join(root, "ran")), false);
  const after = await executor.bench(job, { ...short, repeat: 1, cleanup: "exit 5" });
  assert.equal(after.runs[0]!.error, "--cleanup ended with 5");
});

test("a bench that is stopped keeps what was measured, cleans up and leaves nothing running", async (context) => {
  const { executor, root } = await place(context);
  const job = (): JobInput => [
    sh("task", `echo >> ${root}/ran; test $(wc -l < ${root}/ran) -lt 3 || { touch ${root}/third; exec sleep 60; }`),
  ];
  const running = executor.bench(job, { ...short, repeat: 5, cleanup: `echo >> ${root}/cleaned` });
  await until(() => existsSync(join(root, "third")));
  await executor.stop({ graceMs: 0 });
  const result = await running;
  assert.equal(result.ended, "stopped");
  assert.deepEqual([result.runs.length, result.points[0]!.runs], [2, 2]);
  assert.equal(readFileSync(join(root, "cleaned"), "utf8").length, 3, "after the stopped run too");
  await assert.rejects(executor.bench(job, short), { code: "AIR_CLOSED" });
});

test("a budget ends the run that exceeds it, and what was measured before stays", async (context) => {
  const { executor, root } = await place(context);
  const job = (): JobInput => [sh("task", `test ! -e ${root}/one && touch ${root}/one || exec sleep 60`)];
  const result = await executor.bench(job, { name: "job", concurrency: [1], warmup: 0, budgetMs: 3_000 });
  assert.equal(result.ended, "budget");
  assert.equal(result.runs.length, 1);
});

test("a job that is wrong at one point is refused before anything runs", async (context) => {
  const { executor, root } = await place(context);
  const job = ({ concurrency }: { concurrency: number }): JobInput =>
    concurrency === 1 ? [sh("a", `touch ${root}/ran`)] : [sh("a", "true", ["nobody"])];
  await assert.rejects(executor.bench(job, { ...short, concurrency: [1, 2] }), { code: "AIR_INVALID_JOB" });
  assert.equal(existsSync(join(root, "ran")), false);
  assert.equal(existsSync(join(root, "air/bench")), false);
});

test("options that make no sense are named", async (context) => {
  const { executor } = await place(context);
  const wrong: [BenchOptions, RegExp][] = [
    [{ concurrency: [] }, /concurrency: expected a list of whole numbers from 1 to 100000, got \[\]/],
    [{ concurrency: [1, 0] }, /concurrency: expected whole numbers.*got 0/],
    [{ concurrency: [2, 2] }, /concurrency: 2 is there twice/],
    [{ params: { shards: [] } }, /params\.shards: expected a list/],
    [{ params: { shards: [{} as number] } }, /params\.shards: expected texts, numbers or truth values/],
    [{ repeat: 0 }, /repeat: expected a whole number of at least 1, got 0/],
    [{ warmup: -1 }, /warmup/],
    [{ budgetMs: 0 }, /budgetMs/],
    [{ repeats: 3 } as BenchOptions, /repeats: there is no such option: did you mean repeat\?/],
    [{ concurrency: [1, 2], repeat: 5_000 }, /2 points × 5001 runs are 10002 runs, more than 1000: bound the time/],
    [{ name: "../x" }, /name: expected a job name/],
  ];
  for (const [options, message] of wrong) {
    await assert.rejects(executor.bench([sh("a", "true")], options), { code: "AIR_USAGE", message });
  }
});
