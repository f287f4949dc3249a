import assert from "node:assert/strict";
import { test } from "node:test";
import type { Begun, Descriptor, Report } from "../../src/domain/ports.js";
import { HeldAttempts, type Fate } from "../../src/slurm/held-attempts.js";

const TOOK = { userUs: 0, systemUs: 0, rssKb: 0 };
const LATER = Number.MAX_SAFE_INTEGER;
const alive = (answered: number): Fate => ({ is: "alive", answered });

/** Two attempts in a slot, the first of which has begun; the slot is asked for a sign of life with the number 7. */
function scene(): { held: HeldAttempts; reports: Report[]; begun: Begun[]; kinds: () => string[] } {
  const reports: Report[] = [];
  const begun: Begun[] = [];
  const held = new HeldAttempts(
    3,
    (report) => reports.push(report),
    (each) => begun.push(each),
    () => 7,
  );
  held.hold(1, 11, null);
  held.hold(2, 12, null);
  held.begun(1, 1_000);
  return { held, reports, begun, kinds: () => reports.map(({ key, result }) => `${key} ${result.kind}`) };
}

test("an end by an exit code is told at once, one by a signal when the slot has shown afterwards that it lives", () => {
  const { held, kinds } = scene();
  held.ended(1, "s", 9, 2_000, TOOK, "n1");
  held.settle(alive(7), 0);
  assert.deepEqual(kinds(), [], "Slurm's word may be on its way");
  held.settle(alive(7), LATER);
  assert.deepEqual(kinds(), [], "what it answered before proves nothing: it is asked now");
  held.settle(alive(6), LATER);
  assert.deepEqual(kinds(), [], "who says that the node is not gone?");
  held.settle(alive(7), LATER);
  held.ended(2, "x", 3, 3_000, TOOK, "n1");
  assert.deepEqual(kinds(), ["11 signaled", "12 exited"]);
});

test("what ended by a signal in a slot that was told to end, or is gone, was lost; what had not begun is handed back", () => {
  for (const fate of [{ is: "terminated" }, { is: "ended", why: "its lease is over", isThrough: false }] as const) {
    const { held, kinds } = scene();
    held.ended(1, "x", 143, 2_000, TOOK, "n1");
    held.settle(fate, 0);
    held.settle({ is: "ended", why: "it is over", isThrough: false }, 0);
    assert.deepEqual(kinds(), ["11 lost", "12 not-begun"]);
  }
});

test("a slot that went since it was through had no part in the end of its last task", () => {
  const { held, kinds } = scene();
  held.ended(1, "s", 11, 2_000, TOOK, "n1");
  held.dropped(2);
  held.settle({ is: "ended", why: "it was through", isThrough: true }, 0);
  assert.deepEqual(kinds(), ["12 not-begun", "11 signaled"]);
});

test("an end that we asked for, or that its limit brought, is no doubt", () => {
  const { held, reports } = scene();
  held.ending(1, "limit");
  held.ended(1, "s", 15, 2_000, TOOK, "n1");
  held.ending(2, "stop");
  held.ended(2, "s", 15, 2_000, TOOK, "n1");
  assert.deepEqual(
    reports.map(({ hasTimedOut = false, wasStopped }) => [hasTimedOut, wasStopped]),
    [
      [true, false],
      [false, true],
    ],
  );
});

test("that an attempt of an earlier engine has begun is told, once, and not of ours", () => {
  const { held, begun } = scene();
  held.begun(1, 5_000);
  held.hold(3, 13, { key: 13 } as Descriptor);
  held.begun(3, 6_000);
  assert.deepEqual(begun, [{ key: 11, at: 1 }]);
});
