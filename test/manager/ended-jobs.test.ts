import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, readlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TaskSpec } from "../../src/domain/task.js";
import { watchBudget } from "../../src/manager/watch-budget.js";
import { openDropped } from "../../src/store/directory/job-directory.js";
import { tasksAdded } from "../../src/store/journal/new-journal.js";
import { fitsItself } from "../../src/store/text/demand-faults.js";
import { task as taskOf } from "../store/sample-job.js";
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

test("what was put on record of an ended job, by somebody who died before its files said so, is found", async (t) => {
  const place = new ManagedDirectory(t);
  await place.start();
  place.drop("job", [task("a", "true")]);
  // Its files show the end of a job a moment before its manager has given it back.
  await until(() => place.log().includes('job \\"job\\" completed'), "the job to end");
  const added = [taskOf("b", ["a"])];
  const record = async (tasks: readonly TaskSpec[]): Promise<void> => {
    const opened = await openDropped(place.path("job"), "manager", { nowMs: Date.now(), socket: null, fit: fitsItself });
    opened.note([...tasksAdded(tasks, Date.now())]);
    await opened.giveBack();
  };
  await record(added);
  await until(() => place.tasks("job")[1]?.["status"] === "completed", "the new task to run");
  await until(() => place.state("job")["state"] === "completed", "the job to end again");
  await place.end();
  // The clock was set back since the end.
  const late = new Date(Date.now() + 3_600_000);
  for (const name of ["tasks.json", "state.json"]) utimesSync(join(place.path("job"), name), late, late);
  await record([taskOf("c")]);
  await place.start();
  await until(() => place.tasks("job")[2]?.["status"] === "completed", "the next one to run under the next manager");
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
