import assert from "node:assert/strict";
import { test } from "node:test";
import { parseJson } from "../../../src/store/text/json-source.js";
import { SyntaxFault, type Path } from "../../../src/store/text/places.js";
import { fc } from "../../support/properties.js";

const layouts = fc.constantFrom(undefined, 1, "\t");

test("every value of every JSON text is found where it stands", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), layouts, (value, layout) => {
      const text = ` ${JSON.stringify(value, null, layout)}\n`;
      const source = parseJson(text);
      visit(source.value, [], (path, found) => {
        assert.deepEqual(source.valueAt(path), found);
        const begin = text.slice(source.offsetOf(path));
        const key = path.at(-1);
        assert.ok(
          begin.startsWith(typeof key === "string" ? JSON.stringify(key) : JSON.stringify(found, null, layout).slice(0, 1)),
        );
      });
    }),
  );
});

function visit(value: unknown, path: Path, seen: (path: Path, value: unknown) => void): void {
  seen(path, value);
  if (Array.isArray(value)) value.forEach((item, index) => visit(item, [...path, index], seen));
  else if (typeof value === "object" && value !== null)
    for (const [key, item] of Object.entries(value)) visit(item, [...path, key], seen);
}

test("whatever Node refuses is refused with a place inside the text, and nothing else is", () => {
  const pieces = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"a"',
    '"',
    "1",
    "-",
    "0",
    "1.5e3",
    ".",
    "true",
    "null",
    "\\u12",
    "\n",
    " ",
    "'",
    "é",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const text = parts.join("");
      let isValid = true;
      try {
        JSON.parse(text);
      } catch {
        isValid = false;
      }
      if (isValid) return assert.doesNotThrow(() => parseJson(text));
      return assert.throws(
        () => parseJson(text),
        // A message of its own for each: the one for texts that Node refuses and we don't must never be needed.
        (error) =>
          error instanceof SyntaxFault &&
          error.offset >= 0 &&
          error.offset <= text.length &&
          error.message.startsWith("not valid JSON: "),
      );
    }),
    { numRuns: 3000 },
  );
});

test("a place that does not exist is that of the nearest thing above it", () => {
  const text = '[{"a": 1}]';
  assert.equal(parseJson(text).offsetOf([0, "b", 3]), 1);
  assert.equal(parseJson(text).offsetOf([0, "a", "x"]), 2);
  assert.equal(parseJson(text).valueAt([0, "b"]), undefined);
});

test("depth is no limit", () => {
  const depth = 200_000;
  assert.throws(
    () => parseJson("[".repeat(depth)),
    (error) => error instanceof SyntaxFault && error.offset === depth,
  );
});

test("a key that stands twice in an object is a fault at its second place, if keys must be unique", () => {
  const unique = (text: string): number | null => {
    try {
      parseJson(text, { uniqueKeys: true });
      return null;
    } catch (error) {
      assert.match((error as Error).message, /^not valid JSON: the key "[^"]*" stands there twice: remove one$/);
      return (error as SyntaxFault).offset;
    }
  };
  assert.equal(unique('{"a": 1, "b": {"a": 1}, "c": [{"a": 1}, {"a": 2}]}'), null);
  assert.equal(unique('{"a": 1, "b": 2, "a": 3}'), 17);
  assert.equal(unique('[{"a": {"x": 1, "\\u0078" : 2}}]'), 16);
  // What looks like a key in a text is none.
  assert.equal(unique('{"a": "\\"a\\":", "b": "{\\"a\\": 1}", "c": "\\\\"}'), null);
  assert.equal(unique('{"a": "\\"a\\":", "b": "\\"b\\":", "b": 1}'), 31);
  const deep = `{"a": ${"[".repeat(100_000)}${"]".repeat(100_000)}, "a": 1}`;
  assert.equal(unique(deep), deep.lastIndexOf('"a"'));
});
