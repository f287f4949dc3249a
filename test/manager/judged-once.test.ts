import assert from "node:assert/strict";
import { renameSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ManagedDirectory, task, until } from "./manager-process.js";

const wrong = (command: number): string => JSON.stringify([{ id: "a", command }]);

test("a broken file whose time lies in the future is judged once, and again when it is mended", async (t) => {
  const place = new ManagedDirectory(t);
  const timesJudged = (job: string): number => place.log().split(`job \\"${job}\\" failed`).length - 1;
  place.drop("early", []);
  writeFileSync(place.path("early", "tasks.json"), wrong(5));
  const ahead = Date.now() / 1000 + 86_400;
  utimesSync(place.path("early", "tasks.json"), ahead, ahead);
  await place.start();
  await place.untilState("early", "failed");
  // Judging takes the settle time: while another job was judged twice, the first would have been again.
  place.drop("late", []);
  writeFileSync(place.path("late", "tasks.json"), wrong(5));
  await until(() => timesJudged("late") === 1, "another job to be judged");
  writeFileSync(place.path("late", "tasks.json"), wrong(6));
  await until(() => timesJudged("late") === 2, "it to be judged again");
  assert.equal(timesJudged("early"), 1);
  place.dropTasks("early", [task("a", "true")]);
  await place.untilState("early", "completed");
});

test("a mended file counts also if the clock for files has not ticked since it was refused", async (t) => {
  const place = new ManagedDirectory(t);
  await place.start();
  place.drop("late", [{ ...task("a", "true"), args: 7 }]);
  await place.untilState("late", "failed");
  const { mtime } = statSync(place.path("late", "state.json"));
  const mended = join(place.root, "mended.json");
  writeFileSync(mended, JSON.stringify([task("a", "true")]));
  utimesSync(mended, mtime, mtime);
  renameSync(mended, place.path("late", "tasks.json"));
  await place.untilState("late", "completed");
});
