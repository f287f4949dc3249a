import assert from "node:assert/strict";
import { test } from "node:test";
import { joinSlurmOptions, parseSlots, parseSlurmTime } from "../../src/domain/slurm-options.js";

test("time limits are read as Slurm reads them", () => {
  const minutes = (text: string): number | null => {
    const ms = parseSlurmTime(text);
    return ms === null ? null : ms / 60_000;
  };
  for (const [text, expected] of [
    ["30", 30],
    ["30:30", 30.5],
    ["1:30:00", 90],
    ["2-0", 2880],
    ["1-2:30", 1590],
    ["1-2:30:30", 1590.5],
    ["UNLIMITED", Infinity],
    ["soon", null],
    ["1:2:3:4", null],
    ["-5", null],
  ] as const)
    assert.equal(minutes(text), expected, text);
});

test("slots are a most, or a least and a most", () => {
  assert.deepEqual(parseSlots("64"), { min: 1, max: 64 });
  assert.deepEqual(parseSlots("0:200"), { min: 0, max: 200 });
  for (const text of ["0", "5:3", "64:", "1:100000", "x", "0:0"]) assert.equal(parseSlots(text), null, text);
});

test("what is said above counts, and further arguments come behind those below", () => {
  assert.deepEqual(
    joinSlurmOptions(
      { partition: "a", account: "b", sbatchArgs: ["--x=1"] },
      { partition: "c", sbatchArgs: ["--x=2"], slots: { min: 1, max: 2 } },
    ),
    { partition: "c", account: "b", sbatchArgs: ["--x=1", "--x=2"], slots: { min: 1, max: 2 } },
  );
});
