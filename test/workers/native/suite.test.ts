import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { deathSuite } from "../runner-suite/death.js";
import { endsSuite } from "../runner-suite/ends.js";
import { logsSuite } from "../runner-suite/logs.js";
import { queueSuite } from "../runner-suite/queue.js";
import { spoolSuite } from "../runner-suite/spool.js";
import { stoppingSuite } from "../runner-suite/stopping.js";
import { surroundingsSuite } from "../runner-suite/surroundings.js";
import { missing, native } from "./native-runner.js";

test("where there is a C compiler, the build has made a native runner", () => {
  const hasCompiler = spawnSync(process.env["CC"] ?? "cc", ["--version"]).status === 0;
  assert.equal(missing === undefined, hasCompiler);
});

describe("the native runner", { skip: missing, concurrency: 4 }, () => {
  endsSuite(native);
  surroundingsSuite(native);
  logsSuite(native);
  stoppingSuite(native);
  queueSuite(native);
  spoolSuite(native);
  deathSuite(native, 12);
});
