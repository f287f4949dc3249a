import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf, textOf } from "../../src/domain/byte-text.js";
import { fc } from "../support/properties.js";

const bytes = fc.oneof(
  fc.uint8Array(),
  // Nearly UTF-8: the beginnings and ends of characters.
  fc
    .array(fc.constantFrom(0x41, 0x80, 0xbf, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xed, 0xb2, 0xef, 0xbb, 0xbf, 0xf0, 0x9f, 0xff))
    .map((list) => Uint8Array.from(list)),
);

test("any bytes come back from their text as they were, also through JSON", () => {
  fc.assert(
    fc.property(bytes, (given) => {
      assert.deepEqual([...bytesOf(JSON.parse(JSON.stringify(textOf(given))) as string)], [...given]);
    }),
  );
});

test("what is UTF-8 is the text that it says, and any other byte can be seen in JSON", () => {
  const text = "plain, größer, \u{1f600}, \ufffd, \ufeff";
  assert.equal(textOf(bytesOf(text)), text);
  const mixed = Uint8Array.from([0x61, 0xff, 0xc3, 0xa9, 0xc3, 0x2f]);
  assert.equal(JSON.stringify(textOf(mixed)), String.raw`"a\udcffé\udcc3/"`);
});

test("an escape that stands for no byte is written as any broken character is", () => {
  assert.deepEqual([...bytesOf("\udc41")], [0xef, 0xbf, 0xbd]);
});
