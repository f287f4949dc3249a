/** prune of many jobs, of which some are looked at side by side. */

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AirExecutor } from "../../src/index.js";
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
