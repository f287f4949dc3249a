/**
 * Runs all test files, five side by side: most of them wait for processes. Called by `npm test`. The test runner alone would take them by
 * their names, and what waits longest would be left over at the end, by itself.
 */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "node:test";
import { spec as Spec } from "node:test/reporters";

/** What takes longest begins first, what mostly waits beside what mostly works. The others follow by their names. */
const FIRST = [
  "workers/native/faults",
  "slurm/demands",
  "crash/kill-sweep",
  "crash/failing-looks",
  "crash/faulty-disk",
  "slurm/engines",
  "slurm/cluster",
].map((name) => join(`${name}.test.js`));

// What is tested is not to depend on how a user, or a CI, has set things up: files are made, and texts coloured, as they are by default.
process.umask(0o022);
for (const name of Object.keys(process.env))
  if (/^(?:AIR_EXECUTOR_.*|FORCE_COLOR|NO_COLOR|CLICOLOR(?:_FORCE)?)$/.test(name)) delete process.env[name];

const found = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".test.js"));
for (const name of FIRST) if (!found.includes(name)) throw new Error(`there is no test file ${name}`);
const files = [...FIRST, ...found.filter((name) => !FIRST.includes(name)).toSorted()];

run({ files: files.map((name) => join(import.meta.dirname, name)), concurrency: 5, timeout: 600_000 })
  .on("test:fail", () => {
    process.exitCode = 1;
  })
  .compose(new Spec())
  .pipe(process.stdout);
