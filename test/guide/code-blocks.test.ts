import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { codeBlocks } from "./code-blocks.js";
import { guidePath } from "./places.js";

test("only blocks of the language are taken, unchanged and with their lines", () => {
  const markdown = "a\n```python\nx = 1\n\ny = '''\n```'''\n```\n```sh\nls\n```\n```python\nz\n```\n";
  assert.deepEqual(codeBlocks(markdown, "python"), [
    { line: 3, code: "x = 1\n\ny = '''\n```'''\n" },
    { line: 12, code: "z\n" },
  ]);
});

test("the guide has the nine Python blocks that its test executes, each where its line says", () => {
  const guide = readFileSync(guidePath, "utf8");
  const blocks = codeBlocks(guide, "python");
  assert.equal(blocks.length, 9);
  for (const { line, code } of blocks) {
    const lines = code.split("\n").slice(0, -1);
    assert.deepEqual(guide.split("\n").slice(line - 1, line - 1 + lines.length), lines);
  }
});
