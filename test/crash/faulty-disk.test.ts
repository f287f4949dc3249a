import assert from "node:assert/strict";
import { test } from "node:test";
import { mapAtOnce } from "../support/at-once.js";
import { DISK_FAULTS, diskRound, LASTING_FAULTS } from "../support/disk-faults.js";

/** Rounds mostly wait. */
const AT_ONCE = 4;

async function roundsOf(faults: typeof DISK_FAULTS, times: number | undefined): Promise<string[]> {
  const found = await mapAtOnce(faults, AT_ONCE, async (fault) =>
    (await diskRound(fault, times)).map((violation) => `${fault.name} (${fault.code}): ${violation}`),
  );
  return found.flat();
}

test("when a file operation fails once, the engine says so and goes on by itself", async () => {
  assert.deepEqual(await roundsOf(DISK_FAULTS, 1), []);
});

test("when a file operation fails for good, the engine gives up, and a later one finishes the job", async () => {
  // What is refused at the start is given up at once either way.
  const faults = LASTING_FAULTS.filter((fault) => fault.when === "run");
  assert.deepEqual(await roundsOf(faults, undefined), []);
});
