import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { askToExplain } from "../../src/engine/changes/ask-holder.js";
import { describeEnd, Engine, failureOf } from "../support/engine.js";
import { judgeRun } from "../support/judge-run.js";
import { runnersOf, signal, subprocessOf } from "../support/processes.js";
import { temporaryPlace, type Place } from "../support/temporary-directory.js";
import { waitUntil } from "../support/wait-until.js";
import { readWitness, witnessed } from "../support/witness.js";
import { untilHolds } from "../support/shell-loops.js";

const EXPECTED = [
  { id: "first", dependencies: [], status: "completed", attempts: 1 },
  { id: "second", dependencies: ["first"], status: "completed", attempts: 1 },
] as const;

/** The first task waits for `WITNESS.go`. */
const tasksOf = (witness: string) => [
  { id: "first", ...witnessed(witness, untilHolds('[ -e "$0.go" ]', 0.01)) },
  { id: "second", dependencies: ["first"], ...witnessed(witness, ":") },
];

/** What the holder says there. */
const lockOf = (dir: string) => JSON.parse(readFileSync(join(dir, "jobs", "frozen", "lock"), "utf8")) as { since: string };

const isWaiting = (witness: string) => waitUntil(() => readWitness(witness).length > 0);

test("a stopped engine keeps its lock and takes up what happened meanwhile", async (t) => {
  const { dir, witness } = temporaryPlace(t);
  const engine = new Engine(dir, "frozen", tasksOf(witness));
  assert.ok(await isWaiting(witness));
  engine.kill("SIGSTOP");
  writeFileSync(`${witness}.go`, "");
  assert.ok(await waitUntil(() => readWitness(witness).length === 2), "the task ends without its engine");
  const second = await new Engine(dir, "frozen", tasksOf(witness)).ended;
  assert.equal(failureOf(second)?.code, "AIR_LOCKED", describeEnd(second));
  const { message } = failureOf(second)!;
  assert.ok(
    message.includes(`held by process ${engine.pid} since ${lockOf(dir).since}: it is stopped; kill -CONT ${engine.pid} `),
    message,
  );
  await assert.rejects(askToExplain(dir, "frozen"), {
    code: "AIR_LOCKED",
    message: `the engine that holds the job is stopped: kill -CONT ${engine.pid} lets it go on.`,
  });
  engine.kill("SIGCONT");
  assert.equal((await engine.ended).code, 0);
  assert.deepEqual(judgeRun(dir, "frozen", witness, EXPECTED).violations, []);
});

test("a stopped runner is waited for", async (t) => {
  const { dir, witness } = temporaryPlace(t);
  const engine = new Engine(dir, "frozen", tasksOf(witness), { concurrency: 1 });
  assert.ok(await isWaiting(witness));
  const [runner] = runnersOf(dir);
  signal(runner!, "SIGSTOP");
  writeFileSync(`${witness}.go`, "");
  assert.ok(await waitUntil(() => readWitness(witness).length === 2));
  signal(runner!, "SIGCONT");
  assert.equal((await engine.ended).code, 0);
  assert.deepEqual(judgeRun(dir, "frozen", witness, EXPECTED).violations, []);
});

test("a stopped runner whose engine was killed is adopted when it goes on", async (t) => {
  const { dir, witness } = temporaryPlace(t);
  const engine = new Engine(dir, "frozen", tasksOf(witness), { concurrency: 1 });
  assert.ok(await isWaiting(witness));
  const [runner] = runnersOf(dir);
  signal(runner!, "SIGSTOP");
  engine.kill("SIGKILL");
  await engine.ended;
  writeFileSync(`${witness}.go`, "");
  const next = new Engine(dir, "frozen", tasksOf(witness));
  await next.said("taken");
  signal(runner!, "SIGCONT");
  assert.equal((await next.ended).code, 0);
  assert.deepEqual(judgeRun(dir, "frozen", witness, EXPECTED).violations, []);
});

/** Two tasks that run, one of which stops itself and has so much time; null if its time was over before it had begun to speak. */
async function withLate(t: TestContext, timeout: number): Promise<(Place & { engine: Engine }) | null> {
  const place = temporaryPlace(t);
  const { dir, witness } = place;
  const tasks = [...tasksOf(witness), { id: "late", timeout, ...witnessed(witness, "kill -STOP $$") }];
  const engine = new Engine(dir, "frozen", tasks);
  const hasBegun = (id: string): boolean => readWitness(witness).some(({ task }) => task === id);
  const journal = join(dir, "jobs/frozen/journal.ndjson");
  const isOver = (): boolean => existsSync(journal) && readFileSync(journal, "utf8").includes('"stopped":"timeout"');
  assert.ok(await waitUntil(() => hasBegun("first") && (hasBegun("late") || isOver())));
  if (hasBegun("late")) return { ...place, engine };
  engine.kill("SIGKILL");
  await engine.ended;
  return null;
}

test("a stopped task is waited for, and one that times out while it is stopped is ended", async (t) => {
  let scene = await withLate(t, 0.5);
  // A machine that was too busy.
  for (let timeout = 2; scene === null && timeout < 20; timeout *= 2) scene = await withLate(t, timeout);
  assert.ok(scene !== null, "it begins in time");
  const { dir, witness, engine } = scene;
  const first = subprocessOf(dir, "first");
  signal(first!.pid, "SIGSTOP");
  writeFileSync(`${witness}.go`, "");
  assert.ok(await waitUntil(() => subprocessOf(dir, "late") === undefined), "TERM and CONT end it");
  assert.equal(subprocessOf(dir, "first")?.state, "T");
  signal(first!.pid, "SIGCONT");
  assert.equal((await engine.ended).code, 1);
  const late = { id: "late", dependencies: [], status: "failed", attempts: 1 } as const;
  assert.deepEqual(judgeRun(dir, "frozen", witness, [...EXPECTED, late]).violations, ["late, attempt 1: said start"]);
});

test("a wall clock that jumps ends no task and delays none", async (t) => {
  for (const byMs of [3_600_000, -3_600_000]) {
    const { dir, witness } = temporaryPlace(t);
    const tasks = [
      { id: "first", timeout: 50, ...witnessed(witness, "sleep 1") },
      {
        id: "second",
        dependencies: ["first"],
        retries: 1,
        retry_delay: 0.1,
        ...witnessed(witness, ":", '[ "$AIR_EXECUTOR_ATTEMPT" = 2 ]'),
      },
    ];
    const end = await new Engine(dir, "clock", tasks, { faults: [{ kind: "clock", afterMs: 500, byMs }] }).ended;
    assert.equal(end.code, 0, describeEnd(end));
    const expected = [EXPECTED[0], { ...EXPECTED[1], attempts: 2 }];
    assert.deepEqual(judgeRun(dir, "clock", witness, expected).violations, []);
  }
});
