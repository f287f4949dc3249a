import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { askToAdd } from "../../src/internal.js";
import { describeEnd, Engine, failureOf, warningsOf } from "../support/engine.js";
import { FAULTLESS, judgeRun } from "../support/judge-run.js";
import type { ExpectedTask } from "../support/random-job.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import { waitUntil } from "../support/wait-until.js";
import { readWitness, witnessed } from "../support/witness.js";
import { untilHolds } from "../support/shell-loops.js";

/** More than the last page of a journal has room for. */
const LENGTH = 25;

/** A job on a small disk that is full when its first task has ended; its tasks are seen on another one. Null where that can't be had. */
async function jobOnFullDisk(t: TestContext, patienceMs: number) {
  if (process.getuid?.() !== 0 || process.platform !== "linux") return null;
  const mounted: string[] = [];
  // First of all: what is mounted can't be removed with its place.
  t.after(() => mounted.forEach((path) => execFileSync("umount", ["--lazy", path])));
  const { root, dir, witness } = temporaryPlace(t);
  mkdirSync(dir);
  // Twice what the job takes at most, which is 60 KB beside what an engine before it has left.
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=128k,mode=0700", "tmpfs", dir]);
  mounted.push(dir);
  const chain = Array.from({ length: LENGTH }, (_, index): ExpectedTask => {
    return { id: `t${index}`, dependencies: index === 0 ? [] : [`t${index - 1}`], status: "completed", attempts: 1 };
  });
  // In a file, so that the job itself is small.
  const script = join(root, "w");
  writeFileSync(script, silent(witnessed(witness, untilHolds(`[ -e ${witness}.go ]`, 0.01)).args[1]!.replaceAll("$0", witness)));
  const tasks = chain.map(({ id, dependencies }) => ({ id, dependencies, command: "sh", args: [script] }));
  const engine = new Engine(dir, "full", tasks, { patienceMs, concurrency: 1 });
  // The first snapshot may come after the first task began.
  const state = join(dir, "jobs", "full", "state.json");
  assert.ok(await waitUntil(() => readWitness(witness).length > 0 && existsSync(state)));
  fill(join(dir, "filler"));
  writeFileSync(`${witness}.go`, "");
  return { dir, witness, chain, tasks, engine, makeRoom: () => rmSync(join(dir, "filler")) };
}

const NEEDS_ROOT = "needs root to mount a small tmpfs";

test("a disk that fills up halts the job, and emptying it lets it go on by itself", async (t) => {
  const job = await jobOnFullDisk(t, 60_000);
  if (job === null) return t.skip(NEEDS_ROOT);
  const { dir, witness, chain, engine, makeRoom } = job;
  await engine.said("warning");
  assert.ok(await waitUntil(() => readWitness(witness).length % 2 === 0), "what runs comes to its end");
  assert.ok(readWitness(witness).length < 2 * LENGTH, "nothing is started whose start can't be recorded");
  JSON.parse(readFileSync(join(dir, "jobs", "full", "state.json"), "utf8"));
  makeRoom();
  const end = await engine.ended;
  assert.equal(end.code, 0, describeEnd(end));
  assert.match(warningsOf(end)[0]!, /records can't be written \(ENOSPC.*nothing new is started until they can/);
  assert.match(warningsOf(end)[1]!, /the disk takes its records again, going on/);
  // A block that becomes free for a moment is trouble over, and then trouble again; the same is never said twice in a row.
  assert.ok(
    warningsOf(end).every((words, index, all) => words !== all[index - 1]),
    describeEnd(end),
  );
  assert.deepEqual(judgeRun(dir, "full", witness, chain, true).violations, []);
});

test("an engine that gives up on a full disk loses nothing: with room again the next one finishes the job", async (t) => {
  const job = await jobOnFullDisk(t, 300);
  if (job === null) return t.skip(NEEDS_ROOT);
  const { dir, witness, chain, tasks, engine, makeRoom } = job;
  const end = await engine.ended;
  assert.equal(end.code, 3, describeEnd(end));
  assert.equal(failureOf(end)?.code, "AIR_DISK");
  assert.ok(readWitness(witness).length < 2 * LENGTH);
  makeRoom();
  const next = await new Engine(dir, "full", tasks, { concurrency: 1 }).ended;
  assert.equal(next.code, 0, describeEnd(next));
  const verdict = judgeRun(dir, "full", witness, chain, true);
  assert.deepEqual(verdict, FAULTLESS);
});

test("an engine that is told to stop on a full disk does not wait for it, and loses nothing", async (t) => {
  const job = await jobOnFullDisk(t, 1e9);
  if (job === null) return t.skip(NEEDS_ROOT);
  const { dir, witness, chain, tasks, engine, makeRoom } = job;
  await engine.said("warning");
  engine.kill("SIGTERM");
  const end = await engine.ended;
  assert.equal(end.code, 3, describeEnd(end));
  assert.equal(failureOf(end)?.code, "AIR_DISK");
  makeRoom();
  const next = await new Engine(dir, "full", tasks, { concurrency: 1 }).ended;
  assert.equal(next.code, 0, describeEnd(next));
  assert.deepEqual(judgeRun(dir, "full", witness, chain, true), FAULTLESS);
});

test("who changes a job on a full disk hears that it is not on record: if its engine were killed it would be gone", async (t) => {
  const job = await jobOnFullDisk(t, 1e9);
  if (job === null) return t.skip(NEEDS_ROOT);
  const { dir, engine, makeRoom } = job;
  await engine.said("warning");
  // More than the last page of the journal has room for.
  const task = { id: "more", command: "true", args: ["x".repeat(10_000)] };
  await assert.rejects(askToAdd(dir, "full", [task]), {
    code: "AIR_DISK",
    message: /not on record \(ENOSPC.*ask the same again/,
  });
  makeRoom();
  const end = await engine.ended;
  assert.equal(end.code, 0, describeEnd(end));
  assert.match(readFileSync(join(dir, "jobs", "full", "tasks.json"), "utf8"), /"id":"more".*"status":"completed"/);
});

test("what nothing is heard of since its runner finds no room is named, and goes on when there is some", async (t) => {
  if (process.getuid?.() !== 0 || process.platform !== "linux") return t.skip(NEEDS_ROOT);
  const mounted: string[] = [];
  t.after(() => mounted.forEach((path) => execFileSync("umount", ["--lazy", path])));
  const { dir, witness } = temporaryPlace(t);
  const lanes = join(dir, "lanes");
  mkdirSync(lanes, { recursive: true, mode: 0o700 });
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=4k,mode=0700", "tmpfs", lanes]);
  mounted.push(lanes);
  const expected = Array.from({ length: 150 }, (_, index): ExpectedTask => {
    return { id: `t${index}`, dependencies: [], status: "completed", attempts: 1 };
  });
  const tasks = expected.map(({ id }) => ({ id, ...witnessed(witness, "true") }));
  const engine = new Engine(dir, "job", tasks, { concurrency: 1 });
  await engine.said("warning");
  execFileSync("mount", ["-o", "remount,size=1m", lanes]);
  const end = await engine.ended;
  assert.equal(end.code, 0, describeEnd(end));
  assert.match(warningsOf(end)[0]!, /nothing is heard of task "t\d+".*: its runner \(process \d+\) can't write down/);
  assert.deepEqual(judgeRun(dir, "job", witness, expected, true), FAULTLESS);
});

/** Its logs would take what little room there is. */
function silent(script: string): string {
  return script.replace(/echo "attempt [^;]*; /, "");
}

/** Takes all the room there is. */
function fill(path: string): void {
  for (let size = 64 * 1024; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (let round = 0; round < 4; round++) writeFileSync(path, Buffer.alloc(size), { flag: "a" });
    } catch {
      // So much does not fit: less may.
    }
  }
}
