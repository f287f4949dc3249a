/**
 * The native runner under the sanitizers of the compiler, and compiled with every warning as an error. `npm run sanitize` (SANITIZE=all)
 * takes the whole suite, and valgrind with it; otherwise what threads and memory have most to do with.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { compileRunner } from "../../../packaging/compile-runner.js";
import { deathSuite } from "../runner-suite/death.js";
import { endsSuite } from "../runner-suite/ends.js";
import { logsSuite } from "../runner-suite/logs.js";
import { queueSuite } from "../runner-suite/queue.js";
import type { RunnerKind } from "../runner-suite/rig.js";
import { spoolSuite } from "../runner-suite/spool.js";
import { stoppingSuite } from "../runner-suite/stopping.js";
import { surroundingsSuite } from "../runner-suite/surroundings.js";

const isWhole = process.env["SANITIZE"] === "all";
const compiler = [process.env["CC"] ?? "cc"];
const place = mkdtempSync(join(tmpdir(), "air-sanitized-"));
after(() => rmSync(place, { recursive: true }));

const strict = [
  "-Werror",
  "-Wall",
  "-Wextra",
  "-Wshadow",
  "-Wstrict-prototypes",
  "-Wmissing-prototypes",
  "-Wconversion",
  "-Wno-sign-conversion",
  "-Wformat=2",
  "-Wvla",
];

const has = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;

for (const name of ["gcc", "clang"]) {
  test(`${name} has nothing to say of it`, { skip: has(name) ? false : `there is no ${name}` }, () => {
    assert.equal(compileRunner([name], join(place, name), strict), null);
  });
}

interface Variant {
  readonly name: string;
  readonly flags: readonly string[];
  /** What it is run by. */
  readonly before?: readonly string[];
}

const variants: readonly Variant[] = [
  { name: "address and undefined behaviour", flags: ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"] },
  { name: "thread", flags: ["-fsanitize=thread"] },
  { name: "valgrind", flags: [], before: ["valgrind", "-q", "--child-silent-after-fork=yes", "--error-exitcode=99"] },
];

for (const [index, { name, flags, before = [] }] of variants.entries()) {
  const isEmulated = before.length > 0;
  if (isEmulated && !(isWhole && has(before[0]!))) continue;
  const program = join(place, `runner${index}`);
  const reports = mkdtempSync(join(place, "reports-"));
  const said = join(reports, "report");
  // Reports go to files: what a runner says on stderr is judged by the suite. Compiled in, so that the environment is nobody's.
  const options = join(place, `options${index}.c`);
  const text = `"log_path=${said}:exitcode=99"`;
  const functions = ["asan", "ubsan", "tsan"].map((one) => `const char *__${one}_default_options(void) { return ${text}; }\n`);
  writeFileSync(options, functions.join(""));
  const problem = compileRunner(compiler, program, ["-g", "-O1", ...flags, options]);
  const command = isEmulated ? [...before, `--log-file=${said}.%p`, program] : [program];
  const kind: RunnerKind = { name, command, hasOwnMemory: false, hasRawEnvironment: true, isSlow: true };

  describe(`the native runner under: ${name}`, { skip: problem === null ? false : `can't be made here: ${problem}` }, () => {
    after(() => {
      const found = readdirSync(reports).map((file) => readFileSync(join(reports, file), "utf8"));
      assert.deepEqual(found.map(withoutIgnorance).filter(Boolean), []);
    });
    stoppingSuite(kind);
    queueSuite(kind);
    if (!isWhole) return;
    logsSuite(kind);
    spoolSuite(kind);
    // It has an exec, an environment, descriptors and limits of its own, and takes longer to start than a runner is let live there.
    if (isEmulated) return;
    endsSuite(kind);
    surroundingsSuite(kind);
    deathSuite(kind, 10);
  });
}

/** Valgrind tells of a system call that it does not know. It fails then, and the runner does without. */
function withoutIgnorance(report: string): string {
  return report
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("--"))
    .join("\n");
}
