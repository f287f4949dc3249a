/** A job that runs is written again under its name, in every order, with the bytes that the guide's own client writes. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { ManagedDirectory, until } from "../manager/manager-process.js";
import { codeBlocks } from "./code-blocks.js";
import { guidePath, writeJobsPath } from "./places.js";
import { findPython } from "./python.js";

const python = findPython();
const options = { skip: python === null ? "there is no python3 on PATH" : false };

interface GuideTask {
  readonly id: string;
  readonly command: string;
  readonly args: readonly string[];
}

class Place extends ManagedDirectory {
  readonly witness = join(this.root, "witness");

  /** Says its name once, also in its log, and runs on if it is to be interrupted. */
  task(id: string, word: string, rest = ""): GuideTask {
    return { id, command: "sh", args: ["-c", `echo ${word}; echo ${word} >> '${this.witness}'; ${rest}`] };
  }

  /** Has the guide's client write job `job`, again for each list, here or elsewhere. */
  write(lists: readonly (readonly GuideTask[])[], base = this.base): void {
    const [block] = codeBlocks(readFileSync(guidePath, "utf8"), "python");
    writeFileSync(join(this.root, "block.py"), block!.code);
    writeFileSync(join(this.root, "jobs.json"), JSON.stringify(lists.map((tasks) => [base, "job", tasks])));
    const cwd = join(this.root, "scratch");
    mkdirSync(cwd, { recursive: true });
    execFileSync(python!, ["-W", "ignore", writeJobsPath, join(this.root, "block.py"), join(this.root, "jobs.json")], { cwd });
  }

  /** Has it write the job elsewhere, and gives a way to put its files here one by one, in place as the client does. */
  prepare(tasks: readonly GuideTask[]): (file: "state.json" | "tasks.json") => void {
    const elsewhere = join(this.root, "prepared");
    this.write([tasks], elsewhere);
    return (file) => copyFileSync(join(elsewhere, "jobs", "job", file), this.path("job", file));
  }

  said(): string[] {
    return existsSync(this.witness) ? readFileSync(this.witness, "utf8").trimEnd().split("\n") : [];
  }
}

/** A manager with a job that runs. */
async function running(t: TestContext): Promise<Place> {
  const place = new Place(t);
  await place.start("--concurrency", "4");
  place.write([[place.task("one", "old", "exec sleep 60"), place.task("two", "old-two", "exec sleep 60")]]);
  await until(() => place.said().length === 2, "the old run to run");
  return place;
}

/** The new run is the one that was written last, and the old one was stopped and kept with its logs. */
async function assertReplaced(place: Place, words: readonly string[]): Promise<void> {
  await until(() => place.said().length === 2 + words.length && place.peek("job") === "completed", "the new run to complete");
  assert.deepEqual(place.said().slice(2).toSorted(), words.toSorted());
  const kept = readdirSync(place.path("job", "runs")).map((run) => {
    const dir = place.path("job", "runs", run);
    const { state, created_at: createdAt } = JSON.parse(readFileSync(join(dir, "state.json"), "utf8")) as Record<string, string>;
    return { state, createdAt, logs: readdirSync(join(dir, "logs")) };
  });
  const oldest = kept.toSorted((a, b) => a.createdAt!.localeCompare(b.createdAt!))[0]!;
  assert.equal(oldest.state, "cancelled");
  assert.deepEqual(oldest.logs.toSorted(), ["one.log", "two.log"]);
  const { created_at: newest } = place.state("job");
  const told = JSON.stringify([kept, newest, place.log().split("\n").slice(-14)]);
  assert.ok(
    kept.every(({ createdAt }) => createdAt! < String(newest)),
    told,
  );
}

test("written by the client, its state first", options, async (t) => {
  const place = await running(t);
  place.write([[place.task("one", "new"), place.task("three", "three")]]);
  await assertReplaced(place, ["new", "three"]);
});

test("its tasks first: they are not taken for more tasks of the run that is there", options, async (t) => {
  const place = await running(t);
  const put = place.prepare([place.task("three", "three"), place.task("four", "four")]);
  put("tasks.json");
  put("state.json");
  await assertReplaced(place, ["three", "four"]);
});

test("its tasks first, with all ids of the run that is there and more", options, async (t) => {
  const place = await running(t);
  const put = place.prepare([place.task("one", "new"), place.task("two", "new-two"), place.task("three", "three")]);
  put("tasks.json");
  // The old run looks at the file within half a second, and has to leave it alone.
  place.dropState("other");
  place.dropTasks("other", [{ id: "t", command: "sleep", args: ["0.8"] }]);
  await place.untilState("other", "completed");
  assert.deepEqual(place.said().length, 2);
  put("state.json");
  await assertReplaced(place, ["new", "new-two", "three"]);
});

test("its state first, and its tasks when the old run has been ended: the old tasks never run again", options, async (t) => {
  const place = await running(t);
  const put = place.prepare([place.task("one", "new")]);
  put("state.json");
  await until(() => place.log().includes('job \\"job\\" cancelled'), "the old run to end");
  put("tasks.json");
  await assertReplaced(place, ["new"]);
});

test("twice within one second: the last one counts, and nothing of it runs twice", options, async (t) => {
  const place = await running(t);
  place.write([[place.task("one", "first")], [place.task("one", "second"), place.task("two", "second-two")]]);
  await until(
    () => place.said().includes("second-two") && place.said().includes("second") && place.peek("job") === "completed",
    "the second one to complete",
  );
  const said = place.said().slice(2);
  for (const word of ["first", "second", "second-two"])
    assert.ok(said.filter((each) => each === word).length <= 1, said.join(" "));
  assert.deepEqual(
    place.tasks("job").map(({ id, status }) => [id, status]),
    [
      ["one", "completed"],
      ["two", "completed"],
    ],
  );
});
