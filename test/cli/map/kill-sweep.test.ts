import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { SeededRandom, takeSeed } from "../../support/seeded-random.js";
import { readWitness, witnessed } from "../../support/witness.js";
import { makePlayground } from "../support/cli.js";

const ROUNDS = 3;
const KILLS = 3;
const COUNT = 60;

test("a batch of the command line killed at any instant runs every input once, and ends with all of them on record", async (t) => {
  const seed = takeSeed();
  t.diagnostic(`TEST_SEED=${seed}`);
  const random = new SeededRandom(seed);
  let kills = 0;
  for (let round = 0; round < ROUNDS; round++) kills += await killRound(t, random, `seed ${seed}, round ${round}`);
  assert.ok(kills > 0);
  t.diagnostic(`${kills} kills`);
});

async function killRound(t: TestContext, random: SeededRandom, name: string): Promise<number> {
  const { start, write, dir } = makePlayground(t);
  const inputs = Array.from({ length: COUNT }, (_, index) => `input ${index}`);
  write("list", inputs.map((input) => `${input}\n`).join(""));
  const witness = join(dir, "witness");
  const { command, args } = witnessed(witness, 'echo "$1"; sleep 0.05');
  const argv = ["map", "-q", "-j4", "-k", "--name", "sweep", "--joblog", "log", command, ...args, "{}", "::::", "list"];
  let kills = 0;
  const shown: string[] = [];
  const job = join(dir, ".air-executor", "jobs", "sweep");
  for (let turn = 0; turn <= KILLS; turn++) {
    const { process: child, ended } = start(argv);
    if (turn < KILLS) void pause(random.between(150, 900), undefined, { ref: false }).then(() => child.kill("SIGKILL"));
    const { code, signal, stdout } = await ended;
    // Each task says first which attempt it is.
    const lines = stdout.split("\n").filter((line) => line.startsWith("input "));
    // What was just being shown when it was killed comes again, and nothing else.
    if (lines.length > 0 && lines[0] === shown.at(-1)) lines.shift();
    shown.push(...lines);
    if (signal === "SIGKILL") kills += 1;
    else assert.equal(code, 0, name);
    // Once it has ended and shown all, the same command would begin a new run.
    if (signal === null || (shown.length === COUNT && isCompleted(job))) break;
  }
  const seen = readWitness(witness).map(({ what, attempt, task }) => `${what} ${attempt} ${task}`);
  const numbers = Array.from({ length: COUNT }, (_, index) => `task-${index + 1}`);
  assert.deepEqual(seen.toSorted(), numbers.flatMap((task) => [`end 1 ${task}`, `start 1 ${task}`]).toSorted(), name);
  assert.deepEqual(shown, inputs, `${name}: all of it, in order, however often it was killed`);
  assert.ok(isCompleted(job), name);
  const tasks = JSON.parse(readFileSync(join(job, "tasks.json"), "utf8")) as { id: string; status: string }[];
  assert.deepEqual(
    tasks.map(({ id, status }) => `${id} ${status}`),
    numbers.map((task) => `${task} completed`),
    name,
  );
  for (const [index, task] of numbers.entries()) {
    assert.equal(readFileSync(join(job, "logs", `${task}.log`), "utf8"), `attempt 1\n${inputs[index]}\n`, name);
  }
  return kills;
}

function isCompleted(job: string): boolean {
  return (JSON.parse(readFileSync(join(job, "state.json"), "utf8")) as { state: string }).state === "completed";
}
