import assert from "node:assert/strict";
import { test } from "node:test";
import { mapAtOnce } from "../support/at-once.js";
import { DISK_FAULTS, diskRound, LASTING_FAULTS } from "../support/disk-faults.js";
import { describeEnd, Engine } from "../support/engine.js";
import { FAULT_MET, type Fault } from "../support/fault-plan.js";
import { judgeRun } from "../support/judge-run.js";
import { clearPlace, makePlace } from "../support/temporary-directory.js";
import { witnessed } from "../support/witness.js";

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

test("a network file system that fails as files are closed, since its disk did, ends no engine and mixes up no files", async () => {
  const place = makePlace();
  const { dir, witness } = place;
  const expected = ["first", "second", "third", "fourth"].map(
    (id, index, ids) => ({ id, dependencies: ids.slice(0, index).slice(-1), status: "completed", attempts: 1 }) as const,
  );
  const tasks = expected.map(({ id, dependencies }) => ({ id, dependencies, ...witnessed(witness, "sleep 0.7") }));
  // The first sync is that of the new journal; after the second it is written anew, and the old file is closed.
  const unsynced: Fault = { kind: "fail", call: "fdatasync", path: "", nth: 2, code: "EIO", times: 1 };
  const files = [
    "/journal.ndjson",
    "/journal.ndjson (deleted)",
    "/state.json",
    "/tasks.json (deleted)",
    "/lock",
    ".spool",
    "/disk",
  ];
  const unclosed = files.flatMap((path) =>
    (["closeSync", "close"] as const).map((call): Fault => ({ kind: "fail", call, path, nth: 1, code: "EIO" })),
  );
  try {
    const end = await new Engine(dir, "disk", tasks, { faults: [unsynced, ...unclosed], patienceMs: 500 }).ended;
    assert.equal(end.code, 0, describeEnd(end));
    assert.ok(end.stderr.split(FAULT_MET).length > 4, end.stderr);
    assert.deepEqual(judgeRun(dir, "disk", witness, expected).violations, []);
  } finally {
    clearPlace(place);
  }
});
