import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makePlayground } from "./support/cli.js";

test("run --once runs nothing if the last run of just these tasks completed", async (t) => {
  const { run, write, dir } = makePlayground(t);
  const ran = (): string => readFileSync(join(dir, "ran"), "utf8");
  const job = (text: string): object => [{ id: "a", command: "sh", args: ["-c", `echo ${text} >> ran; test -e ready`] }];
  write("job.json", job("x"));
  assert.equal((await run(["run", "job.json", "--once"])).code, 1);
  // It failed: so it runs again.
  writeFileSync(join(dir, "ready"), "");
  assert.equal((await run(["run", "job.json", "--once"])).code, 0);
  assert.equal(ran(), "x\nx\n");
  const again = await run(["run", "job.json", "--once"]);
  assert.deepEqual([again.code, again.stdout, again.stderr], [0, "", "job has completed before, just so: nothing is run\n"]);
  assert.equal(ran(), "x\nx\n");
  assert.equal(readdirSync(join(dir, ".air-executor/jobs/job/runs")).length, 1);
  const json = JSON.parse((await run(["run", "job.json", "--once", "--json", "-q"])).stdout) as {
    state: string;
    interrupted: boolean;
  };
  assert.deepEqual([json.state, json.interrupted], ["completed", false]);
  // Another task, or another run without the option, is run.
  write("job.json", job("y"));
  assert.equal((await run(["run", "job.json", "--once"])).code, 0);
  assert.equal((await run(["run", "job.json"])).code, 0);
  assert.equal(ran(), "x\nx\ny\ny\n");
});

test("a run whose end nobody was told is told with a word that nothing is run", async (t) => {
  const { run, write, dir } = makePlayground(t);
  for (const [command, code] of [
    ["true", 0],
    ["false", 1],
  ] as const) {
    write("job.json", [{ id: "a", command }]);
    assert.equal((await run(["run", "job.json"])).code, code);
    // As of one that was killed at its very end.
    rmSync(join(dir, ".air-executor/jobs/job/state.json"));
    const told = await run(["run", "job.json"]);
    assert.equal(told.code, code);
    assert.match(told.stderr, /^job has ended before: nothing is run \(--fresh begins anew\)\njob (completed|failed)/);
    const again = await run(["run", "job.json"]);
    assert.equal(again.code, code);
    assert.doesNotMatch(again.stderr, /nothing is run/);
  }
});

test("a job without tasks, which ends as it begins, is not told as one that had ended before", async (t) => {
  const { run, write } = makePlayground(t);
  write("job.json", []);
  for (let times = 0; times < 2; times++) {
    const { code, stderr } = await run(["run", "job.json"]);
    assert.equal(code, 0);
    assert.match(stderr, /^job completed: 0 tasks/);
  }
});

test("run --once goes on with what is unfinished", async (t) => {
  const { run, start, write, dir } = makePlayground(t);
  write("job.json", [
    { id: "a", command: "sh", args: ["-c", "echo a >> ran"] },
    { id: "b", command: "sh", args: ["-c", "echo b >> ran; test -e ready || exec sleep 60"], dependencies: ["a"] },
  ]);
  const first = start(["run", "job.json", "--once", "--grace-period", "1"]);
  const ran = (): string => {
    try {
      return readFileSync(join(dir, "ran"), "utf8");
    } catch {
      return "";
    }
  };
  const { waitUntil } = await import("../support/wait-until.js");
  assert.ok(await waitUntil(() => ran() === "a\nb\n"));
  first.process.kill("SIGINT");
  assert.equal((await first.ended).code, 130);
  writeFileSync(join(dir, "ready"), "");
  assert.equal((await run(["run", "job.json", "--once"])).code, 0);
  assert.equal(ran(), "a\nb\nb\n");
});

test("an unfinished run is not gone on with under other variables than it was begun with, nor is a map", async (t) => {
  const { run, write, dir } = makePlayground(t);
  const job = (value: string): object => ({
    env: { A: value },
    tasks: [{ id: "a", command: "sh", args: ["-c", "echo $A >> ran"] }],
  });
  write("job.json", job("1"));
  assert.equal((await run(["run", "job.json"])).code, 0);
  assert.equal((await run(["add", "job", "--id", "b", "--", "true"])).code, 0);
  write("job.json", job("2"));
  const refused = await run(["run", "job.json"]);
  assert.deepEqual(
    [refused.code, /unfinished run with other tasks \(its `env` was changed\).*--fresh/.test(refused.stderr)],
    [2, true],
  );
  assert.equal((await run(["run", "job.json", "--fresh"])).code, 0);
  assert.equal(readFileSync(join(dir, "ran"), "utf8"), "1\n2\n");
  const map = (value: string, ...more: string[]): string[] => [
    "map",
    "-q",
    "--name",
    "m",
    "-j1",
    "--env",
    `A=${value}`,
    ...more,
    "sh",
    "-c",
    "echo $A",
    ":::",
    "1",
    "2",
  ];
  assert.equal((await run(map("1", "--halt", "soon,done=1"))).stdout, "1\n");
  const other = await run(map("2"));
  assert.deepEqual(
    [other.code, /"m" is unfinished, and was begun as another one: .*--env A=1.*--fresh/.test(other.stderr)],
    [2, true],
  );
  assert.equal((await run(map("1"))).stdout, "1\n");
});

test("prune leaves alone an unfinished run that --fresh put aside, and status says how to go on with it", async (t) => {
  const { run, write, dir } = makePlayground(t);
  write("job.json", [{ id: "a", command: "true" }]);
  assert.equal((await run(["run", "job.json"])).code, 0);
  assert.equal((await run(["add", "job", "--id", "b", "--", "true"])).code, 0);
  assert.equal((await run(["run", "job.json", "--fresh"])).code, 0);
  const [aside = ""] = readdirSync(join(dir, ".air-executor/jobs/job/runs"));
  assert.match(
    (await run(["status", "job", "--run", aside])).stdout,
    /waits for .* to go on with it move its directory into jobs\//,
  );
  const { stdout } = await run(["prune", "--keep", "0", "--json"]);
  assert.deepEqual((JSON.parse(stdout) as { removed: unknown[] }).removed, []);
  assert.deepEqual(readdirSync(join(dir, ".air-executor/jobs/job/runs")), [aside]);
  renameSync(join(dir, ".air-executor/jobs/job/runs", aside), join(dir, ".air-executor/jobs", aside));
  assert.equal((await run(["run", `.air-executor/jobs/${aside}`])).code, 0);
  // Of other programs.
  writeFileSync(join(dir, ".air-executor/jobs/job/runs/.DS_Store"), "");
  mkdirSync(join(dir, ".air-executor/jobs/job/runs/empty"));
  assert.equal((JSON.parse((await run(["prune", "--keep", "0", "--json"])).stdout) as { removed: unknown[] }).removed.length, 2);
});

test("run DIR begins nothing anew and gives no other name: --fresh and --name are refused there", async (t) => {
  const { run, write, dir } = makePlayground(t);
  write("job.json", [{ command: "true" }]);
  assert.equal((await run(["run", "job.json"])).code, 0);
  for (const option of [["--fresh"], ["--name", "other"]]) {
    const { code, stderr } = await run(["run", ".air-executor/jobs/job", ...option]);
    assert.deepEqual([code, stderr.includes(`a job that is there already: ${option[0]} is for a job file`)], [2, true]);
  }
  assert.deepEqual(readdirSync(join(dir, ".air-executor/jobs")), ["job"]);
});

test("run --once makes no sense with --fresh, or for a directory", async (t) => {
  const { run, write } = makePlayground(t);
  write("job.json", [{ command: "true" }]);
  assert.match((await run(["run", "job.json", "--once", "--fresh"])).stderr, /--fresh and --once/);
  assert.equal((await run(["run", "job.json"])).code, 0);
  const { code, stderr } = await run(["run", ".air-executor/jobs/job", "--once"]);
  assert.deepEqual([code, /--once is for a job file/.test(stderr)], [2, true]);
});
