import assert from "node:assert/strict";
import { test } from "node:test";
import { slotsToAdd, slotsToClose } from "../../src/slurm/capacity.js";
import { fc } from "../support/properties.js";

const range = fc.tuple(fc.nat(20), fc.nat(2000)).map(([min, more]) => ({ min, max: min + more }));
const load = fc
  .tuple(fc.nat(2500), fc.nat(2500), fc.nat(5000))
  .map(([present, idle, wanted]) => ({ present, idle: Math.min(idle, present), wanted }));

test("no more slots than the limit are ever asked for, and no slot is given back that the least number or waiting work needs", () => {
  fc.assert(
    fc.property(range, load, (slots, now) => {
      const added = slotsToAdd(slots, now);
      assert.ok(added === 0 || now.present + added <= slots.max);
      const left = now.present - slotsToClose(slots, now);
      assert.ok(left === now.present || left >= Math.max(slots.min, now.wanted));
      assert.ok(slotsToClose(slots, now) <= now.idle);
      assert.ok(added === 0 || slotsToClose(slots, now) === 0, "never both at once");
    }),
  );
});

test("as many slots as attempts are wanted, at least the least and at most the most", () => {
  const slots = { min: 2, max: 10 };
  assert.equal(slotsToAdd(slots, { present: 0, idle: 0, wanted: 0 }), 2);
  assert.equal(slotsToAdd(slots, { present: 2, idle: 0, wanted: 6 }), 4);
  assert.equal(slotsToAdd(slots, { present: 6, idle: 0, wanted: 600 }), 4);
  assert.equal(slotsToClose(slots, { present: 6, idle: 6, wanted: 0 }), 4);
});
