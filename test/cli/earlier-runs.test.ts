import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { test } from "node:test";
import { makePlayground } from "./support/cli.js";

test("--run finds a run by its id, an earlier one or the current one", async (context) => {
  const { run, write } = makePlayground(context);
  const ids: string[] = [];
  for (const word of ["first", "second"]) {
    write("Report.json", [{ id: word, command: "echo", args: [word] }]);
    ids.push((JSON.parse((await run(["run", "Report.json", "--json"])).stdout) as { id: string }).id);
  }
  for (const [index, word] of ["first", "second"].entries()) {
    const id = ids[index] ?? "";
    const { code, stdout } = await run(["status", "Report", "--run", id, "--json"]);
    assert.deepEqual([code, (JSON.parse(stdout) as { id: string }).id], [0, id]);
    assert.equal((await run(["logs", "Report", word, "--run", id])).stdout, `${word}\n`);
  }
});

test("--run with a run that is not there is an error that lists those that are", async (context) => {
  const { run, write } = makePlayground(context);
  write("Report.json", [{ id: "a", command: "true" }]);
  const ids: string[] = [];
  for (let round = 0; round < 2; round++) {
    ids.push((JSON.parse((await run(["run", "Report.json", "--json"])).stdout) as { id: string }).id);
  }
  const refuse = async (verb: string, id: string): Promise<void> => {
    const { code, stdout, stderr } = await run([verb, "Report", `--run=${id}`]);
    const words = `air-executor: job "Report" has no run "${id}"; its runs: ${ids.join(", ")}\n`;
    assert.deepEqual([code, stdout, stderr], [2, "", words]);
  };
  for (const verb of ["logs", "graph"]) await refuse(verb, "nope");
  await Promise.all(["nope", "", "..", ".", "../..", "Report"].map((id) => refuse("status", id)));
});

test("of many runs only the last ones are listed, and of none it is said", async (context) => {
  const { run, write, dir } = makePlayground(context);
  write("job.json", []);
  for (let round = 0; round < 6; round++) await run(["run", "job.json", "-q"]);
  assert.match((await run(["logs", "job", "--run", "x"])).stderr, /its runs: … job-\d+(?:-\d)?(?:, job-\d+(?:-\d)?){4}\n$/);
  mkdirSync(`${dir}/.air-executor/jobs/empty`);
  assert.match((await run(["logs", "empty", "--run", "x"])).stderr, /job "empty" has no run "x"; it has none yet\n$/);
});
