import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ManagedDirectory, task, until } from "./manager-process.js";

const JOBS = 12;
const TASKS = 100;
/** The spool of all of them would be longer, each journal is shorter. */
const LARGEST_FILE = 64 * 1024;

test("a manager does not keep what all its tasks did for ever: where files may not grow it runs on, and what began before can be ended", async (t) => {
  if (process.platform !== "linux") return t.skip("needs prlimit");
  const place = new ManagedDirectory(t);
  const { pid } = await place.start("--concurrency", "4");
  assert.equal(spawnSync("prlimit", ["--pid", String(pid), `--fsize=${LARGEST_FILE}`]).status, 0);
  place.drop("long", [task("waits", "sleep", ["100"])]);
  await place.untilState("long", "working");
  for (let number = 0; number < JOBS; number++) {
    const name = `short-${number}`;
    place.drop(
      name,
      Array.from({ length: TASKS }, (_, at) => task(`task-${at}`, "true")),
    );
    await place.untilState(name, "completed");
  }
  assert.equal(place.run("cancel", "long").status, 0);
  await place.untilState("long", "cancelled");
  const attempts = place.tasks("long").map((each) => each["attempts"]);
  assert.deepEqual(attempts, [1]);
  const spools = (): number => readdirSync(join(place.base, "lanes")).length;
  await until(() => spools() === 1, "what nobody needs any more to be removed");
});
