/** What can't be shown or deleted is told, and stands in nobody's way. */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makePlayground } from "./support/cli.js";

test("a failed task whose log is a link is a failed task: its log is not followed, and that is said", async (t) => {
  const { write, run } = makePlayground(t);
  const log = ".air-executor/jobs/job/logs/a.log";
  // Its name is there a moment after it began, and only once.
  const script = `ln -s a.log ${log} 2>/dev/null || ln -sf a.log ${log}; exit 4`;
  const { code, stderr } = await run(["run", write("job.json", [{ id: "a", command: "sh", args: ["-c", script] }])]);
  assert.equal(code, 1, stderr);
  assert.match(stderr, /a\.log is a symbolic link, expected a log: not shown/);
  const logs = await run(["logs", "job"]);
  assert.equal(logs.code, 3);
  assert.match(logs.stderr, /task "a": .*a\.log is a symbolic link/);
});

const isRoot = process.geteuid?.() === 0 && process.platform === "linux";

test("what can't be deleted keeps nothing else from being removed", { skip: !isRoot }, async (t) => {
  const { dir, write, run } = makePlayground(t);
  for (const name of ["stuck", "one", "two"]) await run(["run", write(`${name}.json`, [{ command: "true" }])]);
  const jobs = join(dir, ".air-executor", "jobs");
  const mounted = join(jobs, "stuck", "mounted");
  mkdirSync(mounted);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", mounted]);
  try {
    const stuck = await run(["rm", "stuck"]);
    assert.equal(stuck.code, 3, stuck.stderr);
    assert.match(stuck.stderr, /can't be deleted \(.*\): remove it by hand/);
    const one = await run(["rm", "one"]);
    assert.equal(one.code, 0, one.stderr);
    assert.doesNotMatch(one.stderr, /stuck/);
    const pruned = await run(["prune", "--older-than", "0s"]);
    assert.equal(pruned.code, 0, pruned.stderr);
    assert.deepEqual(readdirSync(jobs), []);
  } finally {
    unmountAll(join(dir, ".air-executor"));
  }
});

test("of a file that may not be deleted rm says so", { skip: !isRoot }, async (t) => {
  const frozen: string[] = [];
  // First of all: what may not be deleted can't be removed with its place.
  t.after(() => frozen.forEach((path) => spawnSync("chattr", ["-R", "-i", path])));
  const { dir, write, run } = makePlayground(t);
  await run(["run", write("job.json", [{ command: "true" }])]);
  const base = join(dir, ".air-executor");
  if (spawnSync("chattr", ["+i", join(base, "jobs/job/tasks.json")]).status !== 0) return t.skip("needs chattr +i");
  frozen.push(base);
  const { code, stderr } = await run(["rm", "job"]);
  assert.equal(code, 3, stderr);
  assert.match(stderr, /can't be deleted \(EPERM: operation not permitted, unlink '.*tasks\.json'\): remove it by hand/);
});

/** Before the directory goes. */
function unmountAll(base: string): void {
  for (const place of [join(base, "jobs"), join(base, "removed")]) {
    for (const name of existsSync(place) ? readdirSync(place) : []) {
      const path = join(place, name, "mounted");
      if (existsSync(path)) execFileSync("umount", [path]);
    }
  }
}
