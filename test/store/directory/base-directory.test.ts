import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { prepareBase } from "../../../src/store/directory/base-directory.js";
import { temporaryDirectory } from "../sample-job.js";

test("a directory that others use as well is refused and stays as it is", (t) => {
  const base = temporaryDirectory(t);
  chmodSync(base, 0o1777);
  writeFileSync(join(base, "somebody's"), "");
  assert.throws(() => prepareBase(base), { code: "AIR_UNSAFE_PATH", message: /holds other things than jobs \("somebody's"\)/ });
  assert.equal(statSync(base).mode & 0o7777, 0o1777);
  assert.equal(existsSync(join(base, "jobs")), false);
});

test("one that a client made under umask 002 is closed to others, with a warning", (t) => {
  const base = temporaryDirectory(t);
  mkdirSync(join(base, "jobs"));
  chmodSync(base, 0o775);
  const warnings = prepareBase(base);
  assert.equal(warnings.length, 1);
  assert.equal(statSync(base).mode & 0o777, 0o700);
});

test("a missing one is made, closed to others", (t) => {
  const base = join(temporaryDirectory(t), ".air-executor");
  assert.deepEqual(prepareBase(base), []);
  for (const dir of [base, join(base, "jobs"), join(base, "lanes")]) assert.equal(statSync(dir).mode & 0o777, 0o700);
});
