import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { JobEvent } from "../../../src/domain/events.js";
import { tasksAdded, writeNewJournal } from "../../../src/store/journal/new-journal.js";
import { jobPaths } from "../../../src/store/layout.js";
import { Picture } from "../../../src/store/picture/picture.js";
import { Snapshots } from "../../../src/store/snapshot/snapshot.js";
import { glanceAt } from "../../../src/store/view/job-glance.js";
import { DEFAULT_RESOURCES } from "../../../src/domain/resources.js";
import { AT, taken, task, temporaryDirectory } from "../sample-job.js";

test("a task that begins while its job's files are being written shows: tasks of it may run", async (t) => {
  const base = temporaryDirectory(t);
  const paths = jobPaths(join(base, "jobs/sample"));
  mkdirSync(paths.dir, { recursive: true });
  const picture = new Picture();
  const tasks = Array.from({ length: 5000 }, (_, number) => task(`t${number}`));
  const byManager = { ...taken, owner: "manager" } as JobEvent;
  const journal = await writeNewJournal(paths, [byManager, ...tasksAdded(tasks, AT)], picture);
  t.after(() => journal.close());
  const writing = new Snapshots(paths, picture, null).write();
  while (!existsSync(`${paths.tasks}.tmp`)) await setImmediate();
  const started: JobEvent = {
    type: "attempt-started",
    at: AT,
    task: "t0",
    attempt: 1,
    claim: "a-0",
    key: 1,
    takes: DEFAULT_RESOURCES,
  };
  journal.append([started]);
  picture.apply(started);
  await writing;
  const { kind, mayRun } = glanceAt(base, "sample");
  assert.deepEqual([kind, mayRun], ["ready", true]);
});
