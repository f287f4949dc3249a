import assert from "node:assert/strict";
import { utimesSync, writeFileSync } from "node:fs";
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
