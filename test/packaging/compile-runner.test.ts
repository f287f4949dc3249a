import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { compileRunner, repository, runnerName } from "../../packaging/compile-runner.js";

function place(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "air-compile-"));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

test("a missing compiler is said in a line, and nothing is made", (t) => {
  const directory = place(t);
  assert.equal(compileRunner(["no-such-compiler"], join(directory, "runner"), []), "there is no no-such-compiler");
  assert.deepEqual(readdirSync(directory), []);
});

test("a compiler that fails is quoted in a line, and nothing half made stays", (t) => {
  const directory = place(t);
  const fails = [
    "/bin/sh",
    "-c",
    'while [ "$1" != -o ]; do shift; done; : > "$2"; echo "one"; echo "x.c:1: error: two" >&2; exit 1',
  ];
  assert.equal(compileRunner(fails, join(directory, "runner"), []), "x.c:1: error: two");
  assert.deepEqual(readdirSync(directory), []);
});

test("a build without a compiler says what that costs, and is a build all the same", () => {
  const env = { ...process.env, CC: "no-such-compiler" };
  const script = join(repository, "dist/packaging/build-runner.js");
  const before = existsSync(join(repository, "dist/bundle", runnerName(process.platform, process.arch)));
  const result = spawnSync(process.execPath, [script], { env, encoding: "utf8" });
  assert.deepEqual([result.status, result.stderr], [0, ""]);
  assert.match(result.stdout, /^no native runner \(there is no no-such-compiler\): [^\n]+ portable [^\n]+\n$/);
  assert.equal(existsSync(join(repository, "dist/bundle", runnerName(process.platform, process.arch))), before);
});
