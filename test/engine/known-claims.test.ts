import assert from "node:assert/strict";
import { test } from "node:test";
import { requireKnown } from "../../src/engine/known-claims.js";
import { SlurmRunner } from "../../src/slurm/slurm-runner.js";
import { LocalRunner } from "../../src/workers/runner/local-runner.js";

const OF_CLUSTER = "slurm:abcdef0123.1/4";
/** As this version writes them, and as the first one did. */
const OF_MACHINES = ["96e797f5p17675s2463460r3903c9-0", "lane-7"];

test("what runs here is no cluster's to adopt, and what runs there not this machine's: each would take it for lost", () => {
  const begun = (...claims: readonly string[]) => ({ name: "job", claims });
  const [here, there] = [LocalRunner.prototype, SlurmRunner.prototype];
  for (const claim of OF_MACHINES) {
    requireKnown(begun(claim), here);
    assert.throws(() => requireKnown(begun(claim), there), {
      code: "AIR_CONFLICT",
      message: /runs on this machine.*without --engine slurm/,
    });
  }
  requireKnown(begun(OF_CLUSTER), there);
  assert.throws(() => requireKnown(begun("lane-7", OF_CLUSTER), here), {
    code: "AIR_CONFLICT",
    message: /runs on a Slurm cluster/,
  });
  for (const runner of [here, there]) requireKnown(begun(), runner);
});
