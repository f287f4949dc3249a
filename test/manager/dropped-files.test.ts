import assert from "node:assert/strict";
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { ManagedDirectory, stateText, task, until } from "./manager-process.js";
import { untilHolds } from "../support/shell-loops.js";

const hello = task("hello", "echo", ["hello"]);
/** Says that it runs by a file, and runs until another appears. */
const puppet = (id: string, gate: string): ReturnType<typeof task> =>
  task(id, "sh", ["-c", `: > '${gate}.runs'; ${untilHolds(`[ -e '${gate}' ]`)}`]);

/** What a manager writes there meanwhile is removed with the rest. */
const WITH_ALL = { recursive: true, maxRetries: 20, retryDelay: 10 } as const;

test("a job runs whichever of its files comes first, and however slowly", async (t) => {
  const place = new ManagedDirectory(t);
  await place.start();
  place.drop("state-first", [hello]);
  place.dropTasks("tasks-first", [hello]);
  place.dropState("tasks-first");
  mkdirSync(place.path("slow"));
  for (const [file, text] of [
    ["state.json", stateText("slow", "T")],
    ["tasks.json", JSON.stringify([task("a[]", "echo", ["[]", "]"]), hello])],
  ] as const) {
    const fd = openSync(place.path("slow", file), "w");
    for (const byte of Buffer.from(text)) writeSync(fd, Buffer.of(byte));
    closeSync(fd);
  }
  for (const job of ["state-first", "tasks-first", "slow"]) {
    assert.equal((await place.untilState(job, "completed", "failed"))["state"], "completed");
    assert.equal(readFileSync(place.path(job, "logs", "hello.log"), "utf8"), "hello\n");
  }
  assert.equal(place.state("slow")["created_at"], "T");
});

test("a job of which a file is missing waits, and status says for what", async (t) => {
  const place = new ManagedDirectory(t);
  await place.start();
  place.dropState("no-tasks");
  place.dropTasks("no-state", [hello]);
  place.drop("later", [hello]);
  await place.untilState("later", "completed");
  const shown = execFileSync(process.execPath, [place.cli, "status", "--json"], { env: place.env, encoding: "utf8" });
  const { jobs, manager } = JSON.parse(shown) as { jobs: { name: string; problem: string | null }[]; manager: { pid: number } };
  const problem = (name: string): string | null => jobs.find((job) => job.name === name)!.problem;
  assert.match(problem("no-tasks")!, /tasks\.json is not there yet$/);
  assert.match(problem("no-state")!, /state\.json is not there yet$/);
  assert.equal(problem("later"), null);
  assert.ok(manager.pid > 0);
  place.dropTasks("no-tasks", [hello]);
  place.dropState("no-state");
  await place.untilState("no-tasks", "completed");
  await place.untilState("no-state", "completed");
});

test("a job that can't be taken in fails with the reason, keeps what was written, harms no other, and runs once it is mended", async (t) => {
  const place = new ManagedDirectory(t);
  await place.start();
  const bad: Record<string, [tasks: string, reason: RegExp]> = {
    "not-json": ['[{"id": "a", "command": ]', /not-json\/tasks\.json:1:25/],
    "cut-off": ['[{"id": "a", "command": "echo"', /cut-off\/tasks\.json/],
    empty: ["", /empty\/tasks\.json/],
    "not-a-list": ['{"id": "a"}', /expected a list/],
    "no-command": ['[{"id": "a"}]', /command/],
    cycle: [JSON.stringify([task("a", "true", [], ["b"]), task("b", "true", [], ["a"])]), /a → b → a/],
    unknown: [JSON.stringify([task("a", "true", [], ["prepare"]), task("prepar", "true")]), /prepar/],
    twice: [JSON.stringify([task("a", "true"), task("a", "true")]), /"a"/],
  };
  for (const [job, [tasks]] of Object.entries(bad)) {
    place.dropState(job);
    writeFileSync(place.path(job, "tasks.json"), tasks);
  }
  mkdirSync(place.path("broken-state"));
  writeFileSync(place.path("broken-state", "state.json"), '{"id": "broken');
  place.dropTasks("broken-state", [hello]);
  place.dropState("pipe");
  execFileSync("mkfifo", [place.path("pipe", "tasks.json")]);
  place.dropState("link");
  symlinkSync("/etc/hostname", place.path("link", "tasks.json"));
  place.drop("good", [hello]);
  await place.untilState("good", "completed");

  for (const [job, [tasks, reason]] of Object.entries(bad)) {
    const state = await place.untilState(job, "failed");
    assert.match(String(state["error"]), reason);
    assert.equal(state["id"], `${job}-1769860800`);
    assert.equal(readFileSync(place.path(job, "tasks.json"), "utf8"), tasks);
    await until(() => place.log().includes(`job \\"${job}\\" failed`), `the log to name ${job}`);
  }
  assert.match(String((await place.untilState("pipe", "failed"))["error"]), /named pipe/);
  assert.match(String((await place.untilState("link", "failed"))["error"]), /symbolic link/);
  assert.match(String((await place.untilState("broken-state", "failed"))["error"]), /state\.json/);
  assert.equal(readFileSync(place.path("broken-state", "state.json.rejected"), "utf8"), '{"id": "broken');

  place.dropTasks("cycle", [hello]);
  writeFileSync(place.path("broken-state", "state.json"), stateText("broken-state", "T"));
  assert.equal((await place.untilState("cycle", "completed"))["id"], "cycle-1769860800");
  assert.equal((await place.untilState("broken-state", "completed"))["created_at"], "T");
  appendFileSync(place.path("cut-off", "tasks.json"), "}]");
  assert.equal((await place.untilState("cut-off", "completed"))["error"], null);
});

test("an author so slow that his state.json was rejected meanwhile still gets his job", async (t) => {
  const place = new ManagedDirectory(t);
  await place.start();
  place.dropTasks("slow", [hello]);
  const text = stateText("slow", "T");
  const fd = openSync(place.path("slow", "state.json"), "w");
  writeSync(fd, text.slice(0, 20));
  await place.untilState("slow", "failed");
  writeSync(fd, text.slice(20));
  closeSync(fd);
  assert.equal((await place.untilState("slow", "completed"))["created_at"], "T");
});

test("a job written again while it runs replaces the run: the old one is ended and kept, its tasks never run again", async (t) => {
  const place = new ManagedDirectory(t);
  await place.start();
  const gate = join(place.root, "gate");
  const count = join(place.root, "count");
  place.drop("again", [task("old", "sh", ["-c", `echo old; echo old >> '${count}'; exec sleep 60`])], "first");
  await until(() => existsSync(count), "the old run to run");
  // Within the same second the guide's client gives the same id, and its state.json comes first.
  place.dropState("again", "second");
  await until(() => place.log().includes("another run was written in its place"), "the manager to notice");
  await until(
    () => place.log().includes('job \\"again\\" cancelled: another run was written in its place"'),
    "the old run to end",
  );
  assert.equal(place.state("again")["created_at"], "second");
  place.dropTasks("again", [puppet("new", gate)]);
  await place.untilState("again", "working");
  const kept = place.path("again", "runs", "again-1769860800");
  assert.equal((JSON.parse(readFileSync(join(kept, "state.json"), "utf8")) as { created_at: string }).created_at, "first");
  assert.ok(existsSync(join(kept, "journal.ndjson")) && existsSync(join(kept, "logs", "old.log")));
  writeFileSync(gate, "");
  await place.untilState("again", "completed");
  assert.equal(readFileSync(count, "utf8"), "old\n");

  place.drop("again", [hello], "third");
  await until(() => place.state("again")["created_at"] === "third" && place.peek("again") === "completed", "the third run");
  assert.deepEqual(readdirSync(place.path("again", "runs")).toSorted(), ["again-1769860800", "again-1769860800-2"]);
  assert.deepEqual(
    place.tasks("again").map(({ id, status }) => [id, status]),
    [["hello", "completed"]],
  );
});

test("a job whose directory is removed is cancelled, and nothing is written into one that is made anew", async (t) => {
  const place = new ManagedDirectory(t);
  await place.start();
  const pidFile = join(place.root, "pid");
  place.drop("gone", [task("long", "sh", ["-c", `echo $$ > '${pidFile}.tmp'; mv '${pidFile}.tmp' '${pidFile}'; exec sleep 60`])]);
  await until(() => existsSync(pidFile), "the task to run");
  rmSync(place.path("gone"), WITH_ALL);
  mkdirSync(place.path("gone"));
  await until(() => place.log().includes("its directory was removed"), "the manager to notice");
  await until(() => place.log().includes('job \\"gone\\" cancelled: its directory was removed"'), "the job to end");
  assert.deepEqual(readdirSync(place.path("gone")), []);
  assert.throws(() => process.kill(Number(readFileSync(pidFile, "utf8")), 0), { code: "ESRCH" });
  place.drop("gone", [hello], "later");
  assert.equal((await place.untilState("gone", "completed"))["created_at"], "later");
});

test("the directories of ended jobs can be removed while a manager runs, and stay away", async (t) => {
  const place = new ManagedDirectory(t);
  await place.start();
  const names = Array.from({ length: 10 }, (_, index) => `ended-${index}`);
  for (const name of names) place.drop(name, [hello]);
  for (const name of names) await place.untilState(name, "completed");
  await until(() => names.every((name) => place.log().includes(`job \\"${name}\\" completed`)), "the manager to be through");
  for (const name of names) {
    // `rm -r` comes across them in any order. In this one a manager that takes the job up again makes the lock anew.
    for (const file of ["lock", "tasks.json", "state.json"]) {
      rmSync(place.path(name, file));
      await delay(50);
      assert.ok(!existsSync(place.path(name, "lock")));
    }
    rmSync(place.path(name), WITH_ALL);
  }
  await delay(500);
  assert.deepEqual(readdirSync(join(place.base, "jobs")), []);
});

test("jobs/ may vanish and come back: moved away its jobs go on, removed they are cancelled, and what is dropped then runs", async (t) => {
  const place = new ManagedDirectory(t);
  await place.start();
  const gate = join(place.root, "gate");
  const jobs = join(place.base, "jobs");
  place.drop("moved", [puppet("first", gate), { ...hello, dependencies: ["first"] }]);
  await until(() => existsSync(`${gate}.runs`), "the task to run");
  renameSync(jobs, join(place.base, "elsewhere"));
  await until(() => place.log().includes("can't be found"), "the manager to notice");
  writeFileSync(gate, "");
  renameSync(join(place.base, "elsewhere"), jobs);
  await place.untilState("moved", "completed");
  rmSync(jobs, WITH_ALL);
  mkdirSync(jobs);
  place.drop("after", [hello]);
  await place.untilState("after", "completed");
});

test("what is no directory of ours in jobs/ is refused with a reason, and one that others may write to is closed to them", async (t) => {
  const place = new ManagedDirectory(t);
  await place.start();
  const outside = join(place.root, "outside");
  mkdirSync(outside);
  writeFileSync(join(outside, "state.json"), stateText("outside", "T"));
  writeFileSync(join(outside, "tasks.json"), JSON.stringify([hello]));
  symlinkSync(outside, place.path("link"));
  mkdirSync(place.path("..bad name"));
  mkdirSync(place.path("open"), { mode: 0o777 });
  execFileSync("chmod", ["0777", place.path("open")]);
  place.drop("open", [hello]);
  await place.untilState("open", "completed");
  assert.equal(statSync(place.path("open")).mode & 0o777, 0o700);
  await until(() => place.log().includes("jobs/link is not taken"), "the link to be refused");
  assert.match(place.log(), /jobs\/\.\.bad name is not taken/);
  assert.match(place.log(), /open could be written to by other users/);
  assert.deepEqual(readdirSync(outside).toSorted(), ["state.json", "tasks.json"]);
});
