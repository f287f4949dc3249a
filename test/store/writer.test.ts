import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { Journal } from "../../src/store/journal/journal.js";
import { jobPaths } from "../../src/store/layout.js";
import { Picture } from "../../src/store/picture/picture.js";
import { Snapshots } from "../../src/store/snapshot/snapshot.js";
import type { Standing } from "../../src/store/snapshot/state-guard.js";
import { JobWriter } from "../../src/store/writer.js";
import { sampleEvents, temporaryDirectory } from "./sample-job.js";

/** Snapshots that are done when the test says so. */
class HeldSnapshots extends Snapshots {
  readonly #ends: (() => void)[] = [];
  begun = 0;

  override async write(): Promise<Standing> {
    this.begun += 1;
    await new Promise<void>((resolve) => this.#ends.push(resolve));
    return "ours";
  }

  override async writeSynced(before: () => Promise<void>): Promise<Standing> {
    await before();
    return this.write();
  }

  /** Ends the one that was begun first. */
  end(): void {
    this.#ends.shift()?.();
  }
}

/** Lets everything happen that needs no timer. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("the last snapshot is written alone, also if another was being written when the job ended", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const dir = temporaryDirectory(t);
  const picture = new Picture();
  const snapshots = new HeldSnapshots(jobPaths(dir), picture, null);
  const journal = Journal.open(join(dir, "journal.ndjson"), 0);
  const options = {
    logs: join(dir, "logs"),
    durability: "grouped",
    onTrouble: () => {},
    onFault: (error: unknown) => {
      throw error;
    },
    onReady: () => {},
  } as const;
  const writer = new JobWriter(journal, picture, snapshots, options);
  writer.record(sampleEvents.slice(0, 2));
  t.mock.timers.tick(1000);
  assert.equal(snapshots.begun, 1);
  writer.record(sampleEvents.slice(2, 4));
  let isSettled = false;
  const settled = writer.settle().then(() => (isSettled = true));
  snapshots.end();
  // A sync takes as long as the disk does; no timer ticks here.
  for (const until = performance.now() + 30_000; snapshots.begun < 2 && performance.now() < until;) await turn();
  assert.equal(snapshots.begun, 2);
  t.mock.timers.tick(60_000);
  await turn();
  assert.deepEqual([snapshots.begun, isSettled], [2, false]);
  snapshots.end();
  await settled;
  await writer.close();
});
