/** What `run --engine slurm` is told, as a user would tell it: on a machine without Slurm, where it goes no further than that. */

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { makePlayground } from "./support/cli.js";

/** A playground with an `sbatch` that writes down what it is told, and refuses it. */
function withClerk(t: TestContext): { play: ReturnType<typeof makePlayground>; env: NodeJS.ProcessEnv; told: () => string[] } {
  const play = makePlayground(t);
  mkdirSync(join(play.dir, "bin"));
  const sbatch = play.write(
    "bin/sbatch",
    `#!/bin/sh\nprintf '%s\\n' "$@" >'${play.dir}/told'\necho 'sbatch: error: no more today' >&2\nexit 1\n`,
  );
  chmodSync(sbatch, 0o755);
  const env = { PATH: `${join(play.dir, "bin")}:${process.env["PATH"]}` };
  return { play, env, told: () => readFileSync(join(play.dir, "told"), "utf8").split("\n") };
}

test("the command line counts before a variable, and that before the job file", async (t) => {
  const { play, env, told } = withClerk(t);
  play.write("job.json", {
    slurm: { partition: "of-file", account: "of-file", qos: "of-file", time: 20, slots: "3:3", sbatch_args: ["--nice=1"] },
    tasks: [{ id: "a", command: "true" }],
  });
  const given = ["--partition", "of-line", "--sbatch-arg=--nice=2"];
  const variables = { AIR_EXECUTOR_PARTITION: "of-variable", AIR_EXECUTOR_ACCOUNT: "of-variable", AIR_EXECUTOR_ENGINE: "slurm" };
  const { code, stderr } = await play.run(["run", "job.json", ...given], { env: { ...env, ...variables } });
  assert.equal(code, 3, stderr);
  assert.match(stderr, /Slurm refuses slots: no more today/);
  const said = told();
  for (const argument of ["--partition=of-line", "--account=of-variable", "--qos=of-file", "--time=20", "--array=0-2"])
    assert.ok(said.includes(argument), `${argument} in ${said.join(" ")}`);
  assert.ok(said.indexOf("--nice=1") < said.indexOf("--nice=2"), "of two the last one counts");
});

test("a job that was run on a cluster keeps what it asked for: its directory and a retry ask for the same", async (t) => {
  const { play, env, told } = withClerk(t);
  play.write("job.json", { slurm: { partition: "of-file", slots: "2:5" }, tasks: [{ id: "a", command: "true" }] });
  await play.run(["run", "job.json", "--engine", "slurm"], { env });
  const state = JSON.parse(readFileSync(join(play.dir, ".air-executor/jobs/job/state.json"), "utf8")) as Record<string, unknown>;
  assert.deepEqual(state["slurm"], { partition: "of-file", slots: "2:5" });
  play.write("told", "");
  const { code, stderr } = await play.run(["run", ".air-executor/jobs/job", "--engine", "slurm"], { env });
  assert.equal(code, 3, stderr);
  assert.ok(told().includes("--partition=of-file") && told().includes("--array=0-1"), told().join(" "));
});

test("a task that may take longer than a slot lives is refused with both figures, and nothing is run", async (t) => {
  const { play, env } = withClerk(t);
  play.write("job.json", '{"slurm": {"time": "1:00:00"},\n"tasks": [{"command": "true", "timeout": 7200}]}');
  const { code, stderr } = await play.run(["run", "job.json", "--engine", "slurm"], { env });
  assert.equal(code, 2, stderr);
  assert.match(stderr, /job\.json:2.*its timeout is 7200 s, and nothing runs longer than 3600 s there/);
  const local = await play.run(["run", "job.json"], { env });
  assert.equal(local.code, 0, local.stderr);
});

test("an engine that is misspelt comes with a suggestion; options of slurm without it are told, variables are not", async (t) => {
  const { play } = withClerk(t);
  play.write("job.json", [{ id: "a", command: "true" }]);
  const misspelt = await play.run(["run", "job.json", "--engine", "slrum"]);
  assert.equal(misspelt.code, 2);
  assert.match(misspelt.stderr, /--engine is "slrum": expected local or slurm; did you mean slurm\?/);
  const astray = await play.run(["run", "job.json", "--partition", "work"]);
  assert.match(astray.stderr, /--partition is of --engine slurm/);
  const profile = await play.run(["run", "job.json"], { env: { AIR_EXECUTOR_PARTITION: "work" } });
  assert.equal(profile.code, 0, profile.stderr);
});

test("a task may take more CPUs than there are slots: the cluster knows what a node has", async (t) => {
  const { play, env, told } = withClerk(t);
  play.write("job.json", { slurm: { slots: 2 }, tasks: [{ id: "a", command: "true", resources: { cpu: 16 } }] });
  const { code, stderr } = await play.run(["run", "job.json", "--engine", "slurm"], { env });
  assert.equal(code, 3, stderr);
  assert.ok(told().includes("--cpus-per-task=16"), told().join(" "));
});
