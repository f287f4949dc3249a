/**
 * A share of what the soak plays in full: each call that an engine, a manager or a verb makes of the system fails, once or for good. The same
 * share each time, unless TEST_SEED says another: other shares are the soak's.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { mapAtOnce } from "../support/at-once.js";
import { describe, faultsOf, lookRound, SCENES, type LookFault } from "../support/look-faults.js";
import { SeededRandom, takeSeed } from "../support/seeded-random.js";

/** Rounds mostly wait. */
const AT_ONCE = 4;
const ROUNDS = 6;
const SEED = takeSeed();

function pickSome(faults: readonly LookFault[], random: SeededRandom): LookFault[] {
  return Array.from({ length: ROUNDS }, () => random.pick(faults));
}

test("a manager that can't read its spools is stopped, and the next one takes the ends that are in them", async () => {
  const places = { scene: "manager", place: "lanes/*.spool" } as const;
  const faults: readonly LookFault[] = [
    { ...places, call: "readSync", code: "EIO", isOnce: false },
    { ...places, call: "openSync", code: "EMFILE", isOnce: false },
  ];
  const broken = await mapAtOnce(faults, AT_ONCE, lookRound);
  assert.deepEqual(broken.flat(), []);
});

test("an engine that has no handle to look for what an earlier one left running waits, and goes on", async () => {
  const faults: readonly LookFault[] = [
    { scene: "adoption", place: "lanes/*.spool", call: "openSync", code: "EMFILE", isOnce: true },
    { scene: "adoption", place: "/proc", call: "readdirSync", code: "EMFILE", isOnce: true },
  ];
  const broken = await mapAtOnce(faults, AT_ONCE, lookRound);
  assert.deepEqual(broken.flat(), []);
});

for (const scene of SCENES) {
  test(`whatever call fails in the scene "${scene}", nothing is run twice, lost, dead or hidden`, async (t) => {
    t.diagnostic(`TEST_SEED=${SEED}`);
    const faults = await faultsOf(scene);
    assert.ok(faults.length > 100, `only ${faults.length} faults were found`);
    const broken = await mapAtOnce(pickSome(faults, new SeededRandom(SEED)), AT_ONCE, async (fault) =>
      (await lookRound(fault)).map((violation) => `${describe(fault)}: ${violation}`),
    );
    assert.deepEqual(broken.flat(), []);
  });
}
