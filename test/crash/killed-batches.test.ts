import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { test } from "node:test";
import { describeEnd, Engine } from "../support/engine.js";
import { journalLines } from "../support/journal-lines.js";
import { areGone } from "../support/processes.js";
import { temporaryPlace, type Place } from "../support/temporary-directory.js";
import { waitUntil } from "../support/wait-until.js";
import { readWitness, witnessed } from "../support/witness.js";
import { untilHolds } from "../support/shell-loops.js";

const NAME = "batches";
const TASKS = 200;
/** From here on every third task waits for a file: by then tasks are known to be short and come in batches. */
const FIRST_GATED = 90;
/** Enough for a runner to run dozens of them. */
const WHILE_MS = 500;

const isGated = (index: number): boolean => index >= FIRST_GATED && index % 3 === 0;
const idOf = (index: number): string => `${isGated(index) ? "gated" : "short"}-${index}`;
const gateOf = ({ root }: Place, id: string): string => join(root, id);
const idsSeen = ({ witness }: Place): string[] =>
  readWitness(witness).flatMap(({ what, task }) => (what === "start" ? [task] : []));

const journalOf = ({ dir }: Place) => journalLines(join(dir, "jobs", NAME, "journal.ndjson"));

function handedOver(place: Place): number {
  return journalOf(place).filter(({ type }) => type === "attempt-started").length;
}

function idsOf({ dir }: Place, wanted: string): string[] {
  const tasks = JSON.parse(readFileSync(join(dir, "jobs", NAME, "tasks.json"), "utf8")) as { id: string; status: string }[];
  return tasks.flatMap(({ id, status }) => (status === wanted ? [id] : []));
}

/** Resolves when a task waits for its file, and others wait behind it in its batch. */
async function untilOthersWait(place: Place): Promise<void> {
  for (let index = FIRST_GATED; index < TASKS; index += 3) {
    assert.ok(await waitUntil(() => idsSeen(place).at(-1) === idOf(index)));
    if (handedOver(place) > idsSeen(place).length) return;
    writeFileSync(gateOf(place, idOf(index)), "");
  }
  assert.fail("there was no batch");
}

/** Kills an engine while a batch waits, and does `end` to the one that takes the job up. Gives a further one. */
async function play(place: Place, end: NodeJS.Signals, code: number): Promise<() => Engine> {
  const { dir, witness } = place;
  const tasks = Array.from({ length: TASKS }, (_, index) => {
    const wait = untilHolds(`[ -e '${gateOf(place, idOf(index))}' ]`);
    return { id: idOf(index), ...witnessed(witness, isGated(index) ? wait : ":") };
  });
  const start = (takeUp: boolean): Engine => new Engine(dir, NAME, tasks, { concurrency: 1, graceMs: 500, takeUp });
  const killed = start(false);
  await untilOthersWait(place);
  killed.kill("SIGKILL");
  await killed.ended;

  const seen = idsSeen(place);
  const next = start(true);
  await next.said("taken");
  next.kill(end);
  const ended = await next.ended;
  assert.equal(ended.code, code, describeEnd(ended));
  await delay(WHILE_MS);
  assert.deepEqual(idsSeen(place), seen, "nothing of the batch began");
  const saidToHave = journalOf(place).flatMap(({ type, task }) => (type === "attempt-begun" ? [task] : []));
  assert.deepEqual(
    saidToHave.filter((id) => !seen.includes(String(id))),
    [],
    "nor does the journal say so",
  );
  assert.ok(await areGone(dir));
  return () => start(true);
}

test("what waited in the batch of a killed engine does not run when the job is cancelled", async (t) => {
  const place = temporaryPlace(t);
  await play(place, "SIGUSR2", 1);
  const seen = idsSeen(place);
  assert.deepEqual(
    idsOf(place, "cancelled").filter((id) => seen.includes(id)),
    seen.slice(-1),
  );
  assert.equal(idsOf(place, "cancelled").length, TASKS - seen.length + 1);
});

test("what waited in the batch of a killed engine waits on when the next one is stopped, and runs once", async (t) => {
  const place = temporaryPlace(t);
  const takeUp = await play(place, "SIGTERM", 143);
  const seen = idsSeen(place);
  assert.equal(idsOf(place, "pending").length, TASKS - seen.length + 1);
  for (let index = 0; index < TASKS; index++) writeFileSync(gateOf(place, idOf(index)), "");
  const end = await takeUp().ended;
  assert.equal(end.code, 0, describeEnd(end));
  const ends = readWitness(place.witness).flatMap(({ what, task }) => (what === "end" ? [task] : []));
  assert.deepEqual([ends.length, new Set(ends).size], [TASKS, TASKS]);
});
