import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { describeEnd, Engine, warningsOf } from "../support/engine.js";
import type { Fault } from "../support/fault-plan.js";
import { judgeRun } from "../support/judge-run.js";
import { killRound } from "../support/kill-round.js";
import { areGone } from "../support/processes.js";
import { randomJob } from "../support/random-job.js";
import { SeededRandom, takeSeed } from "../support/seeded-random.js";
import { temporaryPlace } from "../support/temporary-directory.js";

const cli = fileURLToPath(new URL("../../bundle/air-executor.cjs", import.meta.url));
const ROUNDS = 8;
const THREADS = 3;

test("an uncaught error of the worker thread at any call loses nothing and runs nothing twice: a new thread goes on", async (t) => {
  const seed = takeSeed();
  t.diagnostic(`TEST_SEED=${seed}`);
  const random = new SeededRandom(seed);
  let kills = 0;
  for (let count = 0; count < ROUNDS; count++) {
    const round = random.between(1, 2 ** 31);
    const { violations, kills: died } = await killRound(round, "worker thread", THREADS);
    assert.deepEqual(violations, [], `seed ${seed}, round ${round}`);
    kills += died;
  }
  assert.ok(kills > 0);
  t.diagnostic(`${kills} threads died`);
});

test("a thread that dies when its engine closes spoils no job that has ended, and leaves no spool behind", async (t) => {
  const { root, dir } = temporaryPlace(t);
  const atEnd: Fault = {
    kind: "uncaught",
    tokens: mkdtempSync(join(root, "threads-")),
    times: 1,
    call: "closeSync",
    path: ".spool",
    nth: 1,
    when: "before",
  };
  const end = await new Engine(dir, "closes", [{ id: "a", command: "true" }], { faults: [atEnd] }).ended;
  assert.equal(end.code, 0, describeEnd(end));
  assert.deepEqual(warningsOf(end), ["the thread that starts tasks has died at its end: fault met"]);
  assert.deepEqual(readdirSync(join(dir, "lanes")), []);
  assert.ok(await areGone(dir));
});

test("threads that die again and again end the engine with 70, and the next one loses nothing and runs nothing twice", async (t) => {
  const place = temporaryPlace(t);
  const { root, dir, witness } = place;
  const { tasks, expected } = randomJob(new SeededRandom(takeSeed()), witness, 8, false);
  const file = join(root, "sweep.json");
  writeFileSync(file, JSON.stringify(tasks));
  const program = [cli, "run", file, "--dir", dir];
  const dying: Fault = {
    kind: "uncaught",
    tokens: mkdtempSync(join(root, "threads-")),
    times: 100,
    call: "readSync",
    nth: 2,
    when: "after",
  };
  const first = await new Engine(dir, "sweep", [], { program, faults: [dying] }).ended;
  assert.equal(first.code, 70, describeEnd(first));
  assert.match(first.stderr, /has died and is replaced/);
  const next = await new Engine(dir, "sweep", [], { program }).ended;
  assert.equal(next.code, 0, describeEnd(next));
  assert.ok(await areGone(dir));
  const { violations, lostAttempts } = judgeRun(dir, "sweep", witness, expected);
  assert.deepEqual({ violations, lostAttempts }, { violations: [], lostAttempts: 0 });
});
