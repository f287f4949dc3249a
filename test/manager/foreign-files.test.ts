import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ManagedDirectory, stateText, task, until } from "./manager-process.js";
import { untilHolds } from "../support/shell-loops.js";

const SOMEBODY = 65_534;
const hello = task("hello", "echo", ["hello"]);
const skip = process.geteuid?.() === 0 ? false : "only root can give files to somebody else";

/** Every file of a job with its owner and content, links not followed. */
function everythingIn(dir: string): Record<string, string> {
  const entries = readdirSync(dir, { recursive: true, encoding: "utf8" }).toSorted();
  return Object.fromEntries(
    entries.map((name) => {
      const stats = lstatSync(join(dir, name));
      return [name, `${stats.uid} ${stats.mode} ${stats.isFile() ? readFileSync(join(dir, name), "utf8") : ""}`];
    }),
  );
}

function problems(place: ManagedDirectory): Record<string, string | null> {
  const shown = execFileSync(process.execPath, [place.cli, "status", "--json"], { env: place.env, encoding: "utf8" });
  const { jobs } = JSON.parse(shown) as { jobs: { name: string; problem: string | null }[] };
  return Object.fromEntries(jobs.map(({ name, problem }) => [name, problem]));
}

test(
  "a directory of another user, a link and a state.json of another user are not taken, and status and log say why",
  { skip },
  async (t) => {
    const place = new ManagedDirectory(t);
    await place.start();
    place.dropTasks("theirs", [hello]);
    chownSync(place.path("theirs"), SOMEBODY, SOMEBODY);
    place.dropState("theirs");
    mkdirSync(join(place.root, "outside"));
    writeFileSync(join(place.root, "outside", "state.json"), stateText("outside", "T"));
    writeFileSync(join(place.root, "outside", "tasks.json"), JSON.stringify([hello]));
    symlinkSync(join(place.root, "outside"), place.path("link"));
    place.dropTasks("their-state", [hello]);
    writeFileSync(place.path("their-state", "state.new"), stateText("their-state", "T"));
    chownSync(place.path("their-state", "state.new"), SOMEBODY, SOMEBODY);
    execFileSync("mv", [place.path("their-state", "state.new"), place.path("their-state", "state.json")]);
    const before = ["theirs", "link"].map((name) => everythingIn(place.path(name)));
    place.drop("ours", [hello]);
    await place.untilState("ours", "completed");
    for (const name of ["theirs", "link", "their-state"]) {
      await until(() => place.log().includes(`jobs/${name} is not taken`), `${name} to be refused`);
    }
    assert.deepEqual(
      ["theirs", "link"].map((name) => everythingIn(place.path(name))),
      before,
    );
    assert.equal(readFileSync(place.path("their-state", "state.json"), "utf8"), stateText("their-state", "T"));
    const seen = problems(place);
    assert.match(seen["theirs"]!, /belongs to user 65534/);
    assert.match(seen["their-state"]!, /state\.json belongs to user 65534/);
    assert.match(seen["link"]!, /link/);
    assert.equal(seen["ours"], null);
    chownSync(place.path("theirs"), 0, 0);
    await place.untilState("theirs", "completed");
  },
);

test(
  "tasks, a journal and a lock that somebody else left in a directory open to all fail its job, and nothing of them runs",
  { skip },
  async (t) => {
    const place = new ManagedDirectory(t);
    await place.start();
    place.drop("model", [task("evil", "touch", [join(place.root, "evil")])]);
    await place.untilState("model", "completed");
    rmSync(join(place.root, "evil"));
    const planted = ["tasks.json", "journal.ndjson", "lock"];
    const contents = planted.map((file) => readFileSync(place.path("model", file)));
    for (const [index, file] of planted.entries()) {
      const job = `their-${file.split(".")[0]}`;
      mkdirSync(place.path(job));
      chmodSync(place.path(job), 0o777);
      writeFileSync(place.path(job, file), contents[index]!);
      chownSync(place.path(job, file), SOMEBODY, SOMEBODY);
      if (file !== "tasks.json") place.dropTasks(job, [hello]);
      place.dropState(job);
    }
    assert.match(String((await place.untilState("their-tasks", "failed"))["error"]), /tasks\.json belongs to user 65534/);
    assert.match(String((await place.untilState("their-journal", "failed"))["error"]), /journal\.ndjson belongs to user 65534/);
    await until(() => place.log().includes("jobs/their-lock is not taken"), "the lock to be refused");
    for (const [index, file] of planted.entries()) {
      const path = place.path(`their-${file.split(".")[0]}`, file);
      assert.equal(lstatSync(path).uid, SOMEBODY);
      assert.deepEqual(readFileSync(path), contents[index]);
    }
    assert.equal(readdirSync(place.root).includes("evil"), false);
    place.drop("ours", [hello]);
    await place.untilState("ours", "completed");
  },
);

test("links and directories where the engine keeps its own files fail the job, and nothing is written through them", async (t) => {
  const place = new ManagedDirectory(t);
  await place.start();
  for (const file of ["logs", "journal.ndjson", "lock", "runs"]) {
    const job = `link-${file.split(".")[0]}`;
    const outside = join(place.root, job);
    mkdirSync(outside);
    mkdirSync(place.path(job));
    symlinkSync(outside, place.path(job, file));
    if (skip === false) lchownSync(place.path(job, file), 0, 0);
    writeFileSync(place.path(job, "tasks.json"), JSON.stringify([hello]));
    writeFileSync(place.path(job, "state.json"), stateText(job, "T"));
  }
  mkdirSync(place.path("pipe-lock"));
  execFileSync("mkfifo", [place.path("pipe-lock", "lock")]);
  place.drop("pipe-lock", [hello]);
  for (const name of ["state.json", "tasks.json"]) {
    const job = `directory-${name.split(".")[0]}`;
    mkdirSync(place.path(job, name), { recursive: true });
    if (name === "state.json") place.dropTasks(job, [hello]);
    else place.dropState(job);
  }
  place.drop("ours", [hello]);
  await place.untilState("ours", "completed");
  assert.match(String((await place.untilState("link-logs", "failed"))["error"]), /logs is a link/);
  assert.match(String((await place.untilState("link-journal", "failed"))["error"]), /journal\.ndjson is a symbolic link/);
  assert.match(String((await place.untilState("directory-tasks", "failed"))["error"]), /tasks\.json is a directory/);
  assert.match(String((await place.untilState("directory-state", "failed"))["error"]), /state\.json is a directory/);
  assert.ok(lstatSync(place.path("directory-state", "state.json.rejected")).isDirectory());
  for (const job of ["link-lock", "pipe-lock"]) {
    await until(() => place.log().includes(`jobs/${job} is not taken`), `${job} to be refused`);
  }
  for (const job of ["link-logs", "link-journal", "link-lock", "link-runs"]) {
    assert.deepEqual(readdirSync(join(place.root, job)), []);
  }
});

test("a directory in the place of a running job's file is put aside, and the job goes on", async (t) => {
  const place = new ManagedDirectory(t);
  await place.start();
  const gate = join(place.root, "gate");
  place.drop("job", [task("hold", "sh", ["-c", untilHolds(`[ -e '${gate}' ]`)]), task("next", "true", [], ["hold"])]);
  await place.untilState("job", "working");
  for (const file of ["tasks.json", "state.json"]) {
    rmSync(place.path("job", file));
    mkdirSync(place.path("job", file));
    await until(
      () => lstatSync(place.path("job", file), { throwIfNoEntry: false })?.isFile() === true,
      `${file} to be ours again`,
    );
    assert.ok(lstatSync(place.path("job", `${file}.rejected`)).isDirectory());
  }
  writeFileSync(gate, "");
  await place.untilState("job", "completed");
});
