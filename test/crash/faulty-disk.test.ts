import assert from "node:assert/strict";
import { test } from "node:test";
import { mapAtOnce } from "../support/at-once.js";
import { DISK_FAULTS, type DiskFault, diskRound } from "../support/disk-faults.js";

/** Rounds mostly wait. */
const AT_ONCE = 4;
const FAULTS: readonly (DiskFault | "short write")[] = [...DISK_FAULTS, "short write"];

async function roundsOf(faults: typeof FAULTS, times: number | undefined): Promise<string[]> {
  const found = await mapAtOnce(faults, AT_ONCE, async (fault) => {
    const name = fault === "short write" ? fault : `${fault.name} (${fault.code})`;
    return (await diskRound(fault, times)).map((violation) => `${name}: ${violation}`);
  });
  return found.flat();
}

test("when a file operation fails once, the engine says so and goes on by itself", async () => {
  assert.deepEqual(await roundsOf(FAULTS, 1), []);
});

test("when a file operation fails for good, the engine gives up, and a later one finishes the job", async () => {
  // What is refused at the start is given up at once either way.
  const faults = FAULTS.filter((fault) => fault === "short write" || fault.when === "run");
  assert.deepEqual(await roundsOf(faults, undefined), []);
});
