import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { describeEnd, Engine, type EngineEnd } from "../support/engine.js";
import { processesOf } from "../support/processes.js";
import { temporaryPlace } from "../support/temporary-directory.js";
import { waitUntil } from "../support/wait-until.js";
import { readWitness, witnessed } from "../support/witness.js";

interface Row {
  readonly id: string;
  readonly status: string;
  readonly attempts: number;
  readonly error: string | null;
}

const rowsOf = (dir: string): Row[] => JSON.parse(readFileSync(join(dir, "jobs/killers/tasks.json"), "utf8")) as Row[];
const NEIGHBOURS = ["a", "b", "c"] as const;
/** By the time that it ends whoever runs it, its neighbours run. */
const killer = { id: "killer", command: "sh", args: ["-c", "sleep 0.3; kill -KILL $PPID; sleep 20"] };
/** The neighbours' first attempts last until they are ended, their second ones while the killer runs apart. */
const tasksOf = (witness: string) => [
  ...NEIGHBOURS.map((id) => ({ id, ...witnessed(witness, 'if [ "$AIR_EXECUTOR_ATTEMPT" = 1 ]; then sleep 60; fi; sleep 2') })),
  killer,
];

function judge(dir: string, witness: string, end: EngineEnd): void {
  const rows = rowsOf(dir);
  const bad = rows.find(({ id }) => id === "killer");
  assert.deepEqual([bad?.status, bad?.error], ["failed", "lost: its runner died"], describeEnd(end));
  for (const { id, status, attempts } of rows.filter((row) => row.id !== "killer")) {
    assert.equal(status, "completed", `${id}: ${describeEnd(end)}`);
    assert.equal(attempts, 2, `${id} was lost once and no more`);
  }
  const ends = readWitness(witness).filter(({ what }) => what === "end");
  assert.deepEqual(ends.map(({ task }) => task).toSorted(), [...NEIGHBOURS]);
  assert.deepEqual(processesOf(dir), []);
}

test("a task that kills its runner each time fails, and what ran beside it is lost once and then completes", async (t) => {
  const { dir, witness } = temporaryPlace(t);
  const end = await new Engine(dir, "killers", tasksOf(witness), { concurrency: 4 }).ended;
  assert.equal(end.code, 1, describeEnd(end));
  judge(dir, witness, end);
  assert.equal(rowsOf(dir).find(({ id }) => id === "killer")?.attempts, 5, "once with others, then four times alone");
});

test("so it is when the engine was killed in between: who was lost with others is still run apart", async (t) => {
  const { dir, witness } = temporaryPlace(t);
  const tasks = tasksOf(witness);
  const engine = new Engine(dir, "killers", tasks, { concurrency: 4 });
  const journal = join(dir, "jobs/killers/journal.ndjson");
  const lost = () => readFileSync(journal, "utf8").match(/"kind":"lost","message":"its runner died","others":3/g)?.length ?? 0;
  await engine.said("taken");
  assert.ok(await waitUntil(() => lost() === 4));
  engine.kill("SIGKILL");
  await engine.ended;
  const end = await new Engine(dir, "killers", tasks, { concurrency: 4 }).ended;
  assert.equal(end.code, 1, describeEnd(end));
  judge(dir, witness, end);
});
