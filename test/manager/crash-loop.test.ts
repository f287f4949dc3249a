import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { OpeningRecord, setAside } from "../../src/manager/opening-record.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import { ManagedDirectory, task, until } from "./manager-process.js";

test("what three managers died of while they opened it is set aside until its files change, and what lived on is not", (t) => {
  const { dir } = temporaryPlace(t);
  mkdirSync(dir);
  const first = new OpeningRecord(dir);
  first.begin("good", "1");
  first.begin("big", "1");
  first.begin("beside", "1");
  first.end("good");
  // It is gone, with a line that it was about to write.
  writeFileSync(join(dir, "manager.opening"), '{"begin":"to', { flag: "a" });
  const second = new OpeningRecord(dir);
  assert.deepEqual(
    ["good", "big", "beside"].map((name) => second.isSuspect(name)),
    [false, true, true],
  );
  assert.equal(second.isSetAside("big", "1"), false);
  second.begin("beside", "1");
  second.end("beside");
  second.begin("big", "1");
  for (let deaths = 1; deaths < 3; deaths++) {
    const next = new OpeningRecord(dir);
    assert.equal(next.isSetAside("big", "1"), false, "what was opened beside others at first may have been ended with them");
    next.begin("big", "1");
  }
  const third = new OpeningRecord(dir);
  assert.equal(third.isSetAside("big", "1"), true);
  assert.equal(third.isSetAside("big", "2"), false, "with other files it is tried again");
  assert.equal(third.isSuspect("beside"), false);
  assert.deepEqual([...setAside(dir)], ["big"]);
  third.close();
  assert.deepEqual([...setAside(dir)], ["big"]);
  const fourth = new OpeningRecord(dir);
  fourth.begin("big", "2");
  fourth.end("big");
  fourth.close();
  assert.equal(existsSync(join(dir, "manager.opening")), false);
});

test("a job that takes more memory than there is brings three managers down, and no fourth; others go on, and status says so", async (t) => {
  const place = new ManagedDirectory(t);
  place.env["NODE_OPTIONS"] = "--max-old-space-size=64";
  // A text of 27 MB that becomes far more in memory.
  const tasks = Array.from({ length: 75_000 }, (_, index) => task(`t${index}`, "true", ["x".repeat(40), `${index}`]));
  place.drop("big", tasks);
  for (let round = 0; round < 3; round++) {
    await place.start().catch(() => {});
    await until(() => !place.isUp, "the manager to die");
  }
  await place.start();
  place.drop("small", [task("hello", "echo", ["hello"])]);
  await place.untilState("small", "completed");
  assert.ok(place.isUp);
  assert.match(readFileSync(join(place.base, "manager.log"), "utf8"), /job \\"big\\" is set aside: three managers died/);
  const { stdout } = place.run("status", "big");
  assert.match(stdout, /it is set aside: three managers died while they opened it/);
});

test("a tasks.json of 57 MB is taken up under a heap of 512 MB, and its manager lives on for others", async (t) => {
  const place = new ManagedDirectory(t);
  place.env["NODE_OPTIONS"] = "--max-old-space-size=512";
  const tasks = Array.from({ length: 113_000 }, (_, index) => task(`t${index}`, "true", ["x".repeat(220), `${index}`]));
  place.drop("big", tasks);
  assert.ok(statSync(place.path("big", "tasks.json")).size > 57_000_000);
  await place.start();
  place.drop("small", [task("hello", "echo", ["hello"])]);
  await place.untilState("small", "completed");
  await place.untilState("big", "working");
  await place.end("SIGKILL");
  await place.start();
  place.drop("later", [task("hello", "echo", ["hello"])]);
  await place.untilState("later", "completed");
  assert.ok(place.isUp, "what it has adopted fits, too");
  assert.equal(await place.end(), 0);
});
