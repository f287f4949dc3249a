/** A state.json of which some value is of another kind than ours: it is told, or it does no harm; in no case does the job run twice. */

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ManagedDirectory, stateText, task, until } from "./manager-process.js";

/** What an author decides: the job is failed, with these words. */
const decisive: Readonly<Record<string, readonly [value: unknown, reason: RegExp]>> = {
  "a-time-that-is-a-number": [
    { created_at: 1795366934.25 },
    /state\.json:\d+:\d+: created_at: expected a string, got the number 1795366934\.25: write "1795366934\.25"/,
  ],
  "an-id-that-is-a-number": [{ id: 17 }, /id: expected a string, got the number 17: write "17"/],
  "an-empty-id": [{ id: "" }, /id: expected a text, got an empty one/],
  "an-id-in-a-list": [{ id: ["a"] }, /id: expected a string, got a list/],
  "a-variable-that-is-a-number": [{ env: { A: 5 } }, /env\.A: expected a string, got the number 5: write it in quotes, "5"/],
  "an-environment-that-is-none": [{ env: "A=5" }, /env: expected an object such as/],
  "a-limit-in-quotes": [{ concurrency: "4" }, /concurrency: expected a whole number of 1 or more, got the text "4"/],
  "no-failures-allowed": [{ max_failures: 0 }, /max_failures: expected a whole number of 1 or more, got the number 0/],
  "a-directory-that-is-none": [{ cwd: 7 }, /cwd: expected a string, got the number 7/],
};

/** What only engines say: it is no reason not to run. */
const harmless: Readonly<Record<string, unknown>> = {
  error: 5,
  updated_at: 1795366934.25,
  started_at: [],
  completed_at: {},
  counts: { total: "many" },
  owner: 5,
  first_failure: { a: 1 },
  warnings: "none",
  state: "sleeping",
  name: 9,
  rejected_file: false,
};

function drop(place: ManagedDirectory, job: string, change: unknown, ran: string): void {
  mkdirSync(place.path(job, "logs"), { recursive: true });
  const state = { ...(JSON.parse(stateText(job, "2026-01-31T12:00:00Z")) as object), ...(change as object) };
  writeFileSync(place.path(job, "state.json"), JSON.stringify(state, null, 2));
  place.dropTasks(job, [task("only", "sh", ["-c", `echo ${job} >> ${ran}`])]);
}

test("a state.json that says something impossible fails its job with the reason, and nothing of it runs", async (t) => {
  const place = new ManagedDirectory(t);
  const ran = join(place.root, "ran");
  await place.start();
  for (const [job, [change]] of Object.entries(decisive)) drop(place, job, change, ran);
  for (const [job, [, reason]] of Object.entries(decisive)) {
    assert.match(String((await place.untilState(job, "failed"))["error"]), reason);
    assert.ok(existsSync(place.path(job, "state.json.rejected")), job);
  }
  await place.end();
  await place.start();
  // A second manager, and a correction.
  const [first] = Object.keys(decisive);
  drop(place, first!, {}, ran);
  await place.untilState(first!, "completed");
  assert.equal(readFileSync(ran, "utf8"), `${first}\n`);
});

test("what only engines say may be anything: the job runs once, and no more at the next starts", async (t) => {
  const place = new ManagedDirectory(t);
  const ran = join(place.root, "ran");
  const jobs = Object.entries(harmless).map(([key, value]) => [`wrong-${key.replaceAll("_", "-")}`, { [key]: value }] as const);
  await place.start();
  for (const [job, change] of jobs) drop(place, job, change, ran);
  for (const [job] of jobs) assert.equal((await place.untilState(job, "completed", "failed"))["state"], "completed", job);
  for (let start = 0; start < 2; start++) {
    await place.end();
    await place.start();
    drop(place, `after-${start}`, {}, ran);
    await place.untilState(`after-${start}`, "completed");
  }
  const lines = readFileSync(ran, "utf8").trim().split("\n");
  assert.deepEqual(new Set(lines), new Set([...jobs.map(([job]) => job), "after-0", "after-1"]));
  assert.equal(lines.length, jobs.length + 2);
});

test("a new run whose id is none is not taken for more tasks of the run that had ended", async (t) => {
  const place = new ManagedDirectory(t);
  const ran = join(place.root, "ran");
  drop(place, "job", {}, ran);
  await place.start();
  await place.untilState("job", "completed");
  drop(place, "job", { id: 17 }, ran);
  place.dropTasks("job", [task("other", "sh", ["-c", `echo other >> ${ran}`])]);
  assert.match(String((await place.untilState("job", "failed"))["error"]), /id: expected a string/);
  drop(place, "job", { created_at: "2026-02-01T12:00:00Z" }, ran);
  await place.untilState("job", "completed");
  assert.equal(readFileSync(ran, "utf8"), "job\njob\n");
});

test("a run that is written again with an id that is none ends, and the new one is failed with the reason", async (t) => {
  const place = new ManagedDirectory(t);
  place.drop("job", [task("long", "sleep", ["60"])]);
  await place.start();
  await place.untilState("job", "working");
  writeFileSync(place.path("job", "state.json"), stateText("job", "2026-02-01T12:00:00Z").replace(/"id": ".*?"/, '"id": 17'));
  place.dropTasks("job", [task("other", "true")]);
  assert.match(String((await place.untilState("job", "failed"))["error"]), /id: expected a string/);
  await until(() => place.log().includes("another run was written in its place"), "the engine to say so");
});
