import assert from "node:assert/strict";
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { atGate, run as task, until } from "../control/support.js";
import { madeUpBench } from "../report/made-up-bench.js";
import { makePlayground } from "./support/cli.js";

/** The data of a page. */
function dataOf(html: string): {
  run: { name: string; note: string | null; state: string; tasks: { rest: string[] }; slots: number } | null;
  bench: object | null;
} {
  return JSON.parse(/<script type="application\/json" id="data">(.*)<\/script>/.exec(html)![1]!) as ReturnType<typeof dataOf>;
}

test("report writes the page of a job into one file, and says where", async (context) => {
  const { write, run, dir } = makePlayground(context);
  write("job.json", [task("a", "true"), task("b", "true", ["a"])]);
  await run(["run", "job.json", "-q"]);
  const { code, stdout, stderr } = await run(["report", "job"]);
  assert.deepEqual([code, stdout, stderr], [0, "", "written: job-report.html\n"]);
  const html = readFileSync(join(dir, "job-report.html"), "utf8");
  const { run: data, bench } = dataOf(html);
  assert.deepEqual([data!.name, data!.state, data!.note, data!.tasks.rest, bench], ["job", "completed", null, ["a", "b"], null]);
  const again = await run(["report", "job", "--output", "other.html", "--json"]);
  assert.deepEqual(JSON.parse(again.stdout), { path: join(dir, "other.html"), bytes: Buffer.byteLength(html), note: null });
  assert.equal((await run(["report", "job", "--output", "-"])).stdout, html);
});

test("a page has as many slots as the engine had, within the job's own limit, however few were taken", async (context) => {
  const { write, run } = makePlayground(context);
  write("job.json", [task("a", "true"), task("b", "true", ["a"])]);
  await run(["run", "job.json", "-q", "-j", "7"]);
  assert.equal(dataOf((await run(["report", "job", "--output", "-"])).stdout).run!.slots, 7);
  write("job.json", { concurrency: 3, tasks: [task("a", "true")] });
  await run(["run", "job.json", "-q", "-j", "7"]);
  assert.equal(dataOf((await run(["report", "job", "--output", "-"])).stdout).run!.slots, 3);
});

test("an earlier run has a page too, and a run that is not there has none", async (context) => {
  const { write, run, dir } = makePlayground(context);
  write("job.json", [task("old", "true")]);
  await run(["run", "job.json", "-q"]);
  write("job.json", [task("new", "true")]);
  await run(["run", "job.json", "-q"]);
  const [earlier] = readdirSync(join(dir, ".air-executor/jobs/job/runs"));
  const page = await run(["report", "job", "--run", earlier!, "--output", "-"]);
  assert.deepEqual(dataOf(page.stdout).run!.tasks.rest, ["old"]);
  const { code, stderr } = await run(["report", "job", "--run", "job-1"]);
  assert.equal(code, 2);
  assert.match(stderr, /job "job" has no run "job-1"; its runs: /);
});

test("of a job that still runs it shows what is known, and says so", async (context) => {
  const playground = makePlayground(context);
  const { write, run, start, dir } = playground;
  write("job.json", [task("first", "true"), { ...atGate("second"), dependencies: ["first"] }]);
  const { ended } = start(["run", "job.json", "-q"]);
  const tasks = join(dir, ".air-executor/jobs/job/tasks.json");
  await until(() => existsSync(tasks) && readFileSync(tasks, "utf8").includes('"running"'));
  const { code, stdout, stderr } = await run(["report", "job", "--output", "-"]);
  assert.equal(code, 0);
  assert.match(stderr, /^This run is not over; what is known so far is shown\.$/m);
  assert.equal(dataOf(stdout).run!.note, "This run is not over; what is known so far is shown.");
  write("gate", "");
  assert.equal((await ended).code, 0);
});

test("a damaged record gives what stands before the damage, and says so", async (context) => {
  const { write, run, dir } = makePlayground(context);
  write("job.json", [task("a", "true")]);
  await run(["run", "job.json", "-q"]);
  const journal = join(dir, ".air-executor/jobs/job/journal.ndjson");
  const lines = readFileSync(journal, "utf8").split("\n");
  lines[3] = lines[3]!.replace("attempt", "atempt");
  writeFileSync(journal, lines.join("\n"));
  const { code, stdout } = await run(["report", "job", "--output", "-"]);
  assert.equal(code, 0);
  assert.match(dataOf(stdout).run!.note!, /damaged; what stands before the damage is shown/);
});

test("a bench is told by the file that it left, or by its name", async (context) => {
  const { write, run, dir } = makePlayground(context);
  const result = madeUpBench();
  write("result.json", result);
  assert.notEqual(dataOf((await run(["report", "result.json", "--output", "-"])).stdout).bench, null);
  mkdirSync(join(dir, ".air-executor/bench/job-1"), { recursive: true, mode: 0o700 });
  writeFileSync(join(dir, ".air-executor/bench/job-1/result.json"), JSON.stringify(result));
  assert.equal((await run(["report", "job-1"])).stderr, "written: job-bench-report.html\n");
});

test("what is no result of a bench, or one of another version, is refused with what was expected", async (context) => {
  const { write, run } = makePlayground(context);
  const cases: [string, object | string, RegExp][] = [
    ["a.json", "no JSON", /a\.json is no result of a bench: expected what bench --json prints/],
    ["b.json", [{ command: "true" }], /b\.json is no result of a bench/],
    ["c.json", { ...madeUpBench(), version: 9 }, /c\.json has version 9, expected 1: measure it anew/],
    ["d.json", { ...madeUpBench(), runs: [{ point: 77, figures: null }] }, /d\.json is not whole/],
    ["e.json", { ...madeUpBench(), points: null }, /e\.json is not whole/],
  ];
  for (const [name, content, message] of cases) {
    write(name, content);
    const { code, stderr } = await run(["report", name, "--output", "-"]);
    assert.equal(code, 2, name);
    assert.match(stderr, message);
  }
});

test("an unknown job is told with a suggestion, one that was only dropped has nothing to show", async (context) => {
  const { run, dir } = makePlayground(context);
  assert.equal((await run(["report", "nothing"])).code, 2);
  assert.ok(!existsSync(join(dir, ".air-executor")), "nothing is made for it");
  const job = join(dir, ".air-executor/jobs/pipeline");
  mkdirSync(job, { recursive: true, mode: 0o700 });
  writeFileSync(
    join(job, "state.json"),
    JSON.stringify({ id: "pipeline-1", name: "pipeline", state: "waiting", created_at: "2026" }),
  );
  assert.match((await run(["report", "pipelin"])).stderr, /there is no job "pipelin".*did you mean pipeline\?/);
  const { code, stderr } = await run(["report", "pipeline"]);
  assert.equal(code, 2);
  assert.match(stderr, /nothing of job "pipeline" is on record yet/);
});

test("a page that can't be written leaves what was there, and says why", async (context) => {
  const { write, run, dir } = makePlayground(context);
  write("job.json", [task("a", "true")]);
  await run(["run", "job.json", "-q"]);
  mkdirSync(join(dir, "there"));
  const directory = await run(["report", "job", "--output", "there"]);
  assert.equal(directory.code, 2);
  assert.match(directory.stderr, /--output there is a directory/);
  const missing = await run(["report", "job", "--output", "no/such/page.html"]);
  assert.equal(missing.code, 3);
  assert.match(missing.stderr, /no\/such\/page\.html/);
  const full = await run(["report", "job", "--output", "/dev/full"]);
  assert.equal(full.code, 3);
  assert.match(
    full.stderr,
    /\/dev\/full can't be written: the disk is full or read-only \(ENOSPC\); make room, or choose another file with --output$/m,
  );
  assert.equal(lstatSync("/dev/full").isCharacterDevice(), true);
});

test("nothing is written through a link that somebody put in the place of the page or of its making", async (context) => {
  const { write, run, dir } = makePlayground(context);
  write("job.json", [task("a", "true")]);
  await run(["run", "job.json", "-q"]);
  write("precious", "precious");
  symlinkSync(join(dir, "precious"), join(dir, "job-report.html.tmp"));
  assert.equal((await run(["report", "job"])).code, 0);
  assert.equal(readFileSync(join(dir, "precious"), "utf8"), "precious");
  assert.equal(lstatSync(join(dir, "job-report.html")).isFile(), true);
  chmodSync(join(dir, "precious"), 0o600);
});

test("a failed task is shown with the end of its log, in plain text", async (context) => {
  const { write, run } = makePlayground(context);
  const script = "i=0; while [ $i -lt 200 ]; do echo line $i; i=$((i+1)); done; printf '\\033[31mred\\033[0m\\n'; exit 3";
  write("job.json", [{ id: "bad", command: "sh", args: ["-c", script] }]);
  await run(["run", "job.json", "-q"]);
  const { stdout } = await run(["report", "job", "--output", "-"]);
  const [failure] = (dataOf(stdout) as unknown as { run: { failures: { tail: string; error: string }[] } }).run.failures;
  assert.match(failure!.tail, /^line 171\n[^]*line 199\nred$/);
  assert.equal(failure!.error, "exit code 3");
});
