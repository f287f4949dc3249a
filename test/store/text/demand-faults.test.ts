import assert from "node:assert/strict";
import { test } from "node:test";
import { demandFaults, poolsOf } from "../../../src/store/text/demand-faults.js";
import { readJob } from "../../../src/store/text/job-file.js";
import { readDemand } from "../../../src/store/text/pool-amounts.js";
import { task } from "../sample-job.js";

const GIB = 1024 ** 3;
const engine = new Map([
  ["cpu", 4],
  ["memory", 10.5 * GIB],
  ["gpu", 0],
  ["licence", 3],
]);

function faults(resources: Parameters<typeof readDemand>[0], own = {}, pools: typeof engine | null = engine): string[] {
  return demandFaults([{ ...task("a"), resources: readDemand(resources) }], own, pools).map(
    ({ path, message }) => `${path.join("/")}: ${message}`,
  );
}

test("a demand that is larger than its pool is refused with both figures and the way out", () => {
  assert.deepEqual(faults({ cpu: 8 }), [
    "tasks/0/resources/cpu: it takes 8 of cpu, and there is only 4, so it could never run: take less, or give the engine more with --concurrency 8",
  ]);
  assert.deepEqual(faults({ memory: "64GiB" }), [
    "tasks/0/resources/memory: it takes 64GiB of memory, and there is only 10.5GiB, so it could never run: take less, or give the engine more with --memory 64GiB",
  ]);
  assert.deepEqual(faults({ licence: 3.5 }), [
    "tasks/0/resources/licence: it takes 3.5 of licence, and there is only 3, so it could never run: take less, or give the engine more with --pool licence=3.5",
  ]);
  assert.deepEqual(faults({ licence: 2 }, { licence: 1 }), [
    "tasks/0/resources/licence: it takes 2 of licence, and there is only 1 in the job's `pools`: take less, or declare more",
  ]);
  assert.deepEqual(faults({ cpu: 4, memory: "10GiB", licence: 3 }, { licence: 3 }), []);
});

test("a pool that nobody has is an error with what it may have meant, or the two ways to declare it", () => {
  assert.deepEqual(faults({ licnce: 1 }), ['tasks/0/resources/licnce: unknown pool "licnce": did you mean `licence`?']);
  assert.deepEqual(faults({ mem: 1 }), ['tasks/0/resources/mem: unknown pool "mem": did you mean `memory`?']);
  assert.deepEqual(faults({ cpus: 2 }), ['tasks/0/resources/cpus: unknown pool "cpus": did you mean `cpu`?']);
  assert.deepEqual(faults({ database: 1 }), [
    'tasks/0/resources/database: unknown pool "database": declare it in the job\'s `pools`, or give it to the engine with --pool database=N',
  ]);
  assert.deepEqual(faults({ database: 1 }, { database: 1 }), []);
});

test("where the engine is not known only the job's own pools are looked at", () => {
  assert.deepEqual(faults({ cpu: 8, database: 1 }, {}, null), []);
  assert.equal(faults({ cpu: 8 }, { cpu: 2 }, null).length, 1);
});

test("of many tasks that take the same the first is named, at its place in the file", async () => {
  const text =
    '{"tasks": [{"command": "a"}, {"command": "b", "resources": {"cpu": 9}}, {"command": "c", "resources": {"cpu": 9}}]}';
  const { job, place: placed } = await readJob(text, { fileName: "job.json", now: 0 });
  assert.deepEqual([...poolsOf(job.tasks)], ["cpu"]);
  const places = placed(demandFaults(job.tasks, {}, engine)).map(({ place }) => place);
  assert.deepEqual(places, ["job.json:1:61: tasks[1].resources.cpu"]);
});
