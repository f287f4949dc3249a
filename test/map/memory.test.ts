import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { viewJob, viewPaths } from "../../src/index.js";
import { temporaryPlace } from "../support/temporary-directory.js";

const program = fileURLToPath(new URL("./memory.js", import.meta.url));
const run = promisify(execFile);

test("tasks that have ended leave memory: after 5,000 no more are alive than after 500, and all are in tasks.json", async (t) => {
  const { dir } = temporaryPlace(t);
  const { stdout } = await run(process.execPath, ["--expose-gc", program, dir, "500", "5000"], { timeout: 60_000 });
  const [first, last] = JSON.parse(stdout) as [number, number];
  // The window, and what the machinery has just had in hand.
  assert.ok(first <= 64 && last <= 64, `${first} and ${last} tasks are alive`);
  const { tasks, counts } = viewJob(viewPaths(dir, "flat"), "flat", { withTasks: true });
  assert.ok(counts !== null && counts.completed >= 5000);
  assert.equal(tasks?.length, counts.total);
  assert.deepEqual(tasks?.[4999]?.id, "task-5000");
});
