import assert from "node:assert/strict";
import { test } from "node:test";
import type { QueueEntry } from "../../src/slurm/queue-states.js";
import { SlotLife } from "../../src/slurm/slot-life.js";

const LIMITS = { leaseMs: 300, marginMs: 30, byeDelayMs: 50, lifeMs: 100_000 };
const word = (state: QueueEntry["state"], text: string): QueueEntry => ({
  job: "7",
  slot: 0,
  state,
  word: text,
  reason: null,
  node: "n1",
  leftMs: 3_600_000,
  limitMs: 3_600_000,
});
const RUNNING = word("running", "RUNNING");
const FAILED = word("over", "NODE_FAIL");

function up(): SlotLife {
  const life = new SlotLife(LIMITS);
  life.hello("n1", 0);
  return life;
}

test("Slurm's word that a slot is over only starts a fence; its tasks are free when the lease and the margin are over", () => {
  const life = up();
  life.hear(FAILED, 1000);
  assert.equal(life.phase.is, "up", "its last word may be on its way");
  life.hear(FAILED, 1050);
  life.tick(10_000);
  assert.ok(life.hasToBeFenced, "a slot that has not been told to end goes on for ever");
  life.fenceTold(1050);
  life.fenceTold(2000);
  assert.deepEqual(life.phase, { is: "fencing", until: 1380, why: "Slurm says NODE_FAIL" });
  life.tick(1379);
  assert.equal(life.phase.is, "fencing");
  life.tick(1380);
  assert.equal(life.phase.is, "ended");
});

test("a slot that says bye has ended, whatever Slurm says before or after", () => {
  for (const before of [RUNNING, FAILED]) {
    const life = up();
    life.hear(before, 0);
    life.hear(before, 100);
    life.bye("over");
    life.hear(RUNNING, 200);
    assert.deepEqual(life.phase, { is: "ended", why: "over", isByItself: true });
  }
});

test("an answer that does not name a slot proves nothing; two in a row fence one that is up", () => {
  const life = up();
  life.hear(null, 0);
  life.hear(RUNNING, 10);
  life.hear(null, 20);
  life.hear(null, 30);
  assert.equal(life.phase.is, "up");
  life.hear(null, 80);
  assert.equal(life.phase.is, "fencing");
});

test("a slot that never said hello had no task: it has ended as soon as Slurm says so and a hello can't be on its way", () => {
  const life = new SlotLife(LIMITS);
  life.hear(word("queued", "PENDING"), 0);
  life.hear(FAILED, 100);
  assert.equal(life.phase.is, "queued");
  life.hear(FAILED, 150);
  assert.deepEqual(life.phase, { is: "ended", why: "Slurm says NODE_FAIL", isByItself: false });
});

test("a hello that comes while a slot is being fenced brings it no tasks", () => {
  const life = up();
  life.hear(FAILED, 0);
  life.hear(FAILED, 50);
  life.hello("n1", 60);
  life.hear(RUNNING, 70);
  assert.equal(life.phase.is, "fencing");
});

test("a slot that closes takes nothing more, and is fenced like any other", () => {
  const life = up();
  life.close();
  assert.equal(life.phase.is, "closing");
  life.hear(FAILED, 0);
  life.hear(FAILED, 50);
  assert.equal(life.phase.is, "fencing");
});

test("what Slurm could not even start has no hello on its way", () => {
  const life = new SlotLife(LIMITS);
  life.hear({ ...word("over", "FAILED"), reason: "JobLaunchFailure" }, 100);
  assert.equal(life.phase.is, "ended");
});

test("how long a slot may live is what Slurm said last; before that, what it was asked for", () => {
  const unlimited = new SlotLife({ ...LIMITS, lifeMs: Infinity });
  unlimited.hello("n1", 0);
  assert.equal(unlimited.leftMs(50), null);
  const life = up();
  assert.equal(life.leftMs(50), 99_950);
  life.hear({ ...RUNNING, leftMs: 60_000 }, 100);
  assert.equal(life.leftMs(10_100), 50_000);
  life.hear({ ...RUNNING, leftMs: 90_000 }, 20_000);
  assert.equal(life.leftMs(20_000), 90_000);
  life.hear({ ...RUNNING, leftMs: null }, 30_000);
  assert.equal(life.leftMs(30_000), 80_000);
});

test("a slot that Slurm has said to run for a minute is mute as long as it has not said hello", () => {
  const life = new SlotLife(LIMITS);
  life.hear(word("queued", "PENDING"), 0);
  life.hear(RUNNING, 10_000);
  life.hear(RUNNING, 60_000);
  assert.equal(life.isMute(70_000), false);
  assert.equal(life.isMute(70_001), true);
  life.hello("n1", 71_000);
  assert.equal(life.isMute(80_000), false);
});
