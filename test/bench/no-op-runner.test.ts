import { strict as assert } from "node:assert";
import { test } from "node:test";
import { NoOpRunner } from "../../bench/no-op-runner.js";
import type { Descriptor, Report } from "../../src/domain/ports.js";

function descriptor(key: number, slot: number): Descriptor {
  const about = {
    job: "job",
    run: "",
    task: `task-${key}`,
    attempt: 1,
    command: "/bin/true",
    args: [],
    cwd: "/",
    env: {},
    jobEnv: {},
    stdin: null,
  };
  return { ...about, key, slot, log: "/log", errorLog: null, earlierLog: null, earlierErrorLog: null, limitMs: null, graceMs: 0 };
}

test("every attempt is reported once, in a batch on a later turn, and gives its slot back", async () => {
  const runner = new NoOpRunner(2);
  const batches: (readonly Report[])[] = [];
  const reported = new Promise<void>((resolve) => {
    runner.onReports((reports) => {
      batches.push(reports);
      resolve();
    });
  });
  const slots = [runner.reserve(), runner.reserve()].map((placement) => placement?.slot ?? -1);
  assert.equal(runner.reserve(), undefined, "both slots are taken");
  runner.start([descriptor(1, slots[0] ?? -1)]);
  runner.start([descriptor(2, slots[1] ?? -1)]);
  assert.equal(batches.length, 0, "nothing is reported from within the call");
  await reported;
  assert.deepEqual(
    batches.map((reports) => reports.map(({ key, result }) => [key, result])),
    [
      [
        [1, { kind: "exited", exitCode: 0 }],
        [2, { kind: "exited", exitCode: 0 }],
      ],
    ],
  );
  assert.deepEqual(new Set([runner.reserve()?.slot, runner.reserve()?.slot]), new Set([0, 1]));
  assert.equal(runner.started, 2);
});
