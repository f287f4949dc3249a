/** The examples of docs/job-files.md, as a user would copy them: each file is written under its name, each command is run. */

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { follow, main, makePlayground } from "../cli/support/cli.js";

const text = readFileSync(join(import.meta.dirname, "../../../docs/job-files.md"), "utf8");

interface Block {
  readonly language: string;
  readonly code: string;
}

const blocks: readonly Block[] = [...text.matchAll(/^( *)```(yaml|sh)\n([\s\S]*?)^ *```$/gm)].map(
  ([, indent = "", language = "", code = ""]) => ({
    language,
    code: code.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  }),
);
const nameOf = ({ code }: Block): string => /^# (\S+\.yaml)\n/.exec(code)?.[1] ?? "example.yaml";

test("every job file in docs/job-files.md is valid, and every command does what it should", async (context) => {
  const { dir, write } = makePlayground(context);
  mkdirSync(join(dir, "bin"));
  writeFileSync(join(dir, "bin/air-executor"), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
  chmodSync(join(dir, "bin/air-executor"), 0o755);
  const env = { PATH: `${join(dir, "bin")}:${process.env["PATH"]}` };
  let commands = 0;
  for (const block of blocks) {
    if (block.language === "yaml") {
      write(nameOf(block), block.code);
      const set = block.code.includes("date: null") ? ["--set", "date=2026-11-29"] : [];
      const checked = await follow(process.execPath, [main, "validate", nameOf(block), ...set], dir, {}).ended;
      assert.equal(checked.code, 0, checked.stderr);
      continue;
    }
    for (const command of block.code.trim().split("\n")) {
      const { code, stderr } = await follow("sh", ["-c", command], dir, env).ended;
      assert.equal(code, 0, `${command}: ${stderr}`);
      commands++;
    }
  }
  assert.ok(blocks.length >= 5 && commands >= 6, `${blocks.length} blocks, ${commands} commands`);
});
