import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { selectPart } from "../../src/analysis/select-part.js";
import { until as waitUntil } from "../control/support.js";
import { makePlayground } from "./support/cli.js";
import { untilHolds } from "../support/shell-loops.js";
import { fc } from "../support/properties.js";

const job = [
  { id: "get", command: "true" },
  { id: "p-{n}", command: "true", dependencies: ["get"], matrix: { n: "1..3" } },
  { id: "merge", command: "true", dependencies: ["p-{n}"] },
  { id: "report", command: "true", dependencies: ["merge"] },
  { id: "lint", command: "true" },
];

test("a part of a job is run with all that it needs", async (context) => {
  const { write, run, dir } = makePlayground(context);
  write("job.json", job);
  const cases: [readonly string[], string][] = [
    [["--only", "merge"], "get p-1 p-2 p-3 merge"],
    [["--only", "p-2", "--only", "lint"], "get p-2 lint"],
    [["--only", "p-{n}"], "get p-1 p-2 p-3"],
    [["--until", "p-{n}"], "get p-1 p-2 p-3 lint"],
    [["--until", "merge"], "get p-1 p-2 p-3 merge lint"],
    [["--except", "p-2"], "get p-1 p-3 lint"],
    [["--only", "report", "--except", "lint"], "get p-1 p-2 p-3 merge report"],
  ];
  for (const [options, expected] of cases) {
    const { code, stderr } = await run(["run", "job.json", ...options]);
    assert.equal(code, 0, stderr);
    const tasks = JSON.parse(readFileSync(join(dir, ".air-executor/jobs/job/tasks.json"), "utf8")) as { id: string }[];
    assert.equal(tasks.map(({ id }) => id).join(" "), expected, options.join(" "));
  }
});

test("an unfinished run is never replaced by a part of its job: it is refused with both ways out, and the run goes on", async (context) => {
  const { write, run, start, dir } = makePlayground(context);
  write("job.json", [
    { id: "a", command: "sh", args: ["-c", untilHolds("[ -e go ]")] },
    { id: "b", command: "true", dependencies: ["a"] },
  ]);
  const { process: engine, ended } = start(["run", "job.json", "-q", "--grace-period", "1"]);
  const state = join(dir, ".air-executor/jobs/job/state.json");
  await waitUntil(() => existsSync(state) && readFileSync(state, "utf8").includes('"running": 1'));
  engine.kill("SIGTERM");
  assert.equal((await ended).code, 143);
  const part = await run(["run", "job.json", "--only", "a"]);
  assert.equal(part.code, 2);
  assert.match(part.stderr, /unfinished run with other tasks \(task "b" is missing\).*--fresh/);
  write("go", "");
  assert.equal((await run(["run", "job.json"])).code, 0);
});

test("names that no task has, and parts of which nothing is left, are told", async (context) => {
  const { write, run } = makePlayground(context);
  write("job.json", job);
  const cases: [readonly string[], RegExp][] = [
    [["--only", "merg"], /there is no task "merg" in job\.json; did you mean merge\?/],
    [["--only", "report", "--except", "get"], /nothing is left of job\.json/],
  ];
  for (const [options, reason] of cases) {
    const { code, stderr } = await run(["run", "job.json", ...options]);
    assert.deepEqual([code, reason.test(stderr)], [2, true], stderr);
  }
});

test("what a part has completed stays completed when the whole file is added to it, and the whole is run then", async (context) => {
  const { write, run, dir } = makePlayground(context);
  const command = { command: "sh", args: ["-c", "echo $AIR_EXECUTOR_TASK >> ran"] };
  write(
    "job.json",
    job.map((task) => Object.assign({}, task, command)),
  );
  assert.equal((await run(["run", "job.json", "-q", "--only", "p-2"])).code, 0);
  const { code, stderr } = await run(["add", "job", "job.json"]);
  assert.equal(code, 0);
  assert.match(stderr, /5 tasks added to job job, 2 tasks had been there before/);
  assert.equal((await run(["run", "job.json", "-q"])).code, 0);
  const ran = readFileSync(join(dir, "ran"), "utf8").trim().split("\n");
  assert.deepEqual(
    [ran.slice(0, 2), ran.toSorted()],
    [
      ["get", "p-2"],
      ["get", "lint", "merge", "p-1", "p-2", "p-3", "report"],
    ],
  );
});

test("whatever part is chosen, what its tasks need is in it, unless it was left out", () => {
  const graphs = fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 12 }).map((lists) =>
    lists.map((list, index) => ({
      id: `t${index}`,
      dependencies: index === 0 ? [] : [...new Set(list.map((each) => `t${each % index}`))],
      matrixOf: null,
    })),
  );
  const names = fc.array(
    fc.nat({ max: 11 }).map((index) => `t${index}`),
    { maxLength: 2 },
  );
  fc.assert(
    fc.property(graphs, names, names, names, (tasks, only, until, except) => {
      const chosen = new Set(selectPart(tasks, { only, until, except }).map(({ id }) => id));
      for (const { id, dependencies } of tasks) {
        if (!chosen.has(id)) continue;
        assert.ok(!except.includes(id));
        for (const dependency of dependencies) assert.ok(chosen.has(dependency) || !tasks.some((task) => task.id === dependency));
      }
      if (only.length + until.length + except.length === 0) assert.equal(chosen.size, tasks.length);
    }),
  );
});
