import assert from "node:assert/strict";
import { test } from "node:test";
import { killRound } from "../support/kill-round.js";
import type { Victim } from "../support/kill-victims.js";
import { SeededRandom, takeSeed } from "../support/seeded-random.js";

const seed = takeSeed();
/** Two at a time: the machine may have no more cores. */
const AT_ONCE = 2;
const KILLS = 2;

async function sweep(rounds: number, victim: Victim): Promise<{ kills: number; points: string[]; lostAttempts: number }> {
  const random = new SeededRandom(seed);
  const seeds = Array.from({ length: rounds }, () => random.between(1, 2 ** 31));
  const sum = { kills: 0, points: [] as string[], lostAttempts: 0 };
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = seeds.pop(); next !== undefined; next = seeds.pop()) {
        const round = await killRound(next, victim, KILLS);
        assert.deepEqual(round.violations, [], `seed ${seed}, round ${next}, killed ${round.points.join(", ")}`);
        assert.equal(round.runTwice + round.tornReads, 0);
        sum.kills += round.kills;
        sum.points.push(...round.points);
        sum.lostAttempts += round.lostAttempts;
      }
    }),
  );
  return sum;
}

test("an engine killed at any instant loses nothing and runs nothing twice", async (t) => {
  t.diagnostic(`TEST_SEED=${seed}`);
  const { kills, points } = await sweep(25, "engine");
  t.diagnostic(`${kills} kills, ${points.length} of them at named calls`);
  assert.ok(points.length > 0);
});

test("what died with its runner runs again as a new attempt", async (t) => {
  t.diagnostic(`TEST_SEED=${seed}`);
  const runner = await sweep(3, "runner");
  const both = await sweep(4, "engine and runners");
  const kills = runner.kills + both.kills;
  const lostAttempts = runner.lostAttempts + both.lostAttempts;
  t.diagnostic(`${kills} kills, ${lostAttempts} attempts lost`);
  assert.ok(lostAttempts > 0);
});
