/** What is locked is what is protected, and a job is its directory: removed locks, copies, renamed directories, other users' words. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chownSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ManagedDirectory, task, until } from "../manager/manager-process.js";
import type { AirError, TaskInput } from "../../src/index.js";
import { holdJob } from "../../src/store/directory/hold-job.js";
import { jobPaths } from "../../src/store/layout.js";
import { takeLock } from "../../src/system/lock/lock.js";
import type { Started } from "../cli/support/cli.js";
import { atGate, makePlace, run, type Place } from "./support.js";
import { untilHolds } from "../support/shell-loops.js";

/** What a snapshot is being written to may be gone by then. */
const copyDirectory = (from: string, to: string): void =>
  cpSync(from, to, { recursive: true, filter: (path) => !path.endsWith(".tmp") });

const LIMIT = { timeout: 60_000 };
const isRoot = process.geteuid?.() === 0;

test("whoever removes the lock of a running job lets nobody in, and verbs reach its engine all the same", LIMIT, async (t) => {
  const place = await makePlace(t);
  const other = await place.runElsewhere([atGate("first"), run("next", "true", ["first"])]);
  const lock = join(place.jobDir(), "lock");
  rmSync(lock);
  await assert.rejects(place.executor.takeUp(place.jobDir()), { code: "AIR_LOCKED" });
  rmSync(lock, { force: true });
  await until(() => existsSync(lock) && readFileSync(lock, "utf8") !== "", "the lock to be there again");
  await place.executor.add("job", [{ id: "more", command: "true" }]);
  rmSync(lock, { force: true });
  // It ends the job first, however the directory looks.
  await place.executor.remove("job");
  const { stdout } = await other.ended;
  assert.equal(existsSync(place.jobDir()), false);
  assert.equal(existsSync(join(place.dir, "began-next")), false, stdout);
});

test("who holds a job for a moment, as prune does, is waited for by whoever wants to run it", LIMIT, async (t) => {
  const place = await makePlace(t);
  await (await place.executor.submit("job", [{ command: "true" }])).finished();
  const asPrune = async (): Promise<void> => {
    const held = await holdJob(jobPaths(place.jobDir()));
    setTimeout(() => held.release(), 200);
  };
  await asPrune();
  assert.equal((await place.executor.run("job", [{ command: "true" }])).state, "completed");
  await asPrune();
  await (await place.executor.takeUp(place.jobDir(), { owner: "run" })).finished();
  await asPrune();
  await assert.rejects(place.executor.takeUp(place.jobDir(), { owner: "manager" }), { code: "AIR_LOCKED" });
});

test("the journal of a running job that is written anew stays its own", LIMIT, async (t) => {
  const place = await makePlace(t);
  const before = await place.executor.submit("job", [{ command: "true" }]);
  await before.finished();
  // A second run of the name: the journal is another file than that which was locked first.
  const other = await place.runElsewhere([atGate("again")]);
  rmSync(join(place.jobDir(), "lock"));
  await assert.rejects(place.executor.takeUp(place.jobDir()), { code: "AIR_LOCKED" });
  place.openGate();
  assert.equal((await other.ended).code, 0);
});

test("a copy of a running job is a job of its own: it waits for nobody, and nobody's end is its own", LIMIT, async (t) => {
  const place = new ManagedDirectory(t);
  await place.start();
  const gate = join(place.root, "gate");
  const script = `echo up >>'${place.root}/'"$AIR_EXECUTOR_JOB"; ${untilHolds(`[ -e '${gate}' ]`)}`;
  place.drop("nightly", [task("long", "sh", ["-c", script])]);
  await until(() => existsSync(join(place.root, "nightly")), "its task to run");
  copyDirectory(place.path("nightly"), join(place.base, "copying"));
  renameSync(join(place.base, "copying"), place.path("copy"));
  await until(() => existsSync(join(place.root, "copy")), "the task of the copy to run");
  execFileSync(process.execPath, [place.cli, "cancel", "nightly"], { env: place.env, stdio: "ignore" });
  await place.untilState("nightly", "cancelled");
  assert.equal(place.peek("copy"), "working", "the copy goes on");
  assert.equal(place.state("copy")["name"], "copy", "and has the name of its directory");
  writeFileSync(gate, "");
  await place.untilState("copy", "completed");
  assert.equal(readFileSync(join(place.root, "copy"), "utf8"), "up\n", "it has run once");
});

test("cancelling a copy ends nothing of the job that it was copied from, also if that was renamed since", LIMIT, async (t) => {
  const place = await makePlace(t);
  const other = await place.runElsewhere([atGate("first")]);
  await until(() => existsSync(join(place.dir, "began-first")), "its task to run");
  copyDirectory(place.jobDir(), place.jobDir("copy"));
  renameSync(place.jobDir(), place.jobDir("renamed"));
  await place.executor.cancel("copy");
  assert.equal(place.state("copy")["state"], "cancelled");
  renameSync(place.jobDir("renamed"), place.jobDir());
  place.openGate();
  const { code, stderr } = await other.ended;
  assert.equal(code, 0, stderr);
});

/** Writes the name of its job into `ups`, and waits at the gate. */
const upAtGate = { id: "up", command: "sh", args: ["-c", `echo $AIR_EXECUTOR_JOB >>ups; ${untilHolds("[ -e gate ]")}`] };
const upsOf = ({ dir }: Place): string[] =>
  existsSync(join(dir, "ups")) ? readFileSync(join(dir, "ups"), "utf8").split("\n").slice(0, -1) : [];

test("a copy whose engine was killed adopts what it has started itself", LIMIT, async (t) => {
  const place = await makePlace(t);
  const original = await place.runElsewhere([upAtGate]);
  await until(() => upsOf(place).length === 1, "the task of the job to run");
  copyDirectory(place.jobDir(), place.jobDir("copy"));
  const runCopy = (): Started => place.start(["run", place.jobDir("copy"), "--dir", place.base]);
  const killed = runCopy();
  await until(() => upsOf(place).length === 2, "the task of the copy to run");
  killed.process.kill("SIGKILL");
  await killed.ended;
  const copy = runCopy();
  place.openGate();
  for (const { code, stderr } of [await copy.ended, await original.ended]) assert.equal(code, 0, stderr);
  assert.deepEqual(upsOf(place), ["job", "copy"]);
});

test(
  "a job that was renamed and has run since is the original of its copies, also of one that has its first name",
  LIMIT,
  async (t) => {
    const place = await makePlace(t);
    const first = await place.runElsewhere([upAtGate]);
    await until(() => upsOf(place).length === 1, "its task to run");
    first.process.kill("SIGKILL");
    await first.ended;
    renameSync(place.jobDir(), place.jobDir("renamed"));
    const runRenamed = (): Started => place.start(["run", place.jobDir("renamed"), "--dir", place.base]);
    const second = runRenamed();
    const journal = join(place.jobDir("renamed"), "journal.ndjson");
    await until(() => readFileSync(journal, "utf8").split('"job-taken-up"').length === 3, "another engine to take it up");
    second.process.kill("SIGKILL");
    await second.ended;
    copyDirectory(place.jobDir("renamed"), place.jobDir());
    await place.executor.cancel("job");
    place.openGate();
    const { code, stderr } = await runRenamed().ended;
    assert.equal(code, 0, stderr);
    assert.deepEqual(upsOf(place), ["job"]);
  },
);

test(
  "in a copy of the whole directory what runs in the first one is nobody's: it is begun anew, and cancelling ends nothing",
  LIMIT,
  async (t) => {
    if (process.platform !== "linux") return t.skip("only Linux says which files a process has open");
    const place = await makePlace(t);
    const killed = await place.runElsewhere([upAtGate]);
    await until(() => upsOf(place).length === 1, "its task to run");
    killed.process.kill("SIGKILL");
    await killed.ended;
    const copies = ["cancelled", "run"].map((name) => join(place.dir, name));
    for (const copy of copies) execFileSync("cp", ["-a", place.base, copy]);
    const [cancelled = "", again = ""] = copies;
    assert.equal((await place.run(["cancel", "job", "--dir", cancelled])).code, 0);
    const copy = place.start(["run", join(again, "jobs/job"), "--dir", again]);
    await until(() => upsOf(place).length === 2, "the task to run in the copy, too");
    const original = place.start(["run", place.jobDir(), "--dir", place.base]);
    place.openGate();
    for (const { code, stderr } of [await copy.ended, await original.ended]) assert.equal(code, 0, stderr);
    assert.equal(upsOf(place).length, 2);
  },
);

test("a file of another name is not emptied for being in the place of a lock", LIMIT, async (t) => {
  const place = await makePlace(t);
  const precious = place.write("precious", "what took a year");
  mkdirSync(place.jobDir(), { recursive: true });
  linkSync(precious, join(place.jobDir(), "lock"));
  assert.equal((await (await place.executor.submit("job", [{ command: "true" }])).finished()).state, "completed");
  assert.equal(readFileSync(precious, "utf8"), "what took a year");
});

test("stop believes only a lock that is held, of our own user, in a directory that is no link", LIMIT, async (t) => {
  const place = await makePlace(t);
  // A process that lives, as its file says, and would end if it were told to.
  const victim = await place.runElsewhere([atGate("first")]);
  const said = readFileSync(join(place.jobDir(), "lock"), "utf8");
  const claim = JSON.parse(said) as Record<string, unknown>;
  const file = join(place.base, "manager.pid");
  delete claim["file"];
  writeFileSync(file, JSON.stringify(claim));
  assert.match((await place.run(["stop"])).stderr, /no manager watches/, "nobody holds it");
  writeFileSync(file, said);
  assert.match((await place.run(["stop"])).stderr, /no manager watches/, "it is the copy of another file");
  rmSync(file);
  const lock = await takeLock(file, "it");
  symlinkSync(place.base, join(place.dir, "link"));
  const linked = await place.run(["stop", "--dir", join(place.dir, "link")]);
  assert.match(linked.stderr, /is a link or a file/);
  assert.equal(linked.code, 3);
  assert.equal((await place.run(["status", "--dir", join(place.dir, "link")])).code, 3, "status has the same rule");
  if (isRoot) {
    chownSync(file, 65_534, 65_534);
    const foreign = await place.run(["stop"]);
    assert.match(foreign.stderr, /belongs to user 65534/);
    assert.equal(foreign.code, 3);
  }
  lock.release();
  place.openGate();
  assert.equal((await victim.ended).code, 0, "it was not signalled");
});

test("whoever meets a job just as it is removed hears that it is gone", LIMIT, async (t) => {
  const { executor } = await makePlace(t);
  for (let round = 0; round < 10; round++) {
    await executor.run("brief", [run("only", "true")], { fresh: true });
    const meet = [() => executor.remove("brief"), () => executor.cancel("brief"), () => executor.retry("brief")];
    const all = await Promise.allSettled([executor.remove("brief"), ...meet.map((each) => each())]);
    const refusals = all.flatMap((each) => (each.status === "rejected" ? [each.reason as AirError] : []));
    for (const { code, message } of refusals) assert.equal(code, "AIR_NOT_FOUND", message);
    await executor.remove("brief").catch(() => {});
  }
});

test("of all who retry a task at the same moment one has it run again, here and from elsewhere", LIMIT, async (t) => {
  const place = await makePlace(t);
  const fails: TaskInput = {
    id: "fails",
    command: "sh",
    args: ["-c", `echo >> attempts; [ $(wc -l < attempts) -gt 1 ] && ${untilHolds("test -e gate")}`],
  };
  const job = await place.executor.submit("job", [atGate("first"), fails], { cwd: place.dir });
  await until(() => job.status().counts.failed === 1, "the task to fail");
  const here = Array.from({ length: 5 }, () => place.executor.retry("job", { tasks: ["fails"] }));
  const elsewhere = Array.from({ length: 3 }, () => place.run(["retry", "job", "fails", "--dir", place.base]));
  const retried = (await Promise.all(here)).flatMap(({ tasks }) => tasks);
  assert.ok(retried.length <= 1, `${retried.length} of them were told that it runs again`);
  await Promise.all(elsewhere);
  place.openGate();
  assert.equal((await job.finished()).state, "completed");
  assert.equal(readFileSync(join(place.dir, "attempts"), "utf8"), "\n\n");
});
