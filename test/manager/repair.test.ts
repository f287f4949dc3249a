import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { ManagedDirectory } from "./manager-process.js";

/** As the program wrote them that came before us: times as Python prints them, keys missing, no file of ours. */
function leave(place: ManagedDirectory, job: string, state: string, tasks: readonly Record<string, unknown>[]): void {
  mkdirSync(place.path(job, "logs"), { recursive: true });
  const times = { created_at: "2025-11-22 10:15:30.123456", updated_at: "2025-11-22 10:16:00" };
  writeFileSync(place.path(job, "state.json"), JSON.stringify({ id: `${job}-1763806530`, name: job, state, ...times }, null, 2));
  const objects = tasks.map((task) => ({ job_name: job, command: "echo", args: [task["id"]], ...task }));
  writeFileSync(place.path(job, "tasks.json"), JSON.stringify(objects, null, 2));
}

test("jobs that the earlier program left behind end or go on, and what it completed is not run again", async (t) => {
  const place = new ManagedDirectory(t);
  const ran = { started_at: "2025-11-22 10:15:31", completed_at: "2025-11-22 10:15:32", error: null };
  leave(place, "stuck", "working", [
    { id: "a", status: "completed", dependencies: [], ...ran },
    { id: "b", status: "running", dependencies: ["a"], started_at: "2025-11-22 10:15:33" },
    { id: "c", status: "pending", dependencies: ["b"] },
  ]);
  leave(place, "failed-dependency", "working", [
    { id: "a", status: "failed", error: "Command failed with exit code 1", dependencies: [] },
    { id: "b", status: "pending", dependencies: ["a"] },
  ]);
  leave(place, "never-ran", "completed", [
    { id: "a", status: "pending" },
    { id: "b", dependencies: ["a"] },
  ]);
  leave(place, "done", "completed", [{ id: "a", status: "completed", dependencies: [], ...ran }]);
  leave(place, "nothing", "waiting", []);
  await place.start();

  assert.equal((await place.untilState("stuck", "completed", "failed"))["state"], "completed");
  assert.deepEqual(
    place.tasks("stuck").map(({ attempts, started_at: at }) => [attempts, at === "2025-11-22T10:15:31.000Z"]),
    [
      [0, true],
      [1, false],
      [1, false],
    ],
  );
  assert.equal((await place.untilState("failed-dependency", "completed", "failed"))["state"], "failed");
  assert.equal(place.tasks("failed-dependency")[1]!["status"], "skipped");
  assert.equal((await place.untilState("never-ran", "completed"))["created_at"], "2025-11-22 10:15:30.123456");
  await place.untilState("nothing", "completed");
  const deadline = Date.now() + 30_000;
  while (place.state("done")["owner"] === undefined && Date.now() < deadline) await new Promise((done) => setTimeout(done, 10));
  assert.equal(place.state("done")["state"], "completed");
  assert.equal(place.tasks("done")[0]!["attempts"], 0);
});
