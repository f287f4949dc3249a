import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bytesOfText, isBroken, showBytes, textOfBytes } from "../../src/domain/raw-text.js";

test("any bytes come back as they were, also through JSON", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (array) => {
      const bytes = Buffer.from(array);
      const text = textOfBytes(bytes);
      assert.deepEqual(bytesOfText(JSON.parse(JSON.stringify(text)) as string), bytes);
      assert.equal(isBroken(text), false);
    }),
    { numRuns: 2000 },
  );
});

test("bytes that look like UTF-8 and are none come back one by one", () => {
  // Overlong, a surrogate, beyond the last character, cut short, a U+FFFD that is really there, and a valid one behind each.
  for (const hex of ["c080", "e08080", "eda080", "edb3bf", "f4908080", "f8888080", "e282", "efbfbd", "fffe", "80"]) {
    const bytes = Buffer.from(`61${hex}e282ac62`, "hex");
    assert.deepEqual(bytesOfText(textOfBytes(bytes)), bytes, hex);
    assert.ok(textOfBytes(bytes).endsWith("€b"), hex);
  }
});

test("text is what it is, and people see the bytes that are none", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      assert.equal(textOfBytes(Buffer.from(text)), text);
      assert.equal(showBytes(text), text);
      assert.deepEqual(bytesOfText(text), Buffer.from(text));
    }),
  );
  const odd = textOfBytes(Buffer.from("a\xff\xe9ü", "latin1"));
  assert.equal(showBytes(odd), "a\\xff\\xe9\\xfc");
  assert.equal(JSON.stringify(odd), '"a\\udcff\\udce9\\udcfc"');
});

test("half of a surrogate pair that stands for no byte is known", () => {
  for (const text of ["\ud800", "a\udc00", "\udc7f", "\udd00", "\udbff"]) assert.equal(isBroken(text), true);
  for (const text of ["", "a", "\u{1f600}", "\udcff", "\ud83d\udcff"]) assert.equal(isBroken(text), false);
});
