import assert from "node:assert/strict";
import fs, { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { jobPaths, type JobPaths } from "../../../src/store/layout.js";
import { takeLock } from "../../../src/system/lock/lock.js";
import { isSnapshotOf } from "../../../src/store/runs/run-identity.js";
import { Picture } from "../../../src/store/picture/picture.js";
import { Snapshots } from "../../../src/store/snapshot/snapshot.js";
import { StateGuard } from "../../../src/store/snapshot/state-guard.js";
import { sampleEvents, temporaryDirectory } from "../sample-job.js";

const run = { id: "sample-1769860800", createdAt: "2026-01-31T12:00:00.123456Z" };
const ours = JSON.stringify({ id: run.id, created_at: run.createdAt });
const others = JSON.stringify({ id: run.id, created_at: "a second later" });

async function guarded(t: TestContext): Promise<{ paths: JobPaths; guard: StateGuard; put: (text: string) => boolean }> {
  const paths = jobPaths(join(temporaryDirectory(t), "sample"));
  mkdirSync(paths.dir);
  const lock = await takeLock(paths.lock, "it");
  const guard = new StateGuard(paths, { run, completedAt: null }, lock);
  t.after(() => {
    guard.close();
    lock.release();
  });
  const put = (text: string): boolean => {
    writeFileSync(`${paths.state}.ours`, text);
    return guard.replace(`${paths.state}.ours`);
  };
  return { paths, guard, put };
}

test("our own file and one of the same identity are ours to replace", async (t) => {
  const { paths, guard, put } = await guarded(t);
  assert.ok(put(ours));
  writeFileSync(paths.state, `${ours} `);
  assert.equal(guard.look(), "ours");
  assert.ok(put(ours));
});

test("another run's file is never replaced", async (t) => {
  const { paths, guard, put } = await guarded(t);
  assert.ok(put(ours));
  writeFileSync(paths.state, others);
  assert.equal(put(ours), false);
  assert.equal(guard.look(), "superseded");
  assert.equal(readFileSync(paths.state, "utf8"), others);
});

test("a file that is half written, or missing, is not replaced at once", async (t) => {
  const { paths, guard, put } = await guarded(t);
  assert.ok(put(ours));
  writeFileSync(paths.state, '{"id"');
  assert.equal(put(ours), false);
  assert.equal(guard.look(), "unsettled");
  writeFileSync(paths.state, others);
  assert.equal(guard.look(), "superseded");
  const second = await guarded(t);
  assert.ok(second.put(ours));
  rmSync(second.paths.state);
  assert.equal(second.put(ours), false);
  assert.ok(!existsSync(second.paths.state));
});

test("a directory that was removed, made anew or moved away is told apart", async (t) => {
  const { paths, guard, put } = await guarded(t);
  assert.ok(put(ours));
  renameSync(paths.dir, `${paths.dir}.moved`);
  assert.equal(guard.look(), "away");
  renameSync(`${paths.dir}.moved`, paths.dir);
  assert.equal(guard.look(), "ours");
  rmSync(paths.dir, { recursive: true });
  assert.equal(guard.look(), "removed");
  mkdirSync(paths.dir);
  writeFileSync(paths.state, ours);
  assert.equal(guard.look(), "removed");
});

test("a snapshot of ours is recognised, also an old one, and nothing else is", async (t) => {
  const paths = jobPaths(temporaryDirectory(t));
  const picture = new Picture();
  for (const event of sampleEvents.slice(0, 3)) picture.apply(event);
  await new Snapshots(paths, picture, null).write();
  const text = readFileSync(paths.tasks, "utf8");
  for (const event of sampleEvents.slice(3)) picture.apply(event);
  assert.ok(isSnapshotOf(text, picture));
  assert.ok(!isSnapshotOf(JSON.stringify(JSON.parse(text), null, 2), picture));
  assert.ok(!isSnapshotOf(text.replaceAll("2026-01-31T12", "2026-01-31T13"), picture));
  assert.ok(!isSnapshotOf("[]", picture));
  assert.ok(!isSnapshotOf(text.slice(0, -2), picture));
});

test("what comes into the place of our file just as that is there is not taken for it", async (t) => {
  const { guard, put } = await guarded(t);
  const rename = fs.renameSync;
  fs.renameSync = (from, to) => {
    rename(from, to);
    rmSync(to);
    mkdirSync(to);
  };
  syncBuiltinESMExports();
  try {
    put(ours);
  } finally {
    fs.renameSync = rename;
    syncBuiltinESMExports();
  }
  assert.equal(guard.isByOthers(), true);
  assert.equal(guard.look(), "unsettled");
});
