import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { AirExecutor, viewJob, viewPaths } from "../../src/index.js";
import { isUnfinished } from "../support/engine.js";
import type { Fault, FaultCall } from "../support/fault-plan.js";
import { SeededRandom, takeSeed } from "../support/seeded-random.js";
import { clearPlace, makePlace, type Place } from "../support/temporary-directory.js";
import { readWitness } from "../support/witness.js";
import { Mapper, openGate, type Line } from "./mapper-process.js";

const ROUNDS = 3;
const KILLS = 2;
const COUNT = 60;
/** The calls, and up to the how manieth of its kind a short map comes. */
const POINTS: readonly (readonly [call: FaultCall, most: number])[] = [
  ["writeSync", 90],
  ["renameSync", 4],
  ["fdatasync", 2],
  ["open", 4],
  ["writev", 3],
  ["datasync", 2],
  ["postMessage", 40],
  ["socketWrite", 60],
];

test("a map killed at any instant runs every input once, gives no result twice, and ends with all of them on record", async (t) => {
  const seed = takeSeed();
  t.diagnostic(`TEST_SEED=${seed}`);
  const random = new SeededRandom(seed);
  let kills = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const place = makePlace();
    try {
      kills += await killRound(place, random, `seed ${seed}, round ${round}`);
    } finally {
      clearPlace(place);
    }
  }
  assert.ok(kills > 0);
  t.diagnostic(`${kills} kills`);
});

async function killRound(place: Place, random: SeededRandom, name: string): Promise<number> {
  openGate(place);
  const told: Line[] = [];
  let kills = 0;
  for (let isOver = false; !isOver;) {
    const mapper = new Mapper(place, COUNT, kills < KILLS ? [randomPoint(random)] : []);
    if (kills < KILLS) void pause(random.between(150, 700), undefined, { ref: false }).then(() => mapper.child.kill("SIGKILL"));
    const [code, signal] = await mapper.ended;
    told.push(...mapper.lines);
    if (signal === "SIGKILL") kills += 1;
    else assert.equal(code, 0, name);
    // Once its end is on record, the same call would begin a new run.
    isOver = signal === null || !(isUnfinished(place.dir, "m") || readWitness(place.witness).length === 0);
  }
  const executor = await AirExecutor.open({ dir: place.dir });
  await (await executor.takeUp(`${place.dir}/jobs/m`)).finished();
  await executor.close();
  const seen = readWitness(place.witness).map(({ what, attempt, task }) => `${what} ${attempt} ${task}`);
  const numbers = Array.from({ length: COUNT }, (_, index) => `task-${index + 1}`);
  assert.deepEqual(seen.toSorted(), numbers.flatMap((task) => [`end 1 ${task}`, `start 1 ${task}`]).toSorted(), name);
  assert.equal(new Set(told.map(({ input }) => input)).size, told.length, `${name}: a result came twice`);
  const { state, tasks } = viewJob(viewPaths(place.dir, "m"), "m", { withTasks: true });
  assert.equal(state?.["state"], "completed", name);
  const onDisk = tasks?.map(({ id, status }) => `${id} ${status}`);
  assert.deepEqual(
    onDisk,
    numbers.map((task) => `${task} completed`),
    name,
  );
  return kills;
}

function randomPoint(random: SeededRandom): Fault {
  const [call, most] = random.pick(POINTS);
  return { kind: "kill", call, nth: random.between(1, most), when: random.pick(["before", "after"]) };
}
