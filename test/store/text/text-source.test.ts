import assert from "node:assert/strict";
import { test } from "node:test";
import { readJob } from "../../../src/store/text/job-file.js";

const now = 0;

/** What a user sees: each fault on its line. */
async function faultsOf(text: string | Uint8Array, fileName = "job.json"): Promise<string[]> {
  const { faults } = await readJob(text, { fileName, now });
  return faults.map(({ place, message }) => `${place}: ${message}`);
}

test("what is neither JSON nor YAML is said with line and column", async () => {
  const hello = 'the file is empty, expected tasks such as [{"id": "hello", "command": "echo", "args": ["Hello"]}]';
  assert.deepEqual(await faultsOf(""), [`job.json: ${hello}`]);
  assert.deepEqual(await faultsOf(" \n"), [`job.json: ${hello}`]);
  assert.deepEqual(await faultsOf('[\n  {"command": "echo",}\n]'), [
    'job.json:2:22: not valid JSON: expected a key in double quotes, got "}": remove the comma before it',
  ]);
  assert.deepEqual(await faultsOf('[\n  {"command": "echo"}\n'), [
    'job.json:3:1: not valid JSON: expected "," or "]", got the end of the text: something is not closed',
  ]);
  assert.deepEqual(await faultsOf("[{'command': 'echo'}]", "stdin"), [
    'stdin:1:3: not valid JSON: expected a key in double quotes, got "\'": use double quotes',
  ]);
  assert.deepEqual(await faultsOf("# tasks\n[]"), [
    'job.json:1:1: not valid JSON: expected a value, got "#": JSON has no comments, but keys that begin with `_` are ignored',
  ]);
  assert.deepEqual(await faultsOf("tasks:\n  - command: a: b", "job.yaml"), [
    "job.yaml:2:14: not valid YAML: Nested mappings are not allowed in compact mappings",
  ]);
  assert.deepEqual(await faultsOf("tasks:\n\t- command: a", "job.yaml"), [
    "job.yaml:2:1: not valid YAML: expected spaces as indentation, got a tab",
  ]);
});

test("what YAML allows and a job file does not is said with its place", async () => {
  assert.deepEqual(await faultsOf("- id: a\n  command: x\n  id: b", "job.yml"), [
    'job.yml:3:3: not valid YAML: the key "id" stands there twice: remove one',
  ]);
  assert.deepEqual(await faultsOf("- command: !run x", "job.yml"), [
    "job.yml:1:12: not valid YAML: Unresolved tag: !run: remove the tag",
  ]);
  assert.deepEqual(await faultsOf("- command: *x", "job.yml"), ["job.yml:1:12: not valid YAML: the alias *x has no anchor &x"]);
  assert.deepEqual(await faultsOf("---\n[]\n---\n[]", "job.yml"), [
    "job.yml:3:1: not valid YAML: expected one document, got a second one: write a file for each job",
  ]);
  assert.deepEqual(await faultsOf("- {? [a] : b}", "job.yml"), [
    "job.yml:1:6: not valid YAML: expected a text as key, got a list, object or alias",
  ]);
});

test("YAML that would take all our time or memory is refused", async () => {
  const bomb = [
    "a: &a [x, x]",
    ...Array.from({ length: 40 }, (_, n) => `b${n}: &b${n} [${n === 0 ? "*a, *a" : `*b${n - 1}, *b${n - 1}`}]`),
  ].join("\n");
  assert.match(
    (await faultsOf(bomb, "bomb.yaml")).join(),
    /bomb\.yaml:1:1: expected aliases that stand for fewer values, got some that multiply each other: write the values out/,
  );
  assert.match((await faultsOf("[".repeat(20_000), "deep.yaml")).join(), /nested too deeply/);
  assert.match(
    (await faultsOf(`- command: &x x\n${"- command: *x\n".repeat(6000)}`, "aliases.yaml")).join(),
    /at most 5000 aliases, got 6000/,
  );
  assert.deepEqual(await faultsOf(`- command: x\n${"# comment\n".repeat(900_000)}`, "large.yaml"), [
    "large.yaml:1:1: expected at most 8 MiB of YAML: write it as JSON, which may be larger",
  ]);
});

test("anchors, aliases and merge keys work", async () => {
  const { job, faults } = await readJob("- &base\n  id: a\n  command: x\n  timeout: 5\n- <<: *base\n  id: b\n", {
    fileName: "job.yaml",
    now,
  });
  assert.deepEqual(faults, []);
  assert.deepEqual(
    job.tasks.map(({ id, command, timeoutMs }) => [id, command, timeoutMs]),
    [
      ["a", "x", 5000],
      ["b", "x", 5000],
    ],
  );
});

test("a byte order mark does no harm, other encodings are named", async () => {
  assert.deepEqual(await faultsOf(Buffer.from("\ufeff[]")), []);
  assert.deepEqual(await faultsOf("\ufeff[]"), []);
  assert.deepEqual(await faultsOf(Buffer.from("\ufeff[]", "utf16le")), [
    "job.json: expected text in UTF-8, got UTF-16: save the file as UTF-8",
  ]);
  assert.deepEqual(await faultsOf(Buffer.from([0x5b, 0x0a, 0x22, 0xe4, 0x22, 0x5d])), [
    "job.json:2: expected text in UTF-8, got bytes that are not: save the file as UTF-8",
  ]);
});
