import assert from "node:assert/strict";
import { test } from "node:test";
import { allOptions } from "../../src/cli/command-line/options.js";
import { readPlainWords } from "../../src/cli/command-line/plain-words.js";
import { readWords } from "../../src/cli/command-line/yargs-words.js";
import { fc } from "../support/properties.js";

const value = fc.oneof(
  fc.constantFrom(
    "4",
    "a.json",
    "dir/x y",
    "true",
    "false",
    "",
    "-",
    "--",
    "-4",
    "0x10",
    "1e3",
    '"q"',
    "a=b",
    "=4",
    "naïve",
    "a.b",
  ),
  fc.string({ maxLength: 4 }),
);
const option = fc.constantFrom(...Object.keys(allOptions), "help", "version", "json.x", "no-quiet", "unknown").chain((name) =>
  fc.oneof(
    fc.constant([`--${name}`]),
    value.map((text) => [`--${name}=${text}`]),
    value.map((text) => [`--${name}`, text]),
  ),
);
const short = fc.constantFrom("-j", "-q", "-h", "-V", "-qj", "-jq", "-z", "-f").chain((name) =>
  fc.oneof(
    fc.constant([name]),
    value.map((text) => [`${name}${text}`]),
    value.map((text) => [name, text]),
  ),
);
const argv = fc
  .array(
    fc.oneof(
      option,
      short,
      value.map((text) => [text]),
    ),
    { maxLength: 5 },
  )
  .map((parts) => parts.flat());

test("what the fast gate reads, yargs reads the same way", async () => {
  await fc.assert(
    fc.asyncProperty(argv, async (args) => {
      const plain = readPlainWords(args);
      if (plain !== null) assert.deepEqual(plain, await readWords(args));
    }),
    { numRuns: 500 },
  );
});

for (const line of [
  "run pipeline.yaml",
  "run dir/my-job.json -j 2x --fresh",
  "run - --name nightly --quiet",
  "run a.json -j4 --dir=/tmp/x",
  "status --json",
  "logs pipeline merge -f",
]) {
  test(`\`${line}\` needs no yargs`, () => assert.notEqual(readPlainWords(line.split(" ")), null));
}

test("a value stands behind its letter, whatever it begins a number with", async () => {
  for (const text of ["2x", "50%", "1,2"]) {
    const { words, options } = await readWords(["run", "a.json", `-qj${text}`]);
    assert.deepEqual([words, options["concurrency"], options["quiet"]], [["run", "a.json"], text, true]);
  }
});

test("what is not understood is left to yargs", () => {
  for (const line of ["run a --concurency 3", "run a -j", "run a --constructor", "run -- --odd", "run a --json=yes"])
    assert.equal(readPlainWords(line.split(" ")), null);
});
