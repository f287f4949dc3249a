import assert from "node:assert/strict";
import { test } from "node:test";
import { Simulation } from "./support/simulation.js";
import { fc } from "../support/properties.js";

// On failure fast-check prints the smallest seed of the simulation that it found to fail.
test("whatever happens, order and limits are kept, no task runs twice at once, and every job reaches its end", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 10, max: 300 }), (seed, turns) => {
      new Simulation(seed).run(turns);
    }),
    { numRuns: 100 },
  );
});

test("the simulation reaches what it is there for", () => {
  const totals = { deaths: 0, stops: 0, adopted: 0, cancelled: 0, added: 0, retried: 0, ended: 0, queued: 0, odd: 0, inDoubt: 0 };
  for (let seed = 0; seed < 20; seed++) {
    const simulation = new Simulation(seed);
    simulation.run(200);
    for (const key of Object.keys(totals) as (keyof typeof totals)[]) {
      totals[key] += simulation.seen[key];
    }
  }
  assert.ok(
    Object.values(totals).every((count) => count >= 10),
    JSON.stringify(totals),
  );
});
