import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PoolFiles, type BatchHead } from "../../src/slurm/pool-files.js";
import { SlotChannel } from "../../src/slurm/slot-channel.js";
import { kindFor } from "../../src/slurm/slot-kind.js";
import { SlotLife } from "../../src/slurm/slot-life.js";
import { temporaryPlace } from "../support/temporary-directory.js";

/** Files on a disk that is full while `isFull`. */
class FullDisk extends PoolFiles {
  isFull = false;

  override hand(slot: number, head: BatchHead, commands: Buffer): void {
    if (this.isFull) throw new Error("ENOSPC: no space left on device, write");
    super.hand(slot, head, commands);
  }

  override readSpool(slot: number, from: number): Buffer {
    if (this.isFull) throw new Error("EIO: i/o error, read");
    return super.readSpool(slot, from);
  }
}

test("the clock of a slot is judged by its first word when that is new, not when another engine goes on with it", (t) => {
  const files = new PoolFiles(join(temporaryPlace(t).root, "pool"));
  files.make([]);
  files.makeSlots(0, 1);
  appendFileSync(join(files.dir, "spool.0"), `up 1 x n1 ${(Date.now() - 60_000) * 1000}\n`);
  const told = (isResumed: boolean): number => {
    let count = 0;
    const life = new SlotLife({ leaseMs: 1, marginMs: 1, byeDelayMs: 1, lifeMs: Infinity });
    const listener = { onReport: () => {}, onBegun: () => {}, onClock: () => (count += 1), onTrouble: () => {} };
    const channel = new SlotChannel(0, kindFor({ cpu: 1 }), life, files, listener);
    if (isResumed) channel.resume();
    assert.ok(channel.look());
    assert.equal(life.node, "n1");
    return count;
  };
  assert.deepEqual([told(false), told(true)], [1, 0]);
});

test("what a disk does not take now is said to the slot later, all of it, and once", (t) => {
  const files = new FullDisk(join(temporaryPlace(t).root, "pool"));
  files.make([]);
  files.makeSlots(0, 1);
  const troubles: string[] = [];
  const life = new SlotLife({ leaseMs: 1, marginMs: 1, byeDelayMs: 1, lifeMs: Infinity });
  const channel = new SlotChannel(0, kindFor({ cpu: 1 }), life, files, {
    onReport: () => {},
    onBegun: () => {},
    onClock: () => {},
    onTrouble: ({ message }) => troubles.push(message),
  });
  life.hello("n1", 0);
  files.isFull = true;
  channel.say(Buffer.from("first"), 1, 7);
  channel.say(Buffer.from("second"), 1, 8);
  assert.equal(channel.look(), false);
  assert.equal(files.readHead(0).number, 0);
  assert.ok(troubles.some((words) => words.startsWith("ENOSPC")) && troubles.some((words) => words.startsWith("EIO")));
  files.isFull = false;
  channel.look();
  channel.look();
  assert.deepEqual(files.readHead(0), { number: 1, tasks: 2, lastKey: 8 });
});
