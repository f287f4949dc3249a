import assert from "node:assert/strict";
import { test } from "node:test";
import type { QueueEntry } from "../../src/slurm/queue-states.js";
import { SlotTroubles } from "../../src/slurm/slot-troubles.js";

const entry = (state: QueueEntry["state"], word: string, reason: string | null = null): QueueEntry => ({
  job: "7",
  slot: 0,
  state,
  word,
  reason,
  node: null,
  leftMs: null,
  limitMs: null,
});

function troubles(): { readonly troubles: SlotTroubles; readonly notices: string[] } {
  const notices: string[] = [];
  return { troubles: new SlotTroubles("/jobs/slurm/x", (text) => notices.push(text)), notices };
}

function messageOf({ fatal }: SlotTroubles): string {
  return fatal?.message ?? "";
}

test("three slots in a row that end before they come up are no accident, with what they said; one that comes up begins anew", () => {
  const { troubles: its } = troubles();
  const failed = (slot: number): void =>
    its.endedSilently(slot, entry("over", "FAILED"), () => "slot: no runner for s390x", false);
  [1, 2].forEach(failed);
  its.cameUp();
  [3, 4].forEach(failed);
  assert.equal(its.fatal, null);
  failed(5);
  assert.match(messageOf(its), /3 slots in a row ended before they came up: slot: no runner for s390x/);
});

test("slots that a controller has forgotten, or never taken in, have not failed", () => {
  const { troubles: its } = troubles();
  for (const slot of [1, 2, 3, 4]) its.endedSilently(slot, slot > 2 ? null : entry("queued", "PENDING"), () => "", false);
  assert.equal(its.fatal, null);
  for (const slot of [5, 6, 7])
    its.endedSilently(slot, entry("queued", "PENDING"), () => "slot: what it said, before Slurm forgot it", false);
  assert.match(messageOf(its), /what it said/);
});

test("a node that goes has nothing to do with its slots, and one that fails them all ends no run in which others are up", () => {
  const { troubles: its, notices } = troubles();
  for (const slot of [1, 2, 3, 4]) its.endedSilently(slot, entry("over", "NODE_FAIL"), () => "", false);
  assert.equal(its.fatal, null);
  for (const slot of [5, 6, 7]) its.endedSilently(slot, entry("over", "FAILED"), () => "slot: no such directory", true);
  assert.equal(its.fatal, null);
  assert.match(notices.join(), /no such directory; going on/);
  for (const slot of [8, 9, 10]) its.endedSilently(slot, entry("over", "FAILED"), () => "slot: no such directory", true);
  assert.equal(notices.length, 1, "said once for a while");
  assert.ok(its.isPausing("plain", performance.now()), "it is not asked for more at once");
});

test("a node that does not see the directory is named where others do", () => {
  const { troubles: its, notices } = troubles();
  const blind = { ...entry("over", "FAILED", "JobLaunchFailure"), node: "n3" };
  for (const slot of [1, 2, 3]) its.endedSilently(slot, blind, () => null, true);
  assert.match(notices.join(), /^slots can't begin on n3 \(JobLaunchFailure\), where \/jobs\/slurm\/x may not be seen; going on/);
});

test("a directory that nodes don't see is told in one sentence", () => {
  const { troubles: certain } = troubles();
  const said = "slot: this node does not see /jobs: the directory of jobs must be on a file system that the nodes share";
  certain.endedSilently(0, entry("over", "FAILED"), () => said, false);
  assert.match(messageOf(certain), /^a node does not see \/jobs\/slurm\/x: .*file system that login node and nodes share.*--dir/);
  const { troubles: likely } = troubles();
  for (const slot of [0, 1, 2]) likely.endedSilently(slot, entry("over", "FAILED", "JobLaunchFailure"), () => null, false);
  assert.match(messageOf(likely), /^slots can't begin .*file system that login node and nodes share/);
});

test("a refusal ends a run only where there is no slot of that kind; a wait that never ends likewise", () => {
  const { troubles: its, notices } = troubles();
  its.refused("no more today", "wide", true);
  its.waiting([[3, entry("queued", "PENDING", "PartitionConfig")]], () => undefined);
  assert.equal(its.hopeless.size, 0);
  assert.match(notices.join(), /gives no more slots \(no more today\)/);
  const now = performance.now();
  assert.deepEqual([its.isPausing("wide", now), its.isPausing("plain", now)], [true, false], "others may be had");
  its.waiting([[3, entry("queued", "PENDING", "PartitionConfig")]], () => "large");
  assert.deepEqual([...its.hopeless.keys()], ["large"]);
  assert.match(its.hopeless.get("large")?.message ?? "", /will not start the slots: .*PartitionConfig.*What to do/);
  assert.equal(its.fatal, null, "others may be had");
});

test("what Slurm refuses comes with what to do about it", () => {
  for (const [reason, remedy] of [
    ["Invalid account or account/partition combination specified", /with --account .*sacctmgr/],
    ["Invalid qos specification", /--qos/],
    ["invalid partition specified: nowhere; Invalid partition name specified", /--partition \(sinfo/],
    ["Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)", /fewer --slots/],
    ["Requested time limit is invalid (missing or exceeds some limit)", /--time that the partition allows/],
    ["Something that no version has said yet", /ask the administrator/],
  ] as const) {
    const { troubles: its } = troubles();
    its.refused(`Batch job submission failed: ${reason}`, "plain", false);
    const { message = "" } = its.hopeless.get("plain") ?? {};
    assert.ok(message.startsWith(`Slurm refuses slots: ${reason}. What to do: `), message);
    assert.match(message, remedy);
  }
});

test("that Slurm does not answer is said once, and once when it does again", () => {
  const { troubles: its, notices } = troubles();
  for (const why of ["timed out", "no answer", "timed out"]) its.silent(why);
  assert.equal(its.waits, "Slurm does not answer (timed out)");
  its.heard();
  its.heard();
  assert.equal(notices.length, 2);
  assert.equal(its.waits, "");
});

test("nodes on which slots run and say nothing are named, once in a notice and as long as it lasts in the news", () => {
  const { troubles: its, notices } = troubles();
  its.muteOn(new Set());
  its.muteOn(new Set(["n3", "n1"]));
  its.muteOn(new Set(["n1"]));
  assert.deepEqual(notices, ["slots on n1, n3 run and say nothing: does the file system hang there?"]);
  assert.equal(its.waits, "slots on n1 run and say nothing: does the file system hang there?");
  its.muteOn(new Set());
  assert.equal(its.waits, "");
});
