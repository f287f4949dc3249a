/** What is kept of the journal until it is safe is what was appended, whatever is taken back and forgotten in between. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { KeptBytes } from "../../../src/store/journal/kept-bytes.js";
import { fc } from "../../support/properties.js";

/** Of all lengths about a block's, and with letters of one to four bytes. */
const texts = fc
  .tuple(
    fc.constantFrom("a", "ü", "語", "🙂", "\ud800"),
    fc.oneof(fc.nat(50), fc.nat(5000), fc.integer({ min: 60_000, max: 140_000 })),
  )
  .map(([letter, count]) => letter.repeat(count));

const changes = fc.oneof(
  { weight: 6, arbitrary: texts.map((text) => ({ kind: "append", text }) as const) },
  { weight: 2, arbitrary: texts.map((text) => ({ kind: "takeBack", text }) as const) },
  { weight: 2, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }).map((part) => ({ kind: "forget", part }) as const) },
);

test("what is kept is what was appended and neither taken back nor forgotten", () => {
  fc.assert(
    fc.property(fc.array(changes, { maxLength: 40 }), fc.double({ min: 0, max: 1, noNaN: true }), (all, part) => {
      const kept = new KeptBytes();
      let expected = Buffer.alloc(0);
      for (const change of all) {
        if (change.kind === "forget") {
          const length = Math.floor(change.part * expected.length);
          kept.forget(length);
          expected = expected.subarray(length);
        } else {
          const bytes = Buffer.from(change.text);
          assert.ok(kept.append(change.text).equals(bytes));
          if (change.kind === "takeBack") kept.takeBack(bytes.length);
          else expected = Buffer.concat([expected, bytes]);
        }
        assert.equal(kept.length, expected.length);
      }
      const from = Math.floor(part * expected.length);
      assert.ok(Buffer.concat([...kept.from(from)]).equals(expected.subarray(from)));
    }),
  );
});
