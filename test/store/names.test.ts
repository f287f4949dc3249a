import assert from "node:assert/strict";
import { test } from "node:test";
import { checkJobName, checkTaskId, idOfStem, logFileName } from "../../src/store/names.js";
import { fc } from "../support/properties.js";

test("job names are letters, digits, underscores, hyphens and dots", () => {
  for (const name of ["a", "9", "nightly-build", "A.b_c-d", "x".repeat(100)]) assert.equal(checkJobName(name), null, name);
  for (const name of ["", "../x", "..", ".", ".a", "a/b", "a\0", "a\n", "a b", "ä", "-a", "_a", "x".repeat(101), null, 3]) {
    assert.notEqual(checkJobName(name), null, String(name));
  }
});

test("a dropped job's name may also begin with an underscore or hyphen", () => {
  for (const name of ["_a", "-a", "a"]) assert.equal(checkJobName(name, { dropped: true }), null, name);
  for (const name of [".", "..", ".a", "", "a/b", "_\0"]) assert.notEqual(checkJobName(name, { dropped: true }), null, name);
});

test("the reason against a job name says what came and what is allowed", () => {
  const rule = 'expected a job name of letters, digits, "_", "-" and ".", the first of them a letter or digit, got';
  assert.equal(checkJobName("../x"), `${rule} "../x"`);
  assert.equal(checkJobName("a\0"), `${rule} "a\\u0000"`);
  assert.equal(checkJobName(""), 'expected a job name such as "nightly-build", got an empty text');
  assert.equal(checkJobName("x".repeat(300)), "expected a job name of at most 100 characters, got one of 300");
});

test("task ids are any text of up to 200 bytes without NUL and line breaks", () => {
  for (const id of ["a", "x/y", "..", "-rf", "a b", "ü🙂", "é".repeat(100), "\t"]) assert.equal(checkTaskId(id), null, id);
  assert.equal(checkTaskId("é".repeat(101)), "expected an id of at most 200 bytes, got one of 202");
  assert.equal(checkTaskId(""), "expected an id, got an empty text: leave the key out to get one made");
  assert.equal(checkTaskId("a\nb"), 'expected an id without NUL and line breaks, got "a\\nb"');
  assert.equal(checkTaskId("a\0b"), 'expected an id without NUL and line breaks, got "a\\u0000b"');
  assert.equal(checkTaskId("\ud800"), 'expected an id of whole characters, got half of a surrogate pair in "\\ud800"');
  assert.equal(checkTaskId(3), 'expected a string, got the number 3: write "3"');
});

test("log files of ordinary ids can be read at a glance", () => {
  assert.equal(logFileName("process-1"), "process-1.log");
  assert.equal(logFileName("bwa_ID000003"), "bwa_+i+d000003.log");
  assert.equal(logFileName("process-a b.txt"), "process-a%20b.txt.log");
  assert.equal(logFileName("x/y"), "x%2fy.log");
  assert.equal(logFileName("merge", 2), "merge~2.log");
});

test("no log file is hidden, looks like an option, or leads out of its directory", () => {
  assert.equal(logFileName(".."), "%2e..log");
  assert.equal(logFileName("-rf"), "%2drf.log");
  assert.equal(logFileName("../../etc/passwd"), "%2e.%2f..%2fetc%2fpasswd.log");
});

/** Ids that lie close together: few characters, many of them with a meaning in the encoding. */
const tricky = fc.string({
  unit: fc.constantFrom(..."aAiIıİßſkK\u212a%+=~./-_2e é".split(""), "e\u0301", "🙂"),
  minLength: 1,
  maxLength: 60,
});
const ids = fc
  .oneof(tricky, fc.string({ unit: "grapheme", minLength: 1, maxLength: 200 }))
  .filter((id) => checkTaskId(id) === null);
const attempts = fc.option(fc.integer({ min: 1, max: 9_999_999_999 }), { nil: undefined });

/** What file systems that fold case and normalise Unicode take for the same. */
function folded(name: string): string {
  return name.normalize("NFKD").toLowerCase().toUpperCase().normalize("NFKD");
}

test("every log file name is a safe name of at most 255 bytes", () => {
  fc.assert(
    fc.property(ids, attempts, (id, attempt) => {
      const name = logFileName(id, attempt);
      assert.match(name, /^[a-z0-9_%+][a-z0-9_.%+=-]*(~\d+)?\.log$/);
      assert.ok(Buffer.byteLength(name) <= 255);
    }),
  );
  assert.ok(Buffer.byteLength(logFileName("🙂".repeat(50), 9_999_999_999)) <= 255);
});

test("no two ids or attempts share a log file, also where case and normal forms are the same", () => {
  fc.assert(
    fc.property(ids, attempts, ids, attempts, (id, attempt, otherId, otherAttempt) => {
      const isSame = id === otherId && attempt === otherAttempt;
      assert.equal(folded(logFileName(id, attempt)) === folded(logFileName(otherId, otherAttempt)), isSame);
    }),
    { numRuns: 2000 },
  );
  const close = ["a", "A", "é", "e\u0301", "É", "a~2", "a.log", "%41", "+a", "+A", "a=", "K", "\u212a"];
  assert.equal(new Set(close.map((id) => folded(logFileName(id)))).size, close.length);
});

test("a file name that was not shortened says its id", () => {
  const cleanId = fc.string({ unit: "binary", minLength: 1, maxLength: 60 }).filter((id) => checkTaskId(id) === null);
  const check = (id: string): void => assert.equal(idOfStem(logFileName(id).replace(/\.log$/, "")), id);
  for (const id of ["Report-1", "+a", "%2e", "..", "ü/Ü", "~1"]) check(id);
  fc.assert(fc.property(cleanId, check));
});

test("ids too long for a file name stay apart by a hash", () => {
  const long = "ü".repeat(99);
  const names = ["a", "b", "A"].map((end) => logFileName(long + end));
  assert.equal(new Set(names).size, 3);
  for (const name of names) assert.match(name, /^(?:%[0-9a-f]{2})+=[0-9a-f]{32}\.log$/);
});
