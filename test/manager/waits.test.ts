import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Settings } from "../../src/cli/command-line/settings.js";
import { waitsFor } from "../../src/cli/waits-for.js";
import { viewJobs } from "../../src/index.js";
import { untilHolds } from "../support/shell-loops.js";
import { ManagedDirectory, task, until } from "./manager-process.js";

const hello = task("hello", "echo", ["hello"]);
const IS_LINUX = process.platform === "linux";

function limitHandles(pid: number, most: number): void {
  execFileSync("prlimit", [`--pid=${pid}`, `--nofile=${most}:`]);
}

function waitOf(place: ManagedDirectory, job: string): string | null {
  const { stdout } = place.run("status", "--json");
  const { jobs } = JSON.parse(stdout) as { jobs: { name: string; waits_for: string | null }[] };
  return jobs.find(({ name }) => name === job)?.waits_for ?? null;
}

test("a job that a manager can't take up for want of handles says so in status, until it can", { skip: !IS_LINUX }, async (t) => {
  const place = new ManagedDirectory(t);
  place.drop("before", [hello]);
  const manager = await place.start();
  await place.untilState("before", "completed");
  // What it gives back later it would have to spare.
  await until(() => !handlesOf(manager.pid!).some((path) => path.includes("/jobs/before/")), "the job to be given back");
  limitHandles(manager.pid!, Math.min(...freeOf(manager.pid!)));
  place.drop("starved", [hello]);
  await until(() => waitOf(place, "starved") !== null, "status to name what the job waits for");
  assert.match(waitOf(place, "starved")!, /EMFILE|too many open files/);
  assert.match(place.run("status").stdout, /starved .*(?:EMFILE|too many open files)/);
  limitHandles(manager.pid!, 4096);
  await place.untilState("starved", "completed");
  assert.equal(waitOf(place, "starved"), null);
  assert.equal(await place.end(), 0);
  assert.deepEqual(
    readdirSync(place.base).filter((name) => name.endsWith(".waits")),
    [],
  );
});

test("a job that can be neither opened nor refused says so in status all the time, and runs when it can be opened", async (t) => {
  const frozen: string[] = [];
  // First of all: what may not be changed can't be removed.
  t.after(() => frozen.forEach((dir) => spawnSync("chattr", ["-i", dir])));
  const place = new ManagedDirectory(t);
  place.drop("frozen", [hello]);
  if (spawnSync("chattr", ["+i", place.path("frozen")]).status !== 0) return t.skip("needs chattr +i");
  frozen.push(place.path("frozen"));
  await place.start();
  await until(() => waitOf(place, "frozen") !== null, "status to name what the job waits for");
  const told = new Set<string | null>();
  for (let looks = 0; looks < 40; looks++) told.add(waitOf(place, "frozen"));
  assert.equal(told.size, 1, [...told].join("\n"));
  assert.match([...told][0]!, /EPERM/);
  frozen.forEach((dir) => spawnSync("chattr", ["-i", dir]));
  await place.untilState("frozen", "completed");
});

const link = (path: string) => symlinkSync("elsewhere", path);
for (const [what, file, put, words] of [
  [
    "a directory",
    "journal.ndjson",
    (path: string) => mkdirSync(path),
    /journal\.ndjson is a directory, .* put a regular file in its place/,
  ],
  ["a link", "journal.ndjson", link, /journal\.ndjson is a symbolic link/],
  ["a link", "logs", link, /logs is a link/],
] as const) {
  test(`an unfinished job with ${what} in the place of ${file} waits for that to be put right, and is not failed`, async (t) => {
    const place = new ManagedDirectory(t);
    const gate = join(place.root, "gate");
    const ran = join(place.root, "ran");
    place.drop("lame", [task("long", "sh", ["-c", `echo ran >> ${ran}; ${untilHolds(`test -e ${gate}`)}`])]);
    await place.start();
    await until(() => existsSync(ran) && place.state("lame")["state"] === "working", "the task to run");
    await place.end("SIGKILL");
    const path = place.path("lame", file);
    renameSync(path, `${path}.kept`);
    put(path);
    const manager = await place.start();
    await until(() => words.test(waitOf(place, "lame") ?? ""), "status to name what the job waits for");
    // Longer than somebody may take to write a file.
    await pause(3000);
    assert.equal(place.state("lame")["state"], "working");
    // A moment without either is another thing: a job whose journal is gone.
    manager.kill("SIGSTOP");
    rmSync(path, { recursive: true });
    renameSync(`${path}.kept`, path);
    manager.kill("SIGCONT");
    writeFileSync(gate, "");
    await place.untilState("lame", "completed");
    assert.equal(readFileSync(ran, "utf8"), "ran\n");
  });
}

test("a job whose journal is damaged says so in status, and goes on when that was moved away, as it says", async (t) => {
  const place = new ManagedDirectory(t);
  place.drop("damaged", [hello]);
  writeFileSync(place.path("damaged", "journal.ndjson"), "{}\n");
  const { pid } = await place.start();
  await until(() => waitOf(place, "damaged") !== null, "status to name what the job waits for");
  assert.match(waitOf(place, "damaged")!, /line 1 is damaged .* move it away/);
  // In the moment in which the manager tries again, it holds the job.
  const [view] = viewJobs(place.base);
  const engine = { pid: pid!, since: new Date().toISOString() };
  assert.match(waitsFor(new Settings({ dir: place.base }, {}))({ ...view!, engine }), /line 1 is damaged .* move it away/);
  renameSync(place.path("damaged", "journal.ndjson"), join(place.base, "damaged.ndjson"));
  await place.untilState("damaged", "completed");
  assert.equal(waitOf(place, "damaged"), null);
});

test("a job that a stopped manager can't take up says so in status, and so does the manager", async (t) => {
  const place = new ManagedDirectory(t);
  const { pid } = await place.start();
  process.kill(pid!, "SIGSTOP");
  place.drop("late", [hello]);
  const words = new RegExp(`is stopped; kill -CONT ${pid} lets it go on`);
  await until(() => words.test(waitOf(place, "late") ?? ""), "status to name what the job waits for");
  assert.match(place.run("status").stderr, words);
  process.kill(pid!, "SIGCONT");
  await place.untilState("late", "completed");
  assert.equal(waitOf(place, "late"), null);
});

/** What its handles are of. */
function handlesOf(pid: number): string[] {
  const dir = join("/proc", String(pid), "fd");
  return readdirSync(dir).flatMap((fd) => {
    try {
      return [readlinkSync(join(dir, fd))];
    } catch {
      return [];
    }
  });
}

/** The lowest handle that is free. */
function freeOf(pid: number): number[] {
  const taken = new Set(readdirSync(join("/proc", String(pid), "fd")).map(Number));
  return [...Array(4096).keys()].filter((fd) => !taken.has(fd)).slice(0, 1);
}

/** A user who has nothing else. */
const SOMEBODY = 54_322;

test("a manager that has run nothing yet outlives a moment without room for threads", { skip: !IS_LINUX }, async (t) => {
  if (process.geteuid?.() !== 0) return t.skip("needs root, to become another user");
  const place = new ManagedDirectory(t, SOMEBODY);
  if (place.run("--version").status !== 0) return t.skip("other users can't run the program here");
  const { pid } = await place.start();
  const user = { uid: SOMEBODY, gid: SOMEBODY };
  const sleepers = "i=0; exec 3<&0; while [ $i -lt 60 ]; do (read x <&3) & i=$((i+1)); done; echo up; wait";
  const others = spawn("sh", ["-c", sleepers], { ...user, stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => others.stdin.end());
  await once(others.stdout, "data");
  // Room for one more.
  const most = 61 + readdirSync(`/proc/${pid}/task`).length + 1;
  execFileSync("prlimit", [`--pid=${pid}`, `--nproc=${most}:`], user);
  place.drop("starved", [hello]);
  // Time enough to need threads.
  await pause(1000);
  others.stdin.end();
  await place.untilState("starved", "completed");
  assert.equal(await place.end(), 0);
});
