/** prune of many jobs, of which some are looked at side by side. */

import assert from "node:assert/strict";
import childProcess, { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { AirExecutor } from "../../src/index.js";
import { prune } from "../../src/library/prune.js";
import { follow, main, makePlayground } from "./support/cli.js";

test("prune removes all it is to where there are handles for few at once", async (context) => {
  if (process.platform !== "linux") return context.skip("needs prlimit");
  const { dir: root } = makePlayground(context);
  const dir = join(root, ".air-executor");
  const executor = await AirExecutor.open({ dir });
  for (let number = 0; number < 60; number++) {
    const job = await executor.submit(`job-${number}`, [{ id: "a", command: "true" }]);
    await job.finished();
  }
  await executor.close();
  const { ended } = follow("prlimit", ["--nofile=48", process.execPath, main, "prune", "--keep", "0"], root, {});
  const { code, stderr } = await ended;
  assert.match(stderr, /^60 runs removed$/m);
  assert.deepEqual(readdirSync(join(dir, "jobs")), []);
  assert.equal(code, 0);
});

test("a run that begins and ends while prune comes to its job is none of those that were old", async (t) => {
  if (process.platform !== "linux") return t.skip("locks are taken by a program there");
  const { dir: root, run, write } = makePlayground(t);
  write("job.json", [{ id: "a", command: "true" }]);
  assert.equal((await run(["run", "job.json"])).code, 0);
  const dir = join(root, ".air-executor");
  const { spawn } = childProcess;
  let again: number | null = null;
  // It has seen that the job has ended, and is about to take its lock.
  const asked = t.mock.method(childProcess, "spawn", (...words: unknown[]) => {
    again ??= spawnSync(process.execPath, [main, "run", "job.json", "-q"], { cwd: root }).status;
    return Reflect.apply(spawn, childProcess, words) as unknown;
  });
  syncBuiltinESMExports();
  t.after(() => {
    asked.mock.restore();
    syncBuiltinESMExports();
  });
  assert.deepEqual(await prune(dir, { keep: 0 }, Date.now() + 1, () => {}), []);
  assert.equal(again, 0);
  assert.match((await run(["status", "job"])).stdout, /^job +completed$/m);
});
