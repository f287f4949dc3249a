/** The runner killed at random instants: nothing ran that is not on record, and what lives can be found. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { signal } from "../../support/processes.js";
import { SeededRandom, takeSeed } from "../../support/seeded-random.js";
import { waitUntil } from "../../support/wait-until.js";
import { Rig, type RunnerKind } from "./rig.js";

/** @param rounds how often it is killed */
export function deathSuite(kind: RunnerKind, rounds: number): void {
  test(`killed ${rounds} times at random instants: nothing ran that is not on record, nothing twice, no end of what did not run`, async (t) => {
    const seed = takeSeed();
    t.diagnostic(`TEST_SEED=${seed}`);
    const random = new SeededRandom(seed);
    let begun = 0;
    let unknown = 0;
    for (let round = 0; round < rounds; round++) {
      const rig = new Rig(t, kind);
      mkdirSync(rig.path("ran"));
      await rig.see("the hello", (spool) => spool.hello !== undefined);
      // A second run of a task would fail: it finds its directory.
      for (let key = 1; key <= 300; key++) rig.shell(key, `mkdir ran/${key} || mkdir ran/again${key}; exit ${key % 50}`);
      await delay(random.between(0, 60));
      signal(rig.read().hello!.pid, "SIGKILL");
      await rig.exited;
      assert.ok(await waitUntil(() => rig.survivors().length === 0));
      const spool = rig.read();
      const begins = new Set(spool.keys("b"));
      const ran = readdirSync(rig.path("ran"));
      assert.ok(
        ran.every((name) => begins.has(Number(name))),
        `${ran.filter((name) => !begins.has(Number(name))).join()} ran`,
      );
      for (const key of spool.keys("e")) {
        assert.ok(ran.includes(String(key)), `${key} has an end`);
        assert.deepEqual([spool.end(key)!.how, spool.end(key)!.value], ["x", key % 50]);
      }
      assert.equal(spawnSync("flock", ["-n", "-s", rig.spool, "true"]).status, 0, "the lock is free");
      begun += begins.size;
      unknown += begins.size - spool.of("e").length;
    }
    t.diagnostic(`${begun} begun, of ${unknown} the end is not known`);
    assert.ok(begun > 0);
  });
}
