import assert from "node:assert/strict";
import { test } from "node:test";
import { Printable, printable, printableLine } from "../../src/cli/render/printable.js";
import { fc } from "../support/properties.js";

const cases: readonly (readonly [name: string, input: string, safe: string])[] = [
  ["plain text with tab and umlaut", "a\tb\nüber 😀", "a\tb\nüber 😀"],
  ["colours", "\x1b[1;31mred\x1b[0m", "red"],
  ["moving the cursor and clearing", "a\x1b[2J\x1b[Hb\x1b[?25l", "ab"],
  ["a window title ended by BEL", "a\x1b]0;owned\x07b", "ab"],
  ["a hyperlink ended by ST", "\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"],
  ["a device control string", "a\x1bPq#0;2\x1b\\b", "ab"],
  ["C1 characters", "a\x9b31mb\x9d0;t\x9cc\x85d", "abcd"],
  ["two-character and charset sequences", "a\x1b7\x1b(B\x1b=b", "ab"],
  ["bell, backspace, DEL, NUL", "a\x07\b\x7f\0b", "ab"],
  ["carriage returns", "10%\r20%\r\ndone", "10%\n20%\ndone"],
  ["text turned around", "a\u202eb\u2066c", "abc"],
  ["an unfinished string hides only its line", "a\x1b]0;never\nb", "a\nb"],
  ["an escape at the end", "a\x1b", "a"],
  ["an escape before ordinary text", "\x1b\nb", "\nb"],
];

for (const [name, input, safe] of cases) {
  test(`${name}: safe for a terminal`, () => {
    assert.equal(printable(input), safe);
  });
}

test("an endless control string ends at a limit", () => {
  assert.match(printable(`\x1b]${"x".repeat(5000)}shown`), /shown$/);
});

const pieces = fc.constantFrom(
  "\x1b",
  "[",
  "]",
  "P",
  "\\",
  "\x07",
  "\x9b",
  "\x9c",
  "\x9d",
  "\r",
  "\n",
  "31m",
  "text",
  "ü",
  "\0",
  "(",
  ";",
);

test("whatever the text and wherever it is cut, the result is the same and holds nothing unsafe", () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), fc.array(fc.nat(60), { maxLength: 6 }), (parts, cuts) => {
      const text = parts.join("");
      const whole = printable(text);
      assert.doesNotMatch(whole, /[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
      const stream = new Printable();
      const places = [0, ...cuts.map((cut) => Math.min(cut, text.length)).toSorted((a, b) => a - b), text.length];
      const chunks = places.slice(1).map((end, index) => stream.take(text.slice(places[index], end)));
      assert.equal(chunks.join(""), whole);
    }),
  );
});

test("a name stays on its line", () => {
  assert.equal(printableLine("a\n\tb\x1b[31m"), "a b");
});
