import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { watchBudget } from "../../src/manager/watch-budget.js";
import { ManagedDirectory, task, until } from "./manager-process.js";

/** What the system watches for a process. */
function watchesOf(pid: number): number {
  const lines = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      if (!readlinkSync(`/proc/${pid}/fd/${fd}`).includes("inotify")) return [];
      return readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8").split("\n");
    } catch {
      // Closed meanwhile.
      return [];
    }
  });
  return lines.filter((line) => line.startsWith("inotify wd:")).length;
}

test("every ended job that a manager finds is watched, and runs when it is written again in place", async (t) => {
  if (process.platform !== "linux") return t.skip("only Linux tells what is watched");
  const place = new ManagedDirectory(t);
  const names = Array.from({ length: 700 }, (_, n) => `job-${n}`);
  const ended = { id: "old", created_at: "old", state: "completed", owner: "manager" };
  for (const name of names) {
    mkdirSync(place.path(name));
    writeFileSync(place.path(name, "tasks.json"), "[]");
    writeFileSync(place.path(name, "state.json"), JSON.stringify(ended));
  }
  const manager = await place.start();
  await until(() => watchesOf(manager.pid!) > names.length, "every job to be watched");
  place.drop("job-0", [task("again", "echo")]);
  await until(() => place.tasks("job-0")[0]?.["status"] === "completed", "the job to run again");
});

test("a manager leaves most of the system's watches to others, and takes few where it can't know how many there are", (t) => {
  const { root } = new ManagedDirectory(t);
  const limit = join(root, "limit");
  writeFileSync(limit, "8192\n");
  assert.equal(watchBudget(limit), 2048);
  writeFileSync(limit, "1048576\n");
  assert.equal(watchBudget(limit), 16_384);
  assert.equal(watchBudget(join(root, "missing")), 256);
});
