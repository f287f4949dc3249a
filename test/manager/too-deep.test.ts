/** A value that is nested so deeply that nobody could write it down again is refused before it is taken in, wherever it stands. */

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ManagedDirectory, stateText, task, until } from "./manager-process.js";
import { untilHolds } from "../support/shell-loops.js";

const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;

test("in a dropped file it fails the job with the reason", async (t) => {
  const place = new ManagedDirectory(t);
  await place.start();
  for (const job of ["in-state", "in-tasks"]) mkdirSync(place.path(job, "logs"), { recursive: true });
  writeFileSync(
    place.path("in-state", "state.json"),
    stateText("in-state", "2026-01-31T12:00:00Z").replace("{", `{"note": ${deep},`),
  );
  place.dropTasks("in-state", [task("only", "true")]);
  place.dropState("in-tasks");
  writeFileSync(place.path("in-tasks", "tasks.json"), `[{"id": "only", "command": "true", "note": ${deep}}]`);
  for (const job of ["in-state", "in-tasks"])
    assert.match(
      String((await place.untilState(job, "failed"))["error"]),
      /note: expected at most 500 levels of lists and objects/,
    );
});

test("in the rewritten tasks.json of a running job it is refused, and the job goes on and ends", async (t) => {
  const place = new ManagedDirectory(t);
  const gate = join(place.root, "gate");
  place.drop("job", [task("long", "sh", ["-c", untilHolds(`[ -e ${gate} ]`)]), task("after", "true", [], ["long"])]);
  await place.start();
  await until(() => place.peek("job") === "working" && place.tasks("job")[0]!["attempts"] !== undefined, "the first snapshot");
  const lines = readFileSync(place.path("job", "tasks.json"), "utf8").trimEnd();
  writeFileSync(place.path("job", "tasks.json"), `${lines.slice(0, -1)},{"id": "more", "command": "true", "note": ${deep}}]`);
  await until(() => JSON.stringify(place.state("job")["warnings"] ?? "").includes("500 levels"), "the refusal");
  writeFileSync(gate, "");
  assert.equal((await place.untilState("job", "completed", "failed"))["state"], "completed");
  assert.deepEqual(
    place.tasks("job").map(({ id }) => id),
    ["long", "after"],
  );
  assert.equal(await place.end(), 0);
});
