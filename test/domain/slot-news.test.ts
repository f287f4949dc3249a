import assert from "node:assert/strict";
import { test } from "node:test";
import { slotText } from "../../src/domain/slot-news.js";

test("slots that are not there are told with how many there are and why; where all are there nothing is told", () => {
  const some = { running: 12, starting: 3, queued: 49, why: "all nodes are taken" };
  assert.equal(slotText(some), "slots: 12 run, 3 start, 49 queued: all nodes are taken");
  assert.equal(slotText({ ...some, starting: 0, why: "" }), "slots: 12 run, 49 queued");
  assert.equal(slotText({ running: 64, starting: 0, queued: 0, why: "" }), "");
  assert.equal(
    slotText({ running: 0, starting: 0, queued: 0, why: "Slurm does not answer" }),
    "slots: none; Slurm does not answer",
  );
  assert.equal(slotText(undefined), undefined);
});
