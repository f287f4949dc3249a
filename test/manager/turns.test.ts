import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { test } from "node:test";
import { Turns } from "../../src/manager/turns.js";
import { waitUntil } from "../support/wait-until.js";

function rig(): { turns: Turns; begun: string[]; take: (name: string, isUrgent: boolean) => void; end: (name: string) => void } {
  const turns = new Turns(8);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    turns,
    begun,
    take: (name, isUrgent) =>
      turns.take(() => {
        begun.push(name);
        return new Promise((resolve) => ends.set(name, resolve));
      }, isUrgent),
    end: (name) => ends.get(name)!(),
  };
}

test("what goes before the others has the room to itself until it is done", async () => {
  const { turns, begun, take, end } = rig();
  take("a", false);
  take("first", true);
  take("second", true);
  turns.begin();
  take("late", false);
  await turn();
  assert.deepEqual(begun, ["first", "second"]);
  end("first");
  await turn();
  assert.deepEqual(begun, ["first", "second"]);
  end("second");
  await turn();
  assert.deepEqual(begun, ["first", "second", "a", "late"]);
  take("further", true);
  take("last", false);
  await turn();
  assert.deepEqual(begun.slice(4), ["further", "last"]);
});

test("what takes too long keeps nobody waiting for good", async () => {
  const { turns, begun, take } = rig();
  take("a", false);
  take("hangs", true);
  turns.begin();
  await turn();
  assert.deepEqual(begun, ["hangs"]);
  assert.ok(await waitUntil(() => begun.includes("a")));
});
