import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_RESOURCES } from "../../../src/domain/resources.js";
import { checkDemand, checkPool, readDemand, writeDemand } from "../../../src/store/text/pool-amounts.js";
import { formatSize, parseSize } from "../../../src/store/text/sizes.js";
import { fc } from "../../support/properties.js";

test("sizes are read with their unit, and written as short as they are exact", () => {
  const sizes = ["4GiB", "500MB", "1.5 GiB", "0.5kB", "12B", "1TB", "2TiB"].map(parseSize);
  assert.deepEqual(sizes, [4_294_967_296, 500_000_000, 1_610_612_736, 500, 12, 1e12, 2 * 1024 ** 4]);
  assert.deepEqual([4_294_967_296, 4_000_000_000, 1_610_612_736, 1023].map(formatSize), ["4GiB", "4GB", "1.5GiB", "1023B"]);
  fc.assert(fc.property(fc.integer({ min: 0, max: 1e15 }), (bytes) => assert.equal(parseSize(formatSize(bytes)), bytes)));
});

for (const [pool, value, fault] of [
  ["memory", "4GBs", 'expected a size such as "4GiB" or "500MB", got the text "4GBs": did you mean "4GB"?'],
  ["memory", "4G", 'expected a size such as "4GiB" or "500MB", got the text "4G": did you mean "4GB"?'],
  ["memory", "4gib", 'expected a size such as "4GiB" or "500MB", got the text "4gib": did you mean "4GiB"?'],
  ["memory", "4", 'expected a size such as "4GiB" or "500MB", got the text "4": did you mean "4GiB"?'],
  ["memory", 4, 'expected a size such as "4GiB" or "500MB", got the number 4: write its unit, such as "4GiB"'],
  ["memory", "-4GiB", 'expected a size such as "4GiB" or "500MB", got the text "-4GiB"'],
  ["memory", "9e9TiB", 'expected a size such as "4GiB" or "500MB", got the text "9e9TiB"'],
  ["memory", "99999999TB", 'expected a size such as "4GiB" or "500MB", at most 1000TB, got the text "99999999TB"'],
  ["memory", Number.NaN, 'expected a size such as "4GiB" or "500MB", got the number NaN'],
  ["cpu", 0, "expected a number from 0.01 to 1000000, got the number 0"],
  ["cpu", -1, "expected a number from 0.01 to 1000000, got the number -1"],
  ["cpu", Number.NaN, "expected a number from 0.01 to 1000000, got the number NaN"],
  ["cpu", Infinity, "expected a number from 0.01 to 1000000, got the number Infinity"],
  ["cpu", "2", 'expected a number from 0.01 to 1000000, got the text "2": write 2 without quotes'],
  ["cpu", 0.33333, "expected a number from 0.01 to 1000000 with at most 4 decimals, got the number 0.33333"],
  ["licence", -0.5, "expected a number from 0 to 1000000, got the number -0.5"],
  ["licence", null, "expected a number from 0 to 1000000, got null"],
  ["licence", [1], "expected a number from 0 to 1000000, got a list"],
  ["2nd", 1, 'expected the name of a pool, of letters, digits, "_", "-" and "." and beginning with a letter, got "2nd"'],
  ["", 1, 'expected the name of a pool, of letters, digits, "_", "-" and "." and beginning with a letter, got ""'],
  [
    "__proto__",
    1,
    'expected the name of a pool, of letters, digits, "_", "-" and "." and beginning with a letter, got "__proto__"',
  ],
] as const) {
  test(`${JSON.stringify(value) ?? "nothing"} of ${JSON.stringify(pool)} is refused: ${fault.slice(0, 40)}…`, () => {
    assert.equal(checkDemand(pool, value), fault);
  });
}

test("a pool has something in it", () => {
  assert.equal(checkPool("licence", 0), "expected a number from 0.0001 to 1000000, got the number 0");
  assert.equal(checkPool("licence", 0.5), null);
  assert.equal(checkPool("memory", "8GiB"), null);
});

test("a task takes a cpu beside what it says, and nothing of what it says 0 of", () => {
  assert.equal(readDemand({}), DEFAULT_RESOURCES);
  assert.equal(readDemand({ cpu: 1, licence: 0, memory: 0 }), DEFAULT_RESOURCES);
  assert.deepEqual(readDemand({ memory: "1GiB" }), { cpu: 1, memory: 1024 ** 3 });
  assert.deepEqual(readDemand({ cpu: 0.5, licence: 2 }), { cpu: 0.5, licence: 2 });
  assert.deepEqual(writeDemand({ cpu: 1, memory: 1024 ** 3 }), { memory: "1GiB" });
  assert.deepEqual(writeDemand({ cpu: 2, licence: 0.5 }), { cpu: 2, licence: 0.5 });
});

test("tasks that take the same share what says so", () => {
  assert.equal(readDemand({ cpu: 3, memory: "2GiB" }), readDemand({ cpu: 3, memory: "2048MiB" }));
});
