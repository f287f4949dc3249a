/** How to tell that a peer ran everything. Each throws if it did not; none has further values to give. */

import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Run } from "./contender.js";
import type { Values } from "./result.js";

/** For tools that exit with 0 only if they ran everything and everything succeeded. */
export function exitCodeSaysAll(): Values {
  return {};
}

export function checkOutput(stdout: string, expected: string): Values {
  assert.equal(stdout, expected, `expected ${JSON.stringify(expected)} on stdout, got ${JSON.stringify(stdout.slice(-100))}`);
  return {};
}

export function checkJoblog({ directory }: Run, count: number): Values {
  const [, ...lines] = readFileSync(join(directory, "joblog"), "utf8").trim().split("\n");
  const succeeded = lines.filter((line) => line.split("\t")[6] === "0").length;
  assert.equal(succeeded, count, `expected ${count} successes in the joblog, got ${succeeded}`);
  return {};
}
