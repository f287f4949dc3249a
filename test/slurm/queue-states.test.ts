import assert from "node:assert/strict";
import { test } from "node:test";
import { explainWait, readQueue } from "../../src/slurm/queue-states.js";

test("an answer of squeue is read line by line; what is none of its lines is left out", () => {
  const lines = [
    "4|0|RUNNING|None|n1|4:05|5:00",
    "4|1|PENDING|Resources||1-02:00:00|1-02:00:00",
    "slurm_load_jobs error",
    "4|2|NODE_FAIL|NodeDown|n2|INVALID|UNLIMITED",
    "4|x|RUNNING|None|n1|4:05|5:00",
    "4|3|RUNN",
  ];
  assert.deepEqual(
    readQueue(lines.join("\n")).map(({ slot, state, word, reason, node, leftMs, limitMs }) => {
      return [slot, state, word, reason, node, leftMs, limitMs];
    }),
    [
      [0, "running", "RUNNING", null, "n1", 245_000, 300_000],
      [1, "queued", "PENDING", "Resources", null, 93_600_000, 93_600_000],
      [2, "over", "NODE_FAIL", "NodeDown", "n2", null, Infinity],
    ],
  );
});

test("a state that nobody knows is over: newer versions have words of their own", () => {
  assert.equal(readQueue("4|0|TELEPORTED|None|n1|4:05|5:00\n")[0]?.state, "over");
  for (const word of ["SUSPENDED", "RUNNING"]) assert.equal(readQueue(`4|0|${word}|None|n1|4:05|5:00\n`)[0]?.state, "running");
});

test("an empty answer is no list of ended slots", () => assert.deepEqual(readQueue(""), []));

test("waits that never end by themselves come with what to do, the others without", () => {
  for (const reason of [
    "PartitionNodeLimit",
    "BadConstraints",
    "DependencyNeverSatisfied",
    "JobHeldAdmin",
    "launch failed requeued held",
    "QOSMaxWallDurationPerJobLimit",
    "AssocMaxCpuPerJobLimit",
    "QOSMinCpuNotSatisfied",
  ])
    assert.ok(explainWait(reason).remedy, reason);
  for (const reason of [
    "Priority",
    "Resources",
    "ReqNodeNotAvail, UnavailableNodes:n1",
    "QOSMaxJobsPerUserLimit",
    "AssocGrpMemLimit",
    "SomethingNew",
  ])
    assert.equal(explainWait(reason).remedy, null, reason);
  assert.match(explainWait("Resources").words, /taken \(Resources\)/);
});
