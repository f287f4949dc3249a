import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { test } from "node:test";
import { describeEnd, Engine } from "../support/engine.js";
import { areGone } from "../support/processes.js";
import { temporaryPlace, type Place } from "../support/temporary-directory.js";
import { waitUntil } from "../support/wait-until.js";
import { readWitness, witnessed } from "../support/witness.js";

const NAME = "batches";
const SLOTS = 2;
const TASKS = 300;
/** Seconds. */
const SLOW = 0.8;
/** By then tasks are known to be short, and every slow one has a batch behind it. */
const isSlow = (index: number): boolean => index >= 90 && index % 30 === 0;

const idsSeen = ({ witness }: Place): Set<string> => new Set(readWitness(witness).map(({ task }) => task));

function statusesOf({ dir }: Place): Map<string, string> {
  const text = readFileSync(join(dir, "jobs", NAME, "tasks.json"), "utf8");
  return new Map((JSON.parse(text) as { id: string; status: string }[]).map(({ id, status }) => [id, status]));
}

/** Kills an engine while a slow task runs, and does `end` to the one that takes the job up. Gives the options of another one. */
async function play(place: Place, end: NodeJS.Signals, code: number): Promise<() => Engine> {
  const { dir, witness } = place;
  const tasks = Array.from({ length: TASKS }, (_, index) => ({
    id: `${isSlow(index) ? "slow" : "short"}-${index}`,
    ...witnessed(witness, isSlow(index) ? `sleep ${SLOW}` : ":"),
  }));
  const takeUp = (): Engine => new Engine(dir, NAME, tasks, { concurrency: SLOTS, graceMs: 500, takeUp: true });
  const killed = new Engine(dir, NAME, tasks, { concurrency: SLOTS });
  assert.ok(await waitUntil(() => readFileSync(witness, { encoding: "utf8", flag: "a+" }).includes("slow")));
  killed.kill("SIGKILL");
  await killed.ended;

  const next = takeUp();
  await next.said("taken");
  next.kill(end);
  const ended = await next.ended;
  assert.equal(ended.code, code, describeEnd(ended));
  const seen = idsSeen(place);
  assert.ok(seen.size < TASKS - 2 * SLOTS, "it was stopped on the way");
  await delay(SLOW * 1_000 + 200);
  assert.deepEqual(idsSeen(place), seen, "nothing begins when the engine is gone");
  assert.ok(await areGone(dir));
  return takeUp;
}

test("what waited in the batches of a killed engine does not run when the job is cancelled", async (t) => {
  const place = temporaryPlace(t);
  await play(place, "SIGUSR2", 1);
  const seen = idsSeen(place);
  const cancelled = [...statusesOf(place)].filter(([, status]) => status === "cancelled").map(([id]) => id);
  const stopped = cancelled.filter((id) => seen.has(id));
  assert.ok(stopped.length <= 2 * SLOTS, `only what ran was stopped: ${stopped.join(", ")}`);
  assert.equal(seen.size - stopped.length + cancelled.length, TASKS);
});

test("what waited in the batches of a killed engine waits on when the next one is stopped, and runs once", async (t) => {
  const place = temporaryPlace(t);
  const takeUp = await play(place, "SIGTERM", 143);
  const seen = idsSeen(place);
  const pending = [...statusesOf(place)].filter(([, status]) => status === "pending").map(([id]) => id);
  const stopped = pending.filter((id) => seen.has(id));
  assert.ok(stopped.length <= 2 * SLOTS, `only what ran was stopped: ${stopped.join(", ")}`);
  const end = await takeUp().ended;
  assert.equal(end.code, 0, describeEnd(end));
  const ends = readWitness(place.witness).filter(({ what }) => what === "end");
  const twice = ends.map(({ task }) => task).filter((task, index, all) => all.indexOf(task) < index);
  assert.deepEqual([ends.length - twice.length, twice.filter((id) => !stopped.includes(id))], [TASKS, []]);
});
