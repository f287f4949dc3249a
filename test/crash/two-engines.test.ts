import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { mapAtOnce } from "../support/at-once.js";
import { describeEnd, Engine, failureOf } from "../support/engine.js";
import { judgeRun } from "../support/judge-run.js";
import type { ExpectedTask } from "../support/random-job.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import { witnessed } from "../support/witness.js";
import { untilHolds } from "../support/shell-loops.js";

const EXPECTED: readonly ExpectedTask[] = [
  { id: "a", dependencies: [], status: "completed", attempts: 1 },
  { id: "b", dependencies: ["a"], status: "completed", attempts: 1 },
];
/** They wait for the file `WITNESS.go`. */
const tasksOf = (witness: string) =>
  EXPECTED.map(({ id, dependencies }) => ({
    id,
    dependencies,
    ...witnessed(witness, untilHolds('[ -e "$0.go" ]', 0.01)),
  }));
const ROUNDS = 20;

test("of two engines started on one job at the same instant one runs it and the other says who does", async (t) => {
  const rounds = Array.from({ length: ROUNDS }, (_, index) => index);
  await mapAtOnce(rounds, 2, async () => {
    const { root, dir, witness } = temporaryPlace(t);
    const gate = join(root, "gate");
    const engines = [1, 2].map(() => new Engine(dir, "both", tasksOf(witness), { gate }));
    await Promise.all(engines.map((engine) => engine.said("taken")));
    writeFileSync(gate, "");
    // The job lasts until the other engine has met the lock.
    await Promise.race(engines.map((engine) => engine.ended));
    writeFileSync(`${witness}.go`, "");
    const ends = await Promise.all(engines.map((engine) => engine.ended));
    assert.deepEqual(new Set(ends.map((end) => end.code)), new Set([0, 3]), ends.map(describeEnd).join("\n"));
    const winner = engines[ends.findIndex((end) => end.code === 0)]!;
    const failure = failureOf(ends.find((end) => end.code === 3)!);
    assert.equal(failure?.code, "AIR_LOCKED");
    assert.match(failure.message, new RegExp(`job "both" is held by (process ${winner.pid} since |another process)`));
    assert.deepEqual(judgeRun(dir, "both", witness, EXPECTED).violations, []);
  });
});

test("five engines run five jobs of one directory side by side", async (t) => {
  const { root, dir } = temporaryPlace(t);
  const names = ["one", "two", "three", "four", "five"];
  const witnessOf = (name: string) => join(root, `witness-${name}`);
  const engines = names.map((name) => new Engine(dir, name, tasksOf(witnessOf(name))));
  await Promise.all(engines.map((engine) => engine.said("taken")));
  for (const name of names) writeFileSync(`${witnessOf(name)}.go`, "");
  const ends = await Promise.all(engines.map((engine) => engine.ended));
  for (const end of ends) assert.equal(end.code, 0, describeEnd(end));
  for (const name of names) assert.deepEqual(judgeRun(dir, name, witnessOf(name), EXPECTED).violations, []);
});
