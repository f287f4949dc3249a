import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { writeLarge } from "../../src/system/write/large-file.js";
import { fc } from "../support/properties.js";
import { temporaryDirectory } from "../store/sample-job.js";

test("what is written is the parts one behind the other, whatever they are and wherever a batch ends", async (t) => {
  const path = join(temporaryDirectory(t), "large.tmp");
  // Characters of one to four bytes, so that a batch ends within any of them.
  const repeated = (unit: string, count: number): string => unit.repeat(count);
  const text = fc.tuple(fc.constantFrom("a", "é", "漢", "😀", "aé漢😀", "\ud800"), fc.integer({ min: 0, max: 90_000 }));
  const part = text.chain(([unit, count]) =>
    fc.constantFrom<Buffer | string>(repeated(unit, count), Buffer.from(repeated(unit, count))),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 12 }), async (parts) => {
      const stats = await writeLarge(path, parts, { sync: false });
      const expected = Buffer.concat(parts.map((each) => Buffer.from(each as string)));
      assert.ok(readFileSync(path).equals(expected));
      assert.equal(Number(stats.size), expected.length);
    }),
    { numRuns: 50 },
  );
});
