/** A job that is looked at just as it ends: what is read at different moments must not add up to what never was. */

import assert from "node:assert/strict";
import fs, { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { Settings } from "../../../src/cli/command-line/settings.js";
import { waitsFor } from "../../../src/cli/waits-for.js";
import { WatchedJob } from "../../../src/cli/watched-job.js";
import { jobPaths, type JobPaths } from "../../../src/store/layout.js";
import { viewJob } from "../../../src/store/view/job-view.js";
import { temporaryPlace } from "../../support/temporary-directory.js";

interface Scene {
  readonly base: string;
  readonly paths: JobPaths;
  /** Writes both files, as an engine does: the tasks first. */
  readonly write: (state: string, status: string) => void;
}

function runningJob(t: TestContext): Scene {
  const { dir: base } = temporaryPlace(t);
  const paths = jobPaths(join(base, "jobs", "job"));
  mkdirSync(dirname(paths.state), { recursive: true });
  let second = 1_700_000_000;
  const write = (state: string, status: string): void => {
    writeFileSync(paths.tasks, JSON.stringify([{ id: "a", command: "true", status }]));
    utimesSync(paths.tasks, ++second, second);
    const counts = { total: 1, pending: 0, running: 0, completed: 0, failed: 0, skipped: 0, cancelled: 0, [status]: 1 };
    writeFileSync(paths.state, JSON.stringify({ id: "job-1", name: "job", state, owner: "run", counts }));
  };
  write("working", "running");
  return { base, paths, write };
}

/** Has the job end as that file is opened. */
function endAt(t: TestContext, path: string, { write }: Scene): void {
  const { openSync } = fs;
  let isDue = true;
  t.mock.method(fs, "openSync", (...args: Parameters<typeof openSync>) => {
    if (args[0] === path && isDue) {
      isDue = false;
      write("completed", "completed");
    }
    return openSync(...args);
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
}

test("a job that ends between the looks at its state and at its engine has ended, and its engine is not gone", (t) => {
  const scene = runningJob(t);
  endAt(t, scene.paths.lock, scene);
  const view = viewJob(scene.paths, "job", { withTasks: true });
  assert.equal(waitsFor(new Settings({ dir: scene.base }, {}))(view), "");
  assert.deepEqual([view.isOver, view.counts?.completed, view.tasks?.[0]?.status], [true, 1, "completed"]);
});

test("the tasks that watch shows in the end are those of the end", (t) => {
  const scene = runningJob(t);
  const watched = new WatchedJob(scene.base, "job", { run: null, isForJson: false });
  assert.equal(watched.view().tasks?.[0]?.status, "running");
  endAt(t, scene.paths.state, scene);
  const { isOver, tasks } = watched.view();
  assert.deepEqual([isOver, tasks?.[0]?.status], [true, "completed"]);
});
