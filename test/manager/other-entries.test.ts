import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { ManagedDirectory, stateText, task, until } from "./manager-process.js";
import { untilHolds } from "../support/shell-loops.js";

const SOMEBODY = 65_533;
const NOBODY = 65_534;
const hello = task("hello", "echo", ["hello"]);
/** Long enough for the slow look to have come by everything twice. */
const TWO_ROUNDS_MS = 2500;

/** As root there is no directory that may not be entered. Null if nobody else can run the program here. */
function managedByNobody(t: TestContext): ManagedDirectory | null {
  if (process.geteuid?.() !== 0) return new ManagedDirectory(t);
  const place = new ManagedDirectory(t, NOBODY);
  if (place.run("--version").status === 0) return place;
  t.skip("other users can't run the program here");
  return null;
}

/** Everything that people, editors and systems leave in a directory. */
function litter(t: TestContext, place: ManagedDirectory, mark: string): void {
  for (const name of [".DS_Store", ".gitkeep", "notes.txt", ".job.swp", "job.yaml", "job.json", "core"])
    writeFileSync(place.path(`${name}${mark}`), "[]\n");
  execFileSync("mkfifo", [place.path(`pipe${mark}`)]);
  const server = createServer()
    .listen(place.path(`socket${mark}`))
    .unref();
  t.after(() => server.close());
  symlinkSync(`loop${mark}`, place.path(`loop${mark}`));
  symlinkSync("nowhere", place.path(`dangling${mark}`));
  symlinkSync("..", place.path(`up${mark}`));
  mkdirSync(place.path(`closed${mark}`), { mode: 0o000 });
  mkdirSync(place.path(`empty${mark}`));
  mkdirSync(place.path(`nested${mark}`, "state.json"), { recursive: true });
  mkdirSync(place.path(`nested${mark}`, "tasks.json"), { recursive: true });
  if (process.geteuid?.() !== 0) return;
  mkdirSync(place.path(`theirs${mark}`), { mode: 0o700 });
  chownSync(place.path(`theirs${mark}`), SOMEBODY, SOMEBODY);
  chownSync(place.path(`closed${mark}`), NOBODY, NOBODY);
}

function jobsShown(place: ManagedDirectory): Map<string, { state: string; problem: string | null }> {
  const { status, stdout, stderr } = place.run("status", "--json");
  assert.equal(status, 0, stderr);
  const { jobs } = JSON.parse(stdout) as { jobs: { name: string; state: string; problem: string | null }[] };
  return new Map(jobs.map(({ name, state, problem }) => [name, { state, problem }]));
}

test("what is no job in the directory of jobs harms no job and hides none, whether it was there or comes", async (t) => {
  const place = managedByNobody(t);
  if (place === null) return;
  litter(t, place, "");
  place.drop("before", [hello]);
  await place.start();
  await place.untilState("before", "completed");
  litter(t, place, "-2");
  await pause(TWO_ROUNDS_MS);
  place.drop("behind", [hello]);
  await place.untilState("behind", "completed");
  const shown = jobsShown(place);
  for (const name of ["before", "behind"]) assert.deepEqual(shown.get(name), { state: "completed", problem: null });
  for (const name of ["closed", "closed-2", "notes.txt", "theirs", "nested"])
    assert.match(shown.get(name)?.problem ?? "", /./, name);
  assert.equal(place.run("watch", "before").status, 0);
  assert.equal(await place.end(), 0, "it ends as if nothing had been");
});

test("a directory that is opened up again has its job taken up", async (t) => {
  const place = managedByNobody(t);
  if (place === null) return;
  place.drop("shut", [hello]);
  chmodSync(place.path("shut"), 0o000);
  if (process.geteuid?.() === 0) execFileSync("chown", ["-R", `${NOBODY}`, place.path("shut")]);
  await place.start();
  assert.match(jobsShown(place).get("shut")?.problem ?? "", /permission|EACCES/);
  chmodSync(place.path("shut"), 0o700);
  await place.untilState("shut", "completed");
});

for (const file of ["state.json", "tasks.json"])
  test(`a job whose ${file} may not be read waits and says so, and runs when it may`, async (t) => {
    const place = managedByNobody(t);
    if (place === null) return;
    place.drop("shut", [hello]);
    chmodSync(join(place.path("shut"), file), 0o000);
    if (process.geteuid?.() === 0) execFileSync("chown", ["-R", `${NOBODY}`, place.path("shut")]);
    await place.start();
    await pause(TWO_ROUNDS_MS);
    place.drop("behind", [hello]);
    await place.untilState("behind", "completed");
    const shut = (): { name: string; state: string; waits_for: string | null } | undefined =>
      JSON.parse(place.run("status", "--json").stdout).jobs.find(({ name }: { name: string }) => name === "shut");
    await until(() => /no permission|EACCES/.test(shut()?.waits_for ?? ""), "it to say so");
    assert.equal(shut()?.state, "waiting");
    chmodSync(join(place.path("shut"), file), 0o600);
    await place.untilState("shut", "completed");
  });

test("a job whose directory is shut, or replaced by a file, while it runs harms no other, and goes on when it is back", async (t) => {
  const place = managedByNobody(t);
  if (place === null) return;
  await place.start();
  const wait = (name: string): object => task("wait", "sh", ["-c", `${untilHolds("test -e ../gate")}; echo ${name}`]);
  for (const name of ["shut", "replaced"]) place.drop(name, [{ ...wait(name), cwd: join(place.base, "jobs") }, hello]);
  for (const name of ["shut", "replaced"]) await until(() => place.tasks(name)[0]?.["status"] === "running", `${name} to run`);
  chmodSync(place.path("shut"), 0o000);
  renameSync(place.path("replaced"), join(place.root, "elsewhere"));
  writeFileSync(place.path("replaced"), "");
  await pause(TWO_ROUNDS_MS);
  writeFileSync(join(place.base, "gate"), "");
  place.drop("other", [hello]);
  await place.untilState("other", "completed");
  assert.equal(jobsShown(place).get("other")?.state, "completed");
  chmodSync(place.path("shut"), 0o700);
  rmSync(place.path("replaced"));
  renameSync(join(place.root, "elsewhere"), place.path("replaced"));
  for (const name of ["shut", "replaced"]) {
    await place.untilState(name, "completed");
    assert.deepEqual(
      place.tasks(name).map((each) => each["attempts"]),
      [1, 1],
      `nothing of ${name} ran twice`,
    );
  }
});

test("a job that has ended and is replaced by a file harms no other", async (t) => {
  const place = new ManagedDirectory(t);
  await place.start();
  place.drop("ended", [hello]);
  await place.untilState("ended", "completed");
  rmSync(place.path("ended"), { recursive: true });
  writeFileSync(place.path("ended"), "");
  await pause(TWO_ROUNDS_MS);
  place.drop("other", [hello]);
  await place.untilState("other", "completed");
  assert.equal(await place.end(), 0);
});

test("a state.json that names a run whose place in runs/ is taken harms no other job, and status says what is wrong", async (t) => {
  const place = new ManagedDirectory(t);
  await place.start();
  place.drop("job", [hello]);
  await place.untilState("job", "completed");
  mkdirSync(place.path("job", "runs/job-1769860800/state.json"), { recursive: true });
  writeFileSync(place.path("job", "state.json"), stateText("job", "2026-02-02T12:00:00Z"));
  place.dropTasks("job", [{ ...hello, id: "again" }]);
  await pause(TWO_ROUNDS_MS);
  place.drop("other", [hello]);
  await place.untilState("other", "completed");
  assert.equal(jobsShown(place).get("other")?.state, "completed");
  assert.equal(await place.end(), 0);
});

test("a task that replaces its log by a link to itself and times out harms no other job", async (t) => {
  const place = new ManagedDirectory(t);
  await place.start();
  const loop = 'rm "$0"; ln -s "$0" "$0"; sleep 60';
  place.drop("job", [{ ...task("a", "sh", ["-c", loop, place.path("job", "logs/a.log")]), timeout: 0.5 }]);
  const state = await place.untilState("job", "failed");
  assert.equal(state["first_failure"], "a");
  place.drop("other", [hello]);
  await place.untilState("other", "completed");
});
