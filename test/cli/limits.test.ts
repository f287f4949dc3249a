/** What tasks take, as a user sees it: real tasks that count each other, limits on the command line, and what is refused. */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readHistory, viewPaths } from "../../src/index.js";
import { waitUntil } from "../support/wait-until.js";
import { makePlayground, type Playground } from "./support/cli.js";
import { untilHolds } from "../support/shell-loops.js";

/** A task that says how many of its kind run beside it, itself included, for as long as anybody might see it. */
function counted(kind: string, index: number, resources: object): object {
  const script = `mkdir -p ${kind}.d; : > ${kind}.d/$$; ls ${kind}.d | wc -l >> ${kind}.seen; sleep 0.1; rm ${kind}.d/$$`;
  return { id: `${kind}-${index}`, command: "sh", args: ["-c", script], resources };
}

const many = (kind: string, count: number, resources: object): object[] =>
  Array.from({ length: count }, (_, index) => counted(kind, index, resources));

function mostSeen({ dir }: Playground, kind: string): number {
  return Math.max(
    ...readFileSync(join(dir, `${kind}.seen`), "utf8")
      .trim()
      .split("\n")
      .map(Number),
  );
}

/** The most that ever ran at once, by what is on record. */
function mostTaken({ dir }: Playground, job: string, pool: string): number {
  const history = readHistory(viewPaths(join(dir, ".air-executor"), job));
  const changes = history!.tasks.flatMap(({ attempts }) =>
    attempts.flatMap(({ startedAt, endedAt, takes }) => [
      [startedAt, takes[pool] ?? 0] as const,
      [endedAt!, -(takes[pool] ?? 0)] as const,
    ]),
  );
  let taken = 0;
  let most = 0;
  for (const [, amount] of changes.toSorted(([a, first], [b, second]) => a - b || first - second)) {
    taken += amount;
    most = Math.max(most, taken);
  }
  return most;
}

test("pools of the job, memory and cpu hold side by side, for real tasks and by what is on record", async (context) => {
  const playground = makePlayground(context);
  const { run, write } = playground;
  const tasks = [
    ...many("licensed", 6, { licence: 1 }),
    ...many("large", 6, { memory: "400MB" }),
    ...many("wide", 3, { cpu: 3 }),
  ];
  write("job.json", { pools: { licence: 2 }, tasks });
  const { code, stderr } = await run(["run", "job.json", "-j", "5", "--memory", "1GB"]);
  assert.equal(code, 0, stderr);
  assert.ok(mostSeen(playground, "licensed") <= 2);
  assert.ok(mostSeen(playground, "large") <= 2);
  assert.equal(mostSeen(playground, "wide"), 1);
  assert.equal(mostTaken(playground, "job", "licence"), 2);
  assert.equal(mostTaken(playground, "job", "memory"), 800e6);
  assert.ok(mostTaken(playground, "job", "cpu") <= 5);
});

test("of tasks that take a part of a cpu as many run at once as their parts fit into the cpus, beside whole ones", async (context) => {
  const playground = makePlayground(context);
  const { run, write } = playground;
  // Each waits for the others: fewer at once would never end.
  const all = (index: number): object => {
    const script = `mkdir part.d 2>/dev/null; : > part.d/${index}; ${untilHolds('test "$(ls part.d | wc -l)" = 12')}; ls part.d | wc -l`;
    return { id: `part-${index}`, command: "sh", args: ["-c", script], resources: { cpu: 0.125 } };
  };
  const whole = Array.from({ length: 3 }, (_, index) => ({ id: `whole-${index}`, command: "true", dependencies: ["part-0"] }));
  write("job.json", [...Array.from({ length: 12 }, (_, index) => all(index)), ...whole]);
  const { code, stderr } = await run(["run", "job.json", "-j", "2"]);
  assert.equal(code, 0, stderr);
  assert.equal((await run(["logs", "job", "part-11"])).stdout, "12\n");
  assert.ok(mostTaken(playground, "job", "cpu") <= 2);
});

test("what could never run is refused before anything is made, each with its place and both figures", async (context) => {
  const { run, write, dir } = makePlayground(context);
  const tasks = [
    "- { id: wide, command: 'true', resources: { cpu: 9 } }",
    "- { id: large, command: 'true', resources: { memory: 900TB } }",
    "- { id: licensed, command: 'true', resources: { licnce: 1, licence: 4 } }",
  ];
  write("job.yaml", `pools: { licence: 3 }\ntasks:\n  ${tasks.join("\n  ")}\n`);
  const { code, stderr } = await run(["run", "job.yaml", "-j", "4", "--memory", "2GiB"]);
  assert.equal(code, 2);
  for (const line of [
    /job\.yaml:3:\d+: tasks\[0\] \("wide"\)\.resources\.cpu: it takes 9 of cpu, and there is only 4, so it could never run/,
    /job\.yaml:4:\d+: tasks\[1\] \("large"\)\.resources\.memory: it takes 900TB of memory, and there is only 2GiB/,
    /job\.yaml:5:\d+: tasks\[2\] \("licensed"\)\.resources\.licnce: unknown pool "licnce": did you mean `licence`\?/,
    /job\.yaml:5:\d+: tasks\[2\] \("licensed"\)\.resources\.licence: it takes 4 of licence, and there is only 3 in the job's `pools`/,
  ])
    assert.match(stderr, line);
  assert.equal(existsSync(join(dir, ".air-executor")), false);
  const { code: invalid, stderr: faults } = await run(["validate", "job.yaml"]);
  assert.equal(invalid, 2);
  assert.match(faults, /licnce[\s\S]*only 3 in the job's/);
  assert.doesNotMatch(faults, /of cpu|of memory/, "the machine that will run it may be a larger one");
});

test("a pool of the engine is declared on the command line; which, and how much, is checked", async (context) => {
  const { run, write } = makePlayground(context);
  write("job.json", [{ command: "true", resources: { api: 2 } }]);
  assert.equal((await run(["run", "job.json"])).code, 2);
  assert.equal((await run(["validate", "job.json"])).code, 2);
  assert.equal((await run(["validate", "job.json", "--pool", "api=2"])).code, 0);
  const both = await run(["run", "job.json", "--pool", "licence=1", "--pool", "api=2"]);
  assert.equal(both.code, 0, both.stderr);
  assert.equal((await run(["run", "job.json"], { env: { AIR_EXECUTOR_POOL: "api=2,x=1" } })).code, 0);
  for (const [options, complaint] of [
    [["--pool", "api"], '--pool is "api": expected a name and how much there is, such as licence=3'],
    [["--pool", "api=x"], '--pool is "api=x": expected a name and how much there is, such as licence=3'],
    [["--pool", "api=1,api=2"], "--pool says twice how much of api there is"],
    [["--pool", "cpu=1"], "--pool can't say how much cpu there is: --concurrency does"],
    [["--memory", "12"], '--memory is "12": expected a size such as 12GiB or 500MB'],
  ] as const) {
    const { code, stderr } = await run(["run", "job.json", ...options]);
    assert.deepEqual([code, stderr.split("\n")[0]], [2, `air-executor: ${complaint}`]);
  }
});

test("a job on record whose tasks don't fit any more is left as it is, and goes on with an engine that has enough", async (context) => {
  const { run, start, write, dir } = makePlayground(context);
  const tasks = [
    { id: "first", command: "sh", args: ["-c", "echo > started; sleep 60"] },
    { id: "wide", command: "true", dependencies: ["first"], resources: { cpu: 4 } },
  ];
  write("job.json", tasks);
  const running = start(["run", "job.json", "-j", "4", "--grace-period", "0"]);
  assert.ok(await waitUntil(() => existsSync(join(dir, "started"))));
  running.process.kill("SIGTERM");
  await running.ended;
  const job = join(dir, ".air-executor", "jobs", "job");
  const before = readFileSync(join(job, "journal.ndjson"));
  const refused = await run(["run", job, "-j", "2"]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /job "job" can't go on here: of one of its tasks, it takes 4 of cpu, and there is only 2/);
  assert.deepEqual(readFileSync(join(job, "journal.ndjson")), before);
  const again = start(["run", job, "-j", "4", "--grace-period", "0"]);
  assert.ok(await waitUntil(() => readFileSync(join(job, "journal.ndjson"), "utf8").includes('"attempt":2')));
  again.process.kill("SIGTERM");
  await again.ended;
});

test("a retry of what can't run here is refused before anything of it is on record: it runs with an engine that has enough", async (context) => {
  const { run, write, dir } = makePlayground(context);
  write("job.json", [
    { id: "first", command: "sh", args: ["-c", "echo >> attempts; test -e mended"] },
    { id: "wide", command: "true", dependencies: ["first"], resources: { cpu: 4 } },
  ]);
  assert.equal((await run(["run", "job.json", "-j", "4"])).code, 1);
  const journal = join(dir, ".air-executor", "jobs", "job", "journal.ndjson");
  const before = readFileSync(journal, "utf8");
  write("mended", "");
  for (const options of [[], ["--from", "first"]]) {
    const { code, stderr } = await run(["retry", "job", ...options, "-j", "2"]);
    assert.equal(code, 2);
    assert.match(stderr, /job "job" can't go on here: of one of its tasks, it takes 4 of cpu, and there is only 2/);
    assert.equal(readFileSync(journal, "utf8"), before);
  }
  assert.equal((await run(["retry", "job", "-j", "4"])).code, 0);
  assert.equal(readFileSync(join(dir, "attempts"), "utf8"), "\n\n");
});

test("tasks that are added to a running job must fit, too, from whichever side they come", async (context) => {
  const { run, start, write, dir } = makePlayground(context);
  write("job.json", {
    pools: { licence: 1 },
    tasks: [{ id: "a", command: "sh", args: ["-c", untilHolds("[ -e go ]", 0.05)] }],
  });
  const running = start(["run", "job.json", "-j", "2"]);
  const tasksFile = join(dir, ".air-executor", "jobs", "job", "tasks.json");
  assert.ok(await waitUntil(() => existsSync(tasksFile) && readFileSync(tasksFile, "utf8").includes('"running"')));
  write("more.json", [{ id: "b", command: "true", resources: { cpu: 3 } }]);
  const refused = await run(["add", "job", "more.json"]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /it takes 3 of cpu, and there is only 2/);
  const known = JSON.parse(readFileSync(tasksFile, "utf8")) as object[];
  const written = [
    ...known,
    { id: "c", command: "true", resources: { licence: 2 } },
    { id: "d", command: "true", resources: { licence: 1 } },
  ];
  writeFileSync(tasksFile, JSON.stringify(written));
  const status = async (): Promise<{ warnings?: string[]; tasks: { id: string }[] }> =>
    JSON.parse((await run(["status", "job", "--json"])).stdout) as never;
  assert.ok(await waitUntil(() => readFileSync(tasksFile, "utf8").includes('"id":"d"')));
  writeFileSync(join(dir, "go"), "");
  await running.ended;
  const { warnings, tasks } = await status();
  assert.deepEqual(
    tasks.map(({ id }) => id),
    ["a", "d"],
  );
  assert.match(warnings?.join() ?? "", /"c"\)\.resources\.licence: it takes 2 of licence, and there is only 1/);
});

test("what survived a killed engine counts with what it takes under the next one", async (context) => {
  const { start, write, dir } = makePlayground(context);
  const wait = (name: string): string => `echo > ${name}.started; ${untilHolds(`[ -e ${name}.go ]`, 0.05)}`;
  const tasks = ["one", "two"].map((id) => ({ id, command: "sh", args: ["-c", wait(id)], resources: { licence: 1 } }));
  write("job.json", {
    pools: { licence: 1 },
    tasks: [...tasks, { id: "free", command: "sh", args: ["-c", "echo > free.started"] }],
  });
  const killed = start(["run", "job.json", "-j", "1"]);
  assert.ok(await waitUntil(() => existsSync(join(dir, "one.started"))));
  killed.process.kill("SIGKILL");
  await killed.ended;
  const next = start(["run", "job.json", "-j", "4"]);
  assert.ok(await waitUntil(() => existsSync(join(dir, "free.started"))), "what takes no licence starts");
  assert.equal(existsSync(join(dir, "two.started")), false, "the licence is taken by what was adopted");
  writeFileSync(join(dir, "one.go"), "");
  assert.ok(await waitUntil(() => existsSync(join(dir, "two.started"))));
  writeFileSync(join(dir, "two.go"), "");
  assert.equal((await next.ended).code, 0);
  assert.equal(readdirSync(dir).filter((name) => name.endsWith(".started")).length, 3);
});
