import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readJob, readJobData, readJobFile, type JobReading } from "../../../src/store/text/job-file.js";

const now = Date.parse("2026-01-31T12:00:00.000Z");
const directory = mkdtempSync(join(tmpdir(), "air-job-file-"));
after(() => rmSync(directory, { recursive: true }));

function path(name: string): string {
  return join(directory, name);
}

/** What a user sees: each fault on its line. */
async function faultsOf(text: string | Uint8Array, fileName = "job.json"): Promise<string[]> {
  const { faults } = await readJob(text, { fileName, now });
  return faults.map(({ place, message }) => `${place}: ${message}`);
}

test("a bare list of tasks is a job, with every default filled in", async () => {
  const { job, faults } = await readJob(
    '[{"command": "echo"}, {"id": "b", "command": "cat", "args": ["x"], "dependencies": ["task-1"]}]',
    {
      fileName: "job.json",
      now,
    },
  );
  assert.deepEqual(faults, []);
  const defaults = {
    env: {},
    cwd: null,
    stdin: null,
    timeoutMs: null,
    retries: 0,
    retryDelayMs: 0,
    retryBackoff: 1,
    retryOn: null,
    triggerRule: "all_success",
    priority: 0,
    resources: { cpu: 1 },
    onLost: "rerun",
    matrixOf: null,
    createdAt: "2026-01-31T12:00:00.000Z",
    extra: {},
  };
  assert.deepEqual(job, {
    name: null,
    tasks: [
      { id: "task-1", command: "echo", args: [], dependencies: [], ...defaults },
      { id: "b", command: "cat", args: ["x"], dependencies: ["task-1"], ...defaults },
    ],
    concurrency: null,
    maxFailures: null,
    stderr: "merge",
    pools: {},
    slurm: {},
    env: {},
  });
});

const full = `
name: nightly
_comment: keys that begin with an underscore are ignored
env: {MODE: fast}
concurrency: 4
max_failures: 2
defaults: {timeout: 1.5, retries: 3, env: {A: "1", B: "2"}, cwd: work}
tasks:
  - command: first
  - id: second
    command: x
    env: {B: "3"}
    cwd:
    stdin: in.txt
    timeout: 60
    retries: 0
    retry_delay: 0.25
    retry_backoff: 2
    retry_on: [75, SIGKILL, timeout]
    trigger_rule: all_done
    priority: -1
    on_lost: fail
    dependencies: [task-1, task-1]
    _why: a comment
`;

test("settings, defaults and options are read; a task's own value wins, and null takes a default away", async () => {
  const { job, faults } = await readJob(full, { fileName: "job.yaml", now });
  assert.deepEqual(faults, []);
  assert.deepEqual([job.name, job.concurrency, job.maxFailures, job.env], ["nightly", 4, 2, { MODE: "fast" }]);
  const [first, second] = job.tasks;
  assert.deepEqual([first?.timeoutMs, first?.retries, first?.env, first?.cwd], [1500, 3, { A: "1", B: "2" }, "work"]);
  assert.deepEqual(
    { ...second, createdAt: "" },
    {
      id: "second",
      command: "x",
      args: [],
      dependencies: ["task-1"],
      env: { A: "1", B: "3" },
      cwd: null,
      stdin: "in.txt",
      timeoutMs: 60_000,
      retries: 0,
      retryDelayMs: 250,
      retryBackoff: 2,
      retryOn: [75, "SIGKILL", "timeout"],
      triggerRule: "all_done",
      priority: -1,
      resources: { cpu: 1 },
      onLost: "fail",
      matrixOf: null,
      createdAt: "",
      extra: {},
    },
  );
});

test("a tasks.json of the guide's client is a job file, what became of its tasks ignored", async () => {
  const task = {
    id: "a",
    job_name: "j",
    command: "echo",
    args: [],
    dependencies: [],
    status: "completed",
    created_at: "2020-01-01 00:00:00",
  };
  const more = { started_at: null, completed_at: 5, error: null, exit_code: 0, signal: null, attempts: 1, log: "a.log" };
  const { job, faults } = await readJob(JSON.stringify([{ ...task, ...more }]), { fileName: "tasks.json", now });
  assert.deepEqual(faults, []);
  assert.deepEqual([job.tasks[0]?.createdAt, job.tasks[0]?.extra], ["2026-01-31T12:00:00.000Z", {}]);
});

test("an empty job is a job", async () => {
  assert.deepEqual(await faultsOf("[]"), []);
  assert.deepEqual(await faultsOf('{"tasks": []}'), []);
});

test("a file of another shape is told what a job file looks like", async () => {
  const expected = 'expected a list of tasks, or an object such as {"tasks": [{"command": "echo"}]}, got';
  assert.deepEqual(await faultsOf("null"), [`job.json:1:1: ${expected} null`]);
  assert.deepEqual(await faultsOf("hello", "stdin"), [`stdin:1:1: ${expected} the text "hello"`]);
  assert.deepEqual(await faultsOf('{"tasks": {"a": {}}}'), [
    'job.json:1:2: tasks: expected a list of tasks, such as "tasks": [{"id": "NAME", "command": "echo"}], got an object',
  ]);
  assert.deepEqual(await faultsOf('{"tasks": [], "schedule": "0 1 * * *"}'), [
    "job.json:1:15: schedule: unknown key `schedule`: nothing is started by the clock, but cron can start `air-executor run FILE`",
  ]);
  assert.deepEqual(await faultsOf('{"steps": []}'), [
    'job.json:1:1: tasks: the key is missing: list the tasks, such as "tasks": [{"command": "echo"}]',
    "job.json:1:2: steps: unknown key `steps`: did you mean `tasks`?",
  ]);
});

test("wrong settings are all said at once", async () => {
  const text =
    '{"name": "../x", "tasks": [], "concurrency": 0, "max_failures": "2", "env": {"A": 1}, "defaults": {"id": "x", "timout": 1}, "pools": {"a b": 1, "licence": 0}}';
  assert.deepEqual(await faultsOf(text), [
    'job.json:1:2: name: expected a job name of letters, digits, "_", "-" and ".", the first of them a letter or digit, got "../x"',
    'job.json:1:78: env.A: expected a string, got the number 1: write it in quotes, "1"',
    "job.json:1:31: concurrency: expected a whole number of 1 or more, got the number 0",
    'job.json:1:135: pools["a b"]: expected the name of a pool, of letters, digits, "_", "-" and "." and beginning with a letter, got "a b"',
    "job.json:1:145: pools.licence: expected a number from 0.0001 to 1000000, got the number 0",
    'job.json:1:49: max_failures: expected a whole number of 1 or more, got the text "2": write 2 without quotes',
    "job.json:1:100: defaults.id: unknown key `id`: remove it, or begin it with `_` to make it a comment",
    "job.json:1:111: defaults.timout: unknown key `timout`: did you mean `timeout`?",
  ]);
});

test("every bad job name is refused in a file too", async () => {
  for (const name of ["../x", "", "x".repeat(300), "a\0b", 3]) {
    const faults = await faultsOf(JSON.stringify({ name, tasks: [] }));
    assert.equal(faults.length, 1);
    assert.match(faults[0]!, /^job\.json:1:2: name: expected a job name /);
  }
});

test("the same task is refused wherever it stands: as JSON, as YAML and as data", async () => {
  const place = 'tasks[1] ("merge").timeout';
  const message = "expected a number of seconds above 0, got the number -5";
  assert.deepEqual(await faultsOf('[{"command": "x"},\n {"id": "merge", "command": "x",\n  "timeout": -5}]'), [
    `job.json:3:3: ${place}: ${message}`,
  ]);
  assert.deepEqual(await faultsOf("tasks:\n- command: x\n- id: merge\n  command: x\n  timeout: -5", "a.yaml"), [
    `a.yaml:5:3: ${place}: ${message}`,
  ]);
  const { faults } = await readJobData([{ command: "x" }, { id: "merge", command: "x", timeout: -5 }], { now });
  assert.deepEqual(faults, [{ place, message }]);
});

/** Where a further fault at this path would be told. */
function placeOf(place: JobReading["place"], at: readonly (string | number)[]): string | undefined {
  return place([{ path: at, message: "" }])[0]?.place;
}

test("a faulty task stays in its place with what is right of it, so that the graph can be checked as well", async () => {
  const text =
    '[{"id": "a", "command": 3, "dependencies": ["c"]}, 5, {"id": "c", "command": "x", "dependencies": ["a", "a", "gone"]}]';
  const { job, faults, place } = await readJob(text, { fileName: "job.json", now });
  assert.equal(faults.length, 2);
  assert.deepEqual(
    job.tasks.map(({ id, dependencies }) => [id, dependencies]),
    [
      ["a", ["c"]],
      ["task-2", []],
      ["c", ["a", "gone"]],
    ],
  );
  const column = text.indexOf('"gone"') + 1;
  assert.equal(placeOf(place, ["tasks", 2, "dependencies", 1]), `job.json:1:${column}: tasks[2] ("c").dependencies[1]`);
});

test("places in YAML are found through aliases and with duplicate dependencies", async () => {
  const { place } = await readJob("- &a\n  id: a\n  command: x\n- *a\n- id: b\n  command: x\n  dependencies: [a, a, gone]\n", {
    fileName: "a.yml",
    now,
  });
  assert.equal(placeOf(place, ["tasks", 1, "id"]), 'a.yml:2:3: tasks[1] ("a").id');
  assert.equal(placeOf(place, ["tasks", 2, "dependencies", 1]), 'a.yml:7:24: tasks[2] ("b").dependencies[1]');
});

test("beyond a thousand faults the rest is counted", async () => {
  const { faults } = await readJob(JSON.stringify(Array.from({ length: 1200 }, () => ({}))), { fileName: "job.json", now });
  assert.equal(faults.length, 1001);
  assert.deepEqual(faults.at(-1), { place: "job.json:1:1", message: "… and 200 faults more" });
});

test("what is wrong with the path itself is said plainly", async () => {
  mkdirSync(path("folder"));
  execFileSync("mkfifo", [path("pipe")]);
  await assert.rejects(readJobFile(path("none.json"), { now }), {
    code: "AIR_NOT_FOUND",
    message: /none\.json does not exist, expected a job file/,
  });
  await assert.rejects(readJobFile(path("folder"), { now }), {
    code: "AIR_INVALID_JOB",
    message: /folder is a directory, expected a job file/,
  });
  await assert.rejects(readJobFile(path("pipe"), { now }), {
    code: "AIR_INVALID_JOB",
    message: /pipe is a named pipe, expected a job file/,
  });
  writeFileSync(path("huge.json"), "");
  truncateSync(path("huge.json"), 2 ** 30);
  await assert.rejects(readJobFile(path("huge.json"), { now }), {
    code: "AIR_INVALID_JOB",
    message: /is too large, expected at most 511 MiB/,
  });
});

test("a file of 100 MB that is no job is refused with its place", async () => {
  writeFileSync(path("large.json"), `["${"x".repeat(100_000_000)}"]`);
  const { faults } = await readJobFile(path("large.json"), { now });
  assert.equal(faults.length, 1);
  assert.match(faults[0]!.message, /^expected an object such as .*, got the text "x{60}…"$/);
});

test("a file is read by its path, also through a link", async () => {
  writeFileSync(path("good.yaml"), "- command: x\n");
  symlinkSync("good.yaml", path("link.yaml"));
  const { job, faults } = await readJobFile(path("link.yaml"), { now });
  assert.deepEqual([job.tasks.length, faults], [1, []]);
});

test("a dash reads standard input", () => {
  const module = new URL("../../../src/store/text/job-file.js", import.meta.url).href;
  const script = `const { job, faults } = await (await import("${module}")).readJobFile("-", { now: 0 }); console.log(job.tasks[0].id, faults[0]?.place);`;
  const run = (input: string): string =>
    spawnSync(process.execPath, ["--input-type=module", "-e", script], { input }).stdout.toString();
  assert.equal(run('[{"id": "a", "command": "x"}]'), "a undefined\n");
  assert.equal(run("- id: b\n  command: 3\n"), 'b stdin:2:3: tasks[0] ("b").command\n');
});

test("a number is told as it is written, and the remedy keeps its zeros", async () => {
  assert.deepEqual(await faultsOf("- command: x\n  env: { PY: 3.10 }\n", "a.yaml"), [
    'a.yaml:2:10: tasks[0].env.PY: expected a string, got the number 3.10: write it in quotes, "3.10"',
  ]);
  assert.deepEqual(await faultsOf('[{"command": "x", "retries": 1e400}]'), [
    "job.json:1:19: tasks[0].retries: expected a whole number from 0 to 1000, got the number 1e400",
  ]);
  assert.deepEqual(await faultsOf("- { command: x, timeout: -.inf }\n", "a.yaml"), [
    "a.yaml:1:17: tasks[0].timeout: expected a number of seconds above 0, got the number -.inf",
  ]);
});

test("a key that stands twice in a job file is a fault, also in JSON", async () => {
  assert.deepEqual(await faultsOf('[{"command": "x",\n "args": [],\n "args": []}]'), [
    'job.json:3:2: not valid JSON: the key "args" stands there twice: remove one',
  ]);
});

test("what a job asks of a Slurm cluster is read, its mistakes told where they are", async () => {
  const right = await readJob(
    '{"slurm": {"partition": "work", "time": 90, "slots": "4:200", "sbatch_args": ["--exclusive"], "lease": 60}, "tasks": []}',
    { fileName: "job.json", now },
  );
  assert.deepEqual(right.job.slurm, {
    partition: "work",
    time: "90",
    slots: { min: 4, max: 200 },
    sbatchArgs: ["--exclusive"],
    leaseMs: 60_000,
  });
  assert.deepEqual(
    await faultsOf(
      'tasks: []\nslurm:\n  partion: work\n  slots: 9:3\n  time: soon\n  sbatch_args: [1]\n  lease: 0.1\n  account: ""\n  _note: mine\n  qos: null\n',
      "job.yaml",
    ),
    [
      "job.yaml:3:3: slurm.partion: unknown key `partion`: did you mean `partition`?",
      'job.yaml:4:3: slurm.slots: expected how many, or the least and the most, up to 10000, such as 64 or "4:200", got the text "9:3"',
      'job.yaml:5:3: slurm.time: expected a time limit as sbatch takes it, such as 30 (minutes), "1:30:00" or "2-0", got the text "soon"',
      'job.yaml:6:3: slurm.sbatch_args: expected a string, got the number 1: write "1"',
      "job.yaml:7:3: slurm.lease: expected seconds, at least 1, got the number 0.1",
      "job.yaml:8:3: slurm.account: expected a text, got an empty one",
    ],
  );
  assert.deepEqual(await faultsOf('{"slurm": true, "tasks": []}'), [
    'job.json:1:2: slurm: expected an object such as {"partition": "work", "slots": "1:200"}, got true',
  ]);
});
