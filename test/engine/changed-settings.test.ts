import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AirExecutor, dropJob, readJobFile } from "../../src/index.js";
import { Manager } from "../../src/manager/manager.js";
import { openRun } from "../../src/store/directory/wanted-run.js";
import { readPicture } from "../../src/store/journal/recovery.js";
import { jobPaths } from "../../src/store/layout.js";
import { checkJob } from "../../src/store/text/check-job.js";
import { fitsItself } from "../../src/store/text/demand-faults.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import { waitUntil } from "../support/wait-until.js";

for (const way of ["run", "dropped"] as const) {
  test(`an unfinished job that is ${way} again follows what the file says of the whole by then`, async (t) => {
    const { root, dir } = temporaryPlace(t);
    const began = join(root, "began");
    // Each wants to be alone in its place.
    const alone = { command: "sh", args: ["-c", "mkdir place && sleep 0.3 && rmdir place"], dependencies: ["gate"] };
    const gate = { id: "gate", command: "sh", args: ["-c", "test -e open || { : > began; exec sleep 60; }"] };
    const file = async (settings: object): ReturnType<typeof readJobFile> => {
      const path = join(root, "job.json");
      writeFileSync(path, JSON.stringify({ ...settings, tasks: [gate, { ...alone, id: "one" }, { ...alone, id: "other" }] }));
      return readJobFile(path);
    };
    const paths = jobPaths(join(dir, "jobs/job"));

    const first = await AirExecutor.open({ dir, concurrency: 4, graceMs: 0 });
    t.after(() => first.close());
    const owner = way === "run" ? "run" : "manager";
    const before = await first.submitChecked("job", await file({ concurrency: 3 }), { cwd: root, owner });
    assert.ok(await waitUntil(() => existsSync(began)));
    await first.close();
    assert.equal((await before.finished()).isInterrupted, true);
    writeFileSync(join(root, "open"), "");

    const now = await file({ concurrency: 1, max_failures: 1, pools: { licence: 2 } });
    const { settings } = readPicture(paths)!.picture;
    if (way === "dropped") {
      assert.equal((await dropJob("job", now, { dir, cwd: join(root, "elsewhere") })).state, "waiting");
      const manager = await Manager.open({ dir, concurrency: 4, graceMs: 0 });
      t.after(() => manager.stop());
      assert.ok(await waitUntil(() => readPicture(paths)!.picture.isOver));
    } else {
      const next = await AirExecutor.open({ dir, concurrency: 4 });
      t.after(() => next.close());
      await (await next.submitChecked("job", now, { cwd: join(root, "elsewhere") })).finished();
    }
    const { picture } = readPicture(paths)!;
    assert.deepEqual([picture.state, picture.error], ["completed", null]);
    assert.deepEqual(picture.settings, { ...settings, concurrency: 1, maxFailures: 1, pools: { licence: 2 } });
    const state = JSON.parse(readFileSync(paths.state, "utf8")) as Record<string, unknown>;
    assert.deepEqual([state["concurrency"], state["max_failures"], state["pools"]], [1, 1, { licence: 2 }]);
  });
}

test("what a task that was added could not run with is refused, and changes nothing", async (t) => {
  const { root, dir } = temporaryPlace(t);
  const executor = await AirExecutor.open({ dir, concurrency: 2, graceMs: 0 });
  t.after(() => executor.close());
  const gate = { id: "gate", command: "sh", args: ["-c", "test -e open || { : > began; exec sleep 60; }"] };
  const job = await executor.submit("job", { pools: { licence: 1 }, tasks: [gate] }, { cwd: root });
  await executor.add("job", [{ id: "more", command: "true", dependencies: ["gate"], resources: { licence: 1 } }]);
  assert.ok(await waitUntil(() => existsSync(join(root, "began"))));
  await executor.close();
  assert.equal((await job.finished()).isInterrupted, true);
  writeFileSync(join(root, "open"), "");

  const next = await AirExecutor.open({ dir, concurrency: 2 });
  t.after(() => next.close());
  await assert.rejects(next.submit("job", { tasks: [gate] }, { cwd: root }), {
    code: "AIR_USAGE",
    message: /can't go on with this.*licence/,
  });
  assert.deepEqual(readPicture(jobPaths(join(dir, "jobs/job")))!.picture.settings.pools, { licence: 1 });
  assert.equal((await (await next.takeUp(join(dir, "jobs/job"))).finished()).state, "completed");
});

test("a drop that is refused since a `run` has the job changes nothing of it", async (t) => {
  const { root, dir } = temporaryPlace(t);
  const executor = await AirExecutor.open({ dir, concurrency: 2, graceMs: 0 });
  t.after(() => executor.close());
  const task = { id: "long", command: "sh", args: ["-c", ": > began; exec sleep 60"] };
  await executor.submit("job", [task], { cwd: root });
  assert.ok(await waitUntil(() => existsSync(join(root, "began"))));
  await executor.close();
  const wanted = await checkJob({ concurrency: 1, tasks: [task] });
  await assert.rejects(dropJob("job", wanted, { dir, cwd: root }), { code: "AIR_CONFLICT", message: /belongs to `run`/ });
  const paths = jobPaths(join(dir, "jobs/job"));
  assert.equal(readPicture(paths)!.picture.settings.concurrency, null);
});

test("nor does a run that is refused since its tasks run on a cluster", async (t) => {
  const { root, dir } = temporaryPlace(t);
  const executor = await AirExecutor.open({ dir, concurrency: 2 });
  t.after(() => executor.close());
  const tasks = [{ id: "far", command: "true" }];
  const spec = await checkJob(tasks);
  const wanted = { name: "job", owner: "run", tasks: spec.tasks, settings: { ...spec, cwd: root } } as const;
  const opened = await openRun(dir, wanted, { nowMs: Date.now(), socket: null, fit: fitsItself });
  const claim = "slurm:abcdef0123.1/4";
  opened.note([{ type: "attempt-started", at: Date.now(), task: "far", attempt: 1, claim, key: 1 }]);
  await opened.giveBack();
  await assert.rejects(executor.submit("job", { concurrency: 1, tasks }, { cwd: root }), { code: "AIR_CONFLICT" });
  assert.equal(readPicture(opened.paths)!.picture.settings.concurrency, null);
});
