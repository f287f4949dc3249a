import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { main, follow } from "../cli/support/cli.js";
import { describeEnd, Engine, failureOf, warningsOf } from "../support/engine.js";
import type { Fault } from "../support/fault-plan.js";
import { judgeRun } from "../support/judge-run.js";
import { freeze, runnersOf, signal } from "../support/processes.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import { waitUntil } from "../support/wait-until.js";
import { readWitness, witnessed } from "../support/witness.js";

const NAME = "adopted";
const EXPECTED = [
  { id: "first", dependencies: [], status: "completed", attempts: 1 },
  { id: "second", dependencies: ["first"], status: "completed", attempts: 1 },
] as const;

/** The first task waits for `WITNESS.go`, for 30 s at most. */
const tasksOf = (witness: string, before = "") => [
  { id: "first", ...witnessed(witness, `${before}for i in $(seq 600); do test -e "$0.go" && break; sleep 0.05; done`) },
  { id: "second", dependencies: ["first"], ...witnessed(witness, ":") },
];

const UNREADABLE: Fault = { kind: "fail", call: "readSync", place: "lanes/*.spool", nth: 1, code: "EIO" };

async function killInFlight(dir: string, witness: string): Promise<void> {
  const engine = new Engine(dir, NAME, tasksOf(witness));
  assert.ok(await waitUntil(() => readWitness(witness).length > 0));
  engine.kill("SIGKILL");
  await engine.ended;
}

const waitsFor = async (dir: string): Promise<string | null> => {
  const { stdout } = await follow(process.execPath, [main, "status", NAME, "--json", "--dir", dir], "/", {}).ended;
  return (JSON.parse(stdout) as { waits_for: string | null }).waits_for;
};

async function waitUntilNothing(dir: string): Promise<boolean> {
  const end = performance.now() + 30_000;
  while (performance.now() < end) if ((await waitsFor(dir)) === null) return true;
  return false;
}

test("an adopted task whose spool can't be read for good is left in flight when patience is over, and the next engine takes it", async (t) => {
  const { dir, witness } = temporaryPlace(t);
  await killInFlight(dir, witness);
  const blind = await new Engine(dir, NAME, tasksOf(witness), { takeUp: true, faults: [UNREADABLE], patienceMs: 500 }).ended;
  assert.equal(blind.code, 3, describeEnd(blind));
  assert.equal(failureOf(blind)?.code, "AIR_SYSTEM");
  assert.match(failureOf(blind)!.message, /what becomes of task "first" could not be told for too long \(\S+\.spool: EIO: .*\)/);
  assert.match(
    warningsOf(blind).join("\n"),
    /what becomes of task "first" can't be told now \(\S+\.spool: EIO: .*\); waiting until it can/,
  );
  assert.doesNotMatch(journalOf(dir), /attempt-ended|attempt-stopping|job-interrupted/);
  assert.equal(readWitness(witness).length, 1, "it runs, once");
  writeFileSync(`${witness}.go`, "");
  const next = await new Engine(dir, NAME, tasksOf(witness), { takeUp: true }).ended;
  assert.equal(next.code, 0, describeEnd(next));
  assert.deepEqual(judgeRun(dir, NAME, witness, EXPECTED).violations, []);
});

/** An engine that takes the job up and has said that it can't read the spool. */
async function blindEngine(dir: string, witness: string): Promise<Engine> {
  const engine = new Engine(dir, NAME, tasksOf(witness), { takeUp: true, faults: [UNREADABLE] });
  await engine.said("warning");
  return engine;
}

const journalOf = (dir: string): string => readFileSync(join(dir, "jobs", NAME, "journal.ndjson"), "utf8");

test("what has completed while its spool can't be read stays in flight through a stop, and is not run again", async (t) => {
  const { dir, witness } = temporaryPlace(t);
  await killInFlight(dir, witness);
  const blind = await blindEngine(dir, witness);
  writeFileSync(`${witness}.go`, "");
  assert.ok(await waitUntil(() => runnersOf(dir).length === 0), "its end is in the spool");
  blind.kill("SIGTERM");
  const end = await blind.ended;
  assert.equal(end.code, 143, describeEnd(end));
  assert.doesNotMatch(journalOf(dir), /attempt-ended/);
  const next = await new Engine(dir, NAME, tasksOf(witness), { takeUp: true }).ended;
  assert.equal(next.code, 0, describeEnd(next));
  assert.deepEqual(judgeRun(dir, NAME, witness, EXPECTED).violations, []);
});

test("what runs while its spool can't be read is ended by a stop, and run again when the next engine has read that", async (t) => {
  const { dir, witness } = temporaryPlace(t);
  await killInFlight(dir, witness);
  const blind = await blindEngine(dir, witness);
  blind.kill("SIGTERM");
  const end = await blind.ended;
  assert.equal(end.code, 143, describeEnd(end));
  assert.doesNotMatch(journalOf(dir), /attempt-ended/);
  assert.ok(await waitUntil(() => runnersOf(dir).length === 0), "it was ended");
  writeFileSync(`${witness}.go`, "");
  const next = await new Engine(dir, NAME, tasksOf(witness), { takeUp: true }).ended;
  assert.equal(next.code, 0, describeEnd(next));
  assert.doesNotMatch(journalOf(dir), /"lost"/);
  const said = readWitness(witness).map(({ task, attempt, what }) => `${task} ${attempt} ${what}`);
  assert.deepEqual(said, ["first 1 start", "first 2 start", "first 2 end", "second 1 start", "second 1 end"]);
});

test("what a killed engine was stopping is not taken for stopped as long as its spool can't be read", async (t) => {
  const { dir, witness } = temporaryPlace(t);
  // It does not end by the stop: that would be on record before the engine is killed.
  const killed = new Engine(dir, NAME, tasksOf(witness, "trap '' TERM; "), { graceMs: 30_000 });
  assert.ok(await waitUntil(() => readWitness(witness).length > 0));
  killed.kill("SIGTERM");
  assert.ok(await waitUntil(() => journalOf(dir).includes("attempt-stopping")));
  killed.kill("SIGKILL");
  await killed.ended;
  // The stop may have come to its runner, or not.
  writeFileSync(`${witness}.go`, "");
  assert.ok(await waitUntil(() => runnersOf(dir).length === 0), "it has ended");
  const blind = await blindEngine(dir, witness);
  assert.doesNotMatch(journalOf(dir), /attempt-ended/);
  blind.kill("SIGTERM");
  assert.equal((await blind.ended).code, 143);
  assert.doesNotMatch(journalOf(dir), /attempt-ended/);
  const next = await new Engine(dir, NAME, tasksOf(witness), { takeUp: true }).ended;
  assert.equal(next.code, 0, describeEnd(next));
  assert.doesNotMatch(journalOf(dir), /"lost"/);
});

test("status names the task of which nothing can be told, and the engine goes on when it can", async (t) => {
  const { dir, witness } = temporaryPlace(t);
  await killInFlight(dir, witness);
  const faults: Fault[] = [{ ...UNREADABLE, kind: "fail", code: "EIO", times: 16 }];
  const engine = new Engine(dir, NAME, tasksOf(witness), { takeUp: true, faults });
  await engine.said("warning");
  let wait: string | null = null;
  for (let look = 0; look < 20 && wait === null; look++) wait = await waitsFor(dir);
  assert.match(wait ?? "nothing", /what becomes of task "first" can't be told now \(\S+\.spool: EIO: /);
  assert.ok(await waitUntilNothing(dir), "it is told again");
  await engine.said("warning", "its tasks are heard of again, going on");
  writeFileSync(`${witness}.go`, "");
  const end = await engine.ended;
  assert.equal(end.code, 0, describeEnd(end));
  assert.deepEqual(judgeRun(dir, NAME, witness, EXPECTED).violations, []);
});

for (const who of ["its own engine", "the next engine"] as const) {
  test(`that a runner is stopped is named by ${who}, which goes on when the runner does`, async (t) => {
    const { dir, witness } = temporaryPlace(t);
    let engine = new Engine(dir, NAME, tasksOf(witness));
    assert.ok(await waitUntil(() => readWitness(witness).length > 0));
    const [runner] = runnersOf(dir);
    assert.ok(await freeze(runner!));
    if (who === "the next engine") {
      engine.kill("SIGKILL");
      await engine.ended;
      engine = new Engine(dir, NAME, tasksOf(witness), { takeUp: true });
    }
    await engine.said("warning");
    let wait: string | null = null;
    for (let look = 0; look < 20 && wait === null; look++) wait = await waitsFor(dir);
    assert.equal(
      wait,
      `nothing is heard of task "first": the process that runs it is stopped; kill -CONT ${runner} lets it go on`,
    );
    writeFileSync(`${witness}.go`, "");
    signal(runner!, "SIGCONT");
    const end = await engine.ended;
    assert.equal(end.code, 0, describeEnd(end));
    assert.deepEqual(judgeRun(dir, NAME, witness, EXPECTED).violations, []);
  });
}

test("that an engine is stopped is named, too", async (t) => {
  const { dir, witness } = temporaryPlace(t);
  const engine = new Engine(dir, NAME, tasksOf(witness));
  // The first snapshot may come after the first task began.
  const state = join(dir, "jobs", NAME, "state.json");
  assert.ok(await waitUntil(() => readWitness(witness).length > 0 && existsSync(state)));
  assert.ok(await freeze(engine.pid));
  assert.equal(await waitsFor(dir), `its engine is stopped; kill -CONT ${engine.pid} lets it go on`);
  writeFileSync(`${witness}.go`, "");
  engine.kill("SIGCONT");
  assert.equal((await engine.ended).code, 0);
});
