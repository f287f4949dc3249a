import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryKills } from "../../src/workers/thread/memory-kills.js";

function counted(): { kills: MemoryKills; set: (count: number | null) => void } {
  let now: number | null = 5;
  const kills = new MemoryKills(() => now);
  kills.sample(0);
  return { kills, set: (count) => (now = count) };
}

test("who was killed while the kernel's count grew was killed for want of memory; of several as many as it grew by", () => {
  const { kills, set } = counted();
  assert.equal(kills.accountsFor(100, 200), false);
  set(7);
  assert.equal(kills.accountsFor(150, 300), true);
  assert.equal(kills.accountsFor(160, 300), true);
  assert.equal(kills.accountsFor(170, 300), false);
});

test("who began after the kill is not named for it", () => {
  const { kills, set } = counted();
  set(6);
  kills.sample(5000);
  assert.equal(kills.accountsFor(6000, 7000), false);
  assert.equal(kills.accountsFor(4000, 7000), true);
});

test("a count that is not there, or is there no more, names nobody", () => {
  const { kills, set } = counted();
  set(null);
  assert.equal(kills.accountsFor(100, 200), false);
  const never = new MemoryKills(() => null);
  never.sample(0);
  assert.equal(never.accountsFor(1, 2), false);
});
