import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Picture } from "../../../src/store/picture/picture.js";
import { type SnapshotFiles, SnapshotSchedule } from "../../../src/store/snapshot/snapshot-schedule.js";
import type { Standing } from "../../../src/store/snapshot/state-guard.js";

/** Longer than any pause. */
const SECOND = 1000;

/** Notes what is written; a write of both files ends when the test says so. */
class Files implements SnapshotFiles {
  readonly written: string[] = [];
  end: (standing: Standing) => void = () => {};

  write(): Promise<Standing> {
    return this.#begin("both");
  }

  writeState(): Standing {
    this.written.push("state");
    return "ours";
  }

  async writeSynced(before: () => Promise<void>): Promise<Standing> {
    await before();
    return this.#begin("synced");
  }

  #begin(what: string): Promise<Standing> {
    this.written.push(what);
    return new Promise((resolve) => (this.end = resolve));
  }
}

function rig(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const files = new Files();
  const picture = new Picture();
  const schedule = new SnapshotSchedule(files, picture);
  const change = (): void => {
    picture.version += 1;
    schedule.plan();
  };
  const end = async (standing: Standing): Promise<void> => {
    files.end(standing);
    await new Promise(setImmediate);
  };
  const pass = (): void => t.mock.timers.tick(SECOND);
  return { files, schedule, change, end, pass };
}

test("changes in a burst share a snapshot, and without a change there is none", async (t) => {
  const { files, change, end, pass } = rig(t);
  change();
  change();
  assert.deepEqual(files.written, []);
  pass();
  await end("ours");
  pass();
  assert.deepEqual(files.written, ["both"]);
  change();
  pass();
  assert.deepEqual(files.written, ["both", "both"]);
});

test("while tasks.json takes its time, state.json follows what happens", async (t) => {
  const { files, change, end, pass } = rig(t);
  change();
  pass();
  change();
  pass();
  pass();
  change();
  pass();
  assert.deepEqual(files.written, ["both", "state", "state"]);
  await end("ours");
  pass();
  assert.deepEqual(files.written, ["both", "state", "state", "both"]);
});

test("a snapshot that could not be put in place is made again, though nothing changed", async (t) => {
  const { files, change, end, pass } = rig(t);
  change();
  pass();
  await end("unsettled");
  pass();
  assert.deepEqual(files.written, ["both", "both"]);
});

test("the end waits for the snapshot under way, then writes alone, and nothing is written once it is closed", async (t) => {
  const { files, schedule, change, end, pass } = rig(t);
  change();
  pass();
  change();
  const settled = schedule.settle(async () => {
    files.written.push("journal");
  });
  await new Promise(setImmediate);
  assert.deepEqual(files.written, ["both"]);
  await end("ours");
  pass();
  await end("ours");
  await settled;
  await schedule.close();
  change();
  pass();
  assert.deepEqual(files.written, ["both", "journal", "synced"]);
});
