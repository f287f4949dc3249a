import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { findRun } from "../../../src/store/directory/find-run.js";
import { openDropped } from "../../../src/store/directory/job-directory.js";
import { rejectDropped } from "../../../src/store/directory/rejection.js";
import { AirError } from "../../../src/domain/errors.js";
import { jobPaths, type JobPaths } from "../../../src/store/layout.js";
import { fitsItself } from "../../../src/store/text/demand-faults.js";
import { viewJob } from "../../../src/store/view/job-view.js";
import { temporaryDirectory } from "../sample-job.js";

function emptyJob(t: TestContext): JobPaths {
  const paths = jobPaths(join(temporaryDirectory(t), "nightly"));
  mkdirSync(paths.logs, { recursive: true });
  return paths;
}

const writeState = (paths: JobPaths, createdAt: string): void =>
  writeFileSync(paths.state, JSON.stringify({ id: "nightly-1", name: "nightly", state: "waiting", created_at: createdAt }));

const writeTasks = (paths: JobPaths, ...ids: string[]): void =>
  writeFileSync(paths.tasks, JSON.stringify(ids.map((id) => ({ id, command: "true" }))));

/** The tasks of the run that is found. */
async function find(paths: JobPaths, nowMs = Date.now()): Promise<{ run: string; tasks: string[] }> {
  const found = await findRun(paths, { name: "nightly", owner: "manager", cwd: "/", fit: fitsItself, nowMs });
  assert.ok(found);
  await found.journal.close();
  return { run: found.picture.run.createdAt, tasks: found.picture.tasks.map(({ id }) => id) };
}

test("tasks.json from which a run was taken in, and that nobody has touched since, is never run under a new identity", async (t) => {
  const paths = emptyJob(t);
  writeState(paths, "first");
  writeTasks(paths, "old");
  assert.deepEqual(await find(paths), { run: "first", tasks: ["old"] });
  writeState(paths, "second");
  await assert.rejects(find(paths), { code: "AIR_NOT_FOUND", message: /still that of the earlier run nightly-1/ });
  writeTasks(paths, "old");
  assert.deepEqual(await find(paths), { run: "second", tasks: ["old"] }, "the same tasks, written again, are the new run's");
});

test("other tasks that were written before the new state.json are the new run's", async (t) => {
  const paths = emptyJob(t);
  writeState(paths, "first");
  writeTasks(paths, "old");
  await find(paths);
  writeTasks(paths, "new");
  writeState(paths, "second");
  assert.deepEqual(await find(paths), { run: "second", tasks: ["new"] });
});

test("the directory of a job that somebody has just moved away is not made anew, which would be in its way back", async (t) => {
  const dir = join(temporaryDirectory(t), "moved");
  await assert.rejects(openDropped(dir, "manager", { nowMs: 0, socket: null, fit: fitsItself }), { code: "AIR_NOT_FOUND" });
  const reason = new AirError("AIR_INVALID_JOB", "wrong");
  await assert.rejects(rejectDropped(dir, reason, 0, null), { code: "AIR_NOT_FOUND" });
  assert.equal(existsSync(dir), false);
});

test("a job that is written again after the clock was set back is taken in", async (t) => {
  const paths = emptyJob(t);
  writeState(paths, "first");
  writeTasks(paths, "a");
  await find(paths, Date.now() + 3_600_000);
  writeState(paths, "second");
  await assert.rejects(find(paths), { message: /still that of the earlier run nightly-1/ });
  writeTasks(paths, "a");
  assert.deepEqual(await find(paths), { run: "second", tasks: ["a"] });
});

test("tasks of which only the first snapshot of the state is missing are not shown as those of an earlier run", async (t) => {
  const paths = emptyJob(t);
  writeState(paths, "first");
  writeTasks(paths, "a");
  await find(paths);
  writeFileSync(paths.tasks, JSON.stringify([{ id: "a", command: "true", status: "pending", attempts: 0 }]));
  const problem = (): string | null => viewJob(paths, "nightly", { withTasks: true }).problem;
  assert.equal(problem(), null);
  writeState(paths, "second");
  assert.match(problem()!, /still that of the earlier run/);
});
