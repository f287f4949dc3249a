import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { until } from "../control/support.js";
import type { BenchResult } from "../../src/index.js";
import { makePlayground, type Playground } from "./support/cli.js";

const sleepy = [
  { id: "a", command: "sleep", args: ["0.05"] },
  { id: "b", command: "sleep", args: ["0.05"] },
];

/** The result that a bench has left. */
function resultOf({ dir }: Playground): BenchResult {
  const bench = join(dir, ".air-executor/bench");
  const last = readdirSync(bench).sort().at(-1)!;
  return JSON.parse(readFileSync(join(bench, last, "result.json"), "utf8")) as BenchResult;
}

test("bench prints a table with a row a point, what to choose, and where everything is", async (context) => {
  const playground = makePlayground(context);
  playground.write("job.json", sleepy);
  const { code, stdout, stderr } = await playground.run(["bench", "job.json", "-j", "1,2", "--repeat", "2", "--warmup", "0"]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^job {2}2 points, 4 runs, \d+ cores/);
  assert.match(stdout, /^AT A TIME +MEDIAN +95 % INTERVAL +SPEED-UP +EFFICIENCY +.*OURS$/m);
  assert.match(stdout, /^ +1 +.* baseline/m);
  assert.match(stdout, /^ +2 +.* too few runs/m);
  assert.match(stdout, /^ {2}knee +[12] at a time/m);
  assert.match(stdout, /^ {2}serial share /m);
  assert.match(stdout, /^ {2}critical path /m);
  assert.match(stdout, /^ {2}note +fewer than 5 runs/m);
  assert.match(stderr, /^1\/4 {2}[12] at a time: /m);
  assert.match(stderr, /^everything measured: .*\.air-executor\/bench\/job-\d+\/result\.json$/m);
  assert.equal(resultOf(playground).runs.length, 4);
});

test("with --json stdout is the result and nothing else, and --quiet says nothing", async (context) => {
  const playground = makePlayground(context);
  playground.write("job.json", sleepy);
  const { stdout, stderr } = await playground.run([
    "bench",
    "job.json",
    "-j",
    "2",
    "--repeat",
    "1",
    "--warmup",
    "0",
    "--json",
    "-q",
  ]);
  const { comparison, ...result } = JSON.parse(stdout) as BenchResult & { comparison: null };
  assert.deepEqual(result, resultOf(playground));
  assert.deepEqual([comparison, stderr], [null, ""]);
});

test("a run that fails is an exit code of 1 with the reason", async (context) => {
  const { write, run } = makePlayground(context);
  write("job.json", [{ id: "bad", command: "sh", args: ["-c", "exit 9"] }]);
  const { code, stdout } = await run(["bench", "job.json", "-j", "1", "--repeat", "3", "--warmup", "0"]);
  assert.equal(code, 1);
  assert.match(stdout, /^ +1 +0 of 2 +failed$/m);
  assert.match(stdout, /note +all runs of 1 at a time failed and are not counted: .*exit code 9/);
});

test("Ctrl-C keeps what was measured, and says that it was stopped", async (context) => {
  const playground = makePlayground(context);
  const { write, start, dir } = playground;
  write("job.json", [
    { id: "a", command: "sh", args: ["-c", "echo >> ran; test $(wc -l < ran) -lt 3 || { touch third; exec sleep 60; }"] },
  ]);
  const { process: bench, ended } = start([
    "bench",
    "job.json",
    "-j",
    "1",
    "--repeat",
    "9",
    "--warmup",
    "0",
    "--grace-period",
    "1",
  ]);
  await until(() => existsSync(join(dir, "third")));
  bench.kill("SIGINT");
  const { code, stdout, stderr } = await ended;
  assert.equal(code, 130);
  assert.match(stdout, /^job {2}1 point, 2 runs/);
  assert.match(stderr, /SIGINT: stopping; what was measured is kept/);
  assert.match(stderr, /stopped before its plan was through/);
  assert.deepEqual([resultOf(playground).ended, resultOf(playground).runs.length], ["stopped", 2]);
});

test("compared with an earlier result it uses its sweep, has a verdict a point, and fails above a limit", async (context) => {
  const { write, run, dir } = makePlayground(context);
  write("job.json", sleepy);
  const flags = ["--repeat", "5", "--warmup", "0", "-q"];
  const first = await run(["bench", "job.json", "-j", "2", ...flags, "--json"]);
  // As if it had taken a hundredth of the time before: how long anything takes here is nobody's to say.
  const earlier = JSON.parse(first.stdout) as BenchResult;
  const runs = earlier.runs.map((each) => ({ ...each, figures: { ...each.figures!, wall_ms: each.figures!.wall_ms / 100 } }));
  write("old.json", { ...earlier, runs });
  const worse = await run(["bench", "job.json", ...flags, "--compare", "old.json", "--fail-above", "10%"]);
  assert.equal(worse.code, 1, worse.stdout);
  assert.match(worse.stdout, /^2 at a time +.* slower, too much$/m);
  assert.match(worse.stdout, /^failed: 1 of 1 slower by more than 10 %, or broken$/m);
  const { code, stdout } = await run(["bench", "job.json", ...flags, "--compare", "old.json", "--json"]);
  assert.equal(code, 0, "without a limit nothing fails");
  const { comparison } = JSON.parse(stdout) as { comparison: { points: { verdict: string }[] } };
  assert.deepEqual(
    comparison.points.map(({ verdict }) => verdict),
    ["slower"],
  );
  assert.ok(existsSync(join(dir, "old.json")));
});

test("compared with an earlier result it takes the values of params that must be given from there", async (context) => {
  const { write, run } = makePlayground(context);
  write("job.json", { params: { word: null }, tasks: [{ id: "a", command: "test", args: ["{word}", "=", "fine"] }] });
  const flags = ["--repeat", "1", "--warmup", "0", "-q"];
  const first = await run(["bench", "job.json", "-j", "2", "--set", "word=fine", ...flags, "--json"]);
  write("old.json", JSON.parse(first.stdout));
  const { code, stdout, stderr } = await run(["bench", "job.json", ...flags, "--compare", "old.json", "--json"]);
  assert.equal(code, 0, stderr);
  const { plan } = JSON.parse(stdout) as BenchResult;
  assert.deepEqual([plan.concurrency, plan.params], [[2], { word: ["fine"] }]);
});

test("a task that takes more than there is at a point fails that point with the reason, and the others are measured", async (context) => {
  const { write, run } = makePlayground(context);
  write("job.json", [{ id: "wide", command: "true", resources: { cpu: 2 } }]);
  const { code, stdout, stderr } = await run(["bench", "job.json", "-j", "1,2", "--repeat", "2", "--warmup", "0"]);
  assert.equal(code, 1, stderr);
  assert.match(stdout, /^ +1 +0 of 2 +failed$/m);
  assert.match(stdout, /^ +2 +2 +\d/m);
  assert.match(stdout, /note +all runs of 1 at a time failed and are not counted: it takes 2 of cpu, and there is only 1/);
});

test("what a bench that was killed has left says that it was stopped", async (context) => {
  const playground = makePlayground(context);
  const { write, start, dir } = playground;
  const script = "echo >> ran; test $(wc -l < ran) -lt 3 || { touch third; exec sleep 5; }";
  write("job.json", [{ id: "a", command: "sh", args: ["-c", script] }]);
  const { process: bench, ended } = start(["bench", "job.json", "-j", "1", "--repeat", "9", "--warmup", "0"]);
  await until(() => existsSync(join(dir, "third")));
  bench.kill("SIGKILL");
  await ended;
  assert.equal(resultOf(playground).ended, "stopped");
});

test("what makes no sense is one clear error, and nothing is left behind", async (context) => {
  const { write, run, dir } = makePlayground(context);
  write("job.json", sleepy);
  write("old.json", { format: "air-executor-bench", version: 7 });
  const cases: [string[], RegExp][] = [
    [["-j", "1,x"], /--concurrency is "x": expected a whole number/],
    [["-j", ""], /--concurrency is "": expected a whole number/],
    [["-j", "1,1"], /concurrency: 1 is there twice/],
    [["--repeat", "0"], /--repeat is "0": expected a whole number from 1/],
    [["--warmup", "-1"], /--warmup/],
    [["--budget", "0"], /--budget is "0": expected seconds, more than 0/],
    [["--set", "shards"], /--set is "shards": expected a param and its values, such as shards=1,2,4/],
    [["--set", "a=1", "--set", "a=2"], /--set gives a twice/],
    [["--set", "a=[1"], /--set a: expected a JSON list/],
    [["-j", "1,2", "--repeat", "5000"], /10002 runs, more than 1000: bound the time with a budget \(--budget SECONDS\).*--yes/],
    [["--fail-above", "10%"], /--fail-above needs --compare/],
    [["--compare", "old.json"], /old\.json has version 7, expected 1/],
    [["--compare", "none.json"], /none\.json/],
    [["--compare", "job.json"], /job\.json is no result of a bench/],
  ];
  for (const [flags, message] of cases) {
    const { code, stderr } = await run(["bench", "job.json", ...flags]);
    assert.equal(code, 2, `${flags.join(" ")}: ${stderr}`);
    assert.match(stderr, message);
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
  }
  assert.match((await run(["bench", "-"])).stderr, /bench reads the job anew for each point: give it a file/);
  assert.equal(existsSync(join(dir, ".air-executor/bench")), false);
});
