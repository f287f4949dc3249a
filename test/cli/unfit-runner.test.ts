/** Where the native runner is missing or can't run, tasks run all the same, and one line says what that costs. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { repository } from "../../packaging/compile-runner.js";
import { missing } from "../workers/native/native-runner.js";
import { makePlayground } from "./support/cli.js";

const NAME = `runner-${process.platform}-${process.arch}`;

/** The command as it is installed, in a directory of its own. */
function install(parent: string): { command: string; runner: string } {
  const to = join(parent, "installed");
  mkdirSync(to);
  cpSync(join(repository, "dist/bundle"), join(to, "dist/bundle"), { recursive: true });
  cpSync(join(repository, "package.json"), join(to, "package.json"));
  symlinkSync(join(repository, "node_modules"), join(to, "node_modules"));
  return { command: join(to, "dist/bundle/air-executor.cjs"), runner: join(to, "dist/bundle", NAME) };
}

/** Two tasks, one after the other, run with that command. */
function runJob(dir: string, command: string): string {
  const tasks = [
    { id: "first", command: "sh", args: ["-c", "echo first >> ran"] },
    { id: "second", command: "sh", args: ["-c", "echo second >> ran"], dependencies: ["first"] },
  ];
  writeFileSync(join(dir, "job.json"), JSON.stringify({ name: "job", tasks }));
  const env = { ...process.env, AIR_EXECUTOR_RUNNER: "" };
  const ended = spawnSync(process.execPath, [command, "run", "job.json"], { cwd: dir, encoding: "utf8", env, timeout: 60_000 });
  assert.equal(ended.status, 0, ended.stderr);
  assert.equal(readFileSync(join(dir, "ran"), "utf8"), "first\nsecond\n");
  return ended.stderr;
}

function isSaidOnce(stderr: string, why: RegExp): void {
  const lines = stderr.split("\n").filter((line) => line.includes("native runner"));
  assert.equal(lines.length, 1, stderr);
  assert.match(lines[0]!, /the native runner can't be used here .*: tasks start at a fifth of the rate$/);
  assert.match(lines[0]!, why);
}

// The system's way to start a program takes such a file for a shell script, which may end by any exit code.
const strange: readonly (readonly [what: string, content: string, why: RegExp])[] = [
  ["an empty file", "", /exit code 0/],
  ["a text", "hello\n", /hello/],
  ["a script that says nothing", "exit 2\n", /exit code 2/],
  [
    "what Node can't load",
    "printf 'node:x:1\\n  throw\\n\\nError: no module x\\n    at y\\n' >&2; exit 1\n",
    /here \(Error: no module x\)/,
  ],
];
for (const [what, content, why] of strange)
  test(`${what} in the place of the native runner: the portable one takes over`, (t) => {
    const { dir } = makePlayground(t);
    const { command, runner } = install(dir);
    writeFileSync(runner, content);
    chmodSync(runner, 0o755);
    isSaidOnce(runJob(dir, command), why);
  });

test("a program for another processor in the place of the native runner: the portable one takes over", { skip: missing }, (t) => {
  const { dir } = makePlayground(t);
  const { command, runner } = install(dir);
  makeForeign(runner);
  isSaidOnce(runJob(dir, command), /runner-/);
});

test("without a native runner, or permission to execute it, the portable one takes over", (t) => {
  const { dir } = makePlayground(t);
  const { command, runner } = install(dir);
  writeFileSync(runner, "");
  chmodSync(runner, 0o644);
  isSaidOnce(runJob(dir, command), /EACCES/);
  const other = makePlayground(t).dir;
  const { command: bare, runner: gone } = install(other);
  spawnSync("rm", ["-f", gone]);
  isSaidOnce(runJob(other, bare), new RegExp(`there is no ${NAME}`));
});

test("installed on a file system without permission to execute: the portable one takes over", (t) => {
  const { dir } = makePlayground(t);
  const place = join(dir, "noexec");
  mkdirSync(place);
  if (spawnSync("mount", ["-t", "tmpfs", "-o", "noexec,size=64m", "none", place]).status !== 0)
    return t.skip("only root can mount");
  try {
    isSaidOnce(runJob(dir, install(place).command), /EACCES/);
  } finally {
    spawnSync("umount", ["-l", place]);
  }
});

/** It is a program for another processor now. */
function makeForeign(runner: string): void {
  const bytes = readFileSync(runner);
  bytes.writeUInt16LE(0xf00, 18);
  writeFileSync(runner, bytes);
}
