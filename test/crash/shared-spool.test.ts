import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Engine, describeEnd } from "../support/engine.js";
import { FAULTLESS, judgeRun } from "../support/judge-run.js";
import { processesOf } from "../support/processes.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import { waitUntil } from "../support/wait-until.js";
import { readWitness, witnessed } from "../support/witness.js";
import { untilHolds } from "../support/shell-loops.js";

const library = import.meta.resolve("air-executor");
const NAMES = ["one", "two"];
const EXPECTED = [{ id: "task", dependencies: [], status: "completed", attempts: 1 }] as const;

test("what a killed engine recorded of one job is kept while another is taken up first", async (t) => {
  const { root, dir } = temporaryPlace(t);
  const witnessOf = (name: string) => join(root, `witness-${name}`);
  const jobs = NAMES.map((name) => {
    const wait = untilHolds(`[ -e ${join(root, "go")} ]`, 0.01);
    return [name, [{ id: "task", ...witnessed(witnessOf(name), wait) }]] as const;
  });
  const script = `import { AirExecutor } from ${JSON.stringify(library)};
    const executor = await AirExecutor.open({ dir: process.argv[1], concurrency: 2 });
    for (const [name, tasks] of JSON.parse(process.argv[2])) await executor.submit(name, tasks);`;
  const engine = spawn(process.execPath, ["--input-type=module", "-e", script, dir, JSON.stringify(jobs)], { stdio: "inherit" });
  t.after(() => engine.kill("SIGKILL"));
  assert.ok(await waitUntil(() => NAMES.every((name) => existsSync(witnessOf(name)))));
  engine.kill("SIGKILL");
  await once(engine, "exit");
  writeFileSync(join(root, "go"), "");
  assert.ok(await waitUntil(() => NAMES.every((name) => readWitness(witnessOf(name)).length === 2)));
  assert.ok(await waitUntil(() => processesOf(dir).length === 0), "the runners are gone, only their spools are left");
  for (const [name, tasks] of jobs) {
    const end = await new Engine(dir, name, tasks).ended;
    assert.equal(end.code, 0, describeEnd(end));
  }
  for (const name of NAMES) {
    assert.deepEqual(judgeRun(dir, name, witnessOf(name), EXPECTED), FAULTLESS);
  }
});
