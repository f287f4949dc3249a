import assert from "node:assert/strict";
import { test } from "node:test";
import { kindFor, nameOf } from "../../src/slurm/slot-kind.js";
import { sbatchArguments } from "../../src/slurm/submission.js";

const WISHES = { partition: null, account: null, qos: null, time: null, sbatchArgs: [] };

function asked(takes: Readonly<Record<string, number>>): string[] {
  return sbatchArguments({ dir: "/d", name: "n", base: 0, count: 1 }, WISHES, kindFor(takes));
}

test("what a task takes becomes what its slot is asked for with: CPUs and memory rounded up, devices and licences by name", () => {
  const args = asked({
    cpu: 2.5,
    memory: 1024 * 1024 + 1,
    gpu: 2,
    "gres.gpu.a100": 1,
    "gres.fpga": 1,
    "license.matlab": 2,
    mine: 3,
  });
  assert.deepEqual(
    args.filter((arg) => /cpus|mem|gres|lic/.test(arg)),
    ["--cpus-per-task=3", "--mem=2M", "--gres=gpu:2,fpga:1,gpu:a100:1", "--licenses=matlab:2"],
  );
  assert.deepEqual(
    asked({ cpu: 0.1 }).filter((arg) => /cpus|mem|gres|lic/.test(arg)),
    ["--cpus-per-task=1"],
  );
});

test("slots are of one kind if they have the same, in whatever order it was written", () => {
  const name = (takes: Readonly<Record<string, number>>): string => nameOf(kindFor(takes));
  assert.equal(name({ "gres.b": 1, "gres.a": 2 }), name({ "gres.a": 2, "gres.b": 1, cpu: 1 }));
  for (const other of [{ "gres.a": 1 }, { "license.a": 2 }, { gpu: 1 }, { memory: 1 }, { cpu: 2 }])
    assert.notEqual(name(other), name({}));
  assert.equal(name({ mine: 3 }), name({}), "a pool that the cluster does not know is the engine's to keep");
});
