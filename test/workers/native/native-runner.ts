/** The native runner, where it was built. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { bundle, runnerName } from "../../../packaging/compile-runner.js";
import type { RunnerKind } from "../runner-suite/rig.js";

export const program = join(bundle, runnerName(process.platform, process.arch));

/** Why there is nothing to test; undefined if there is. The build says why it made none. */
export const missing = existsSync(program) ? undefined : "no native runner was built here";

export const native: RunnerKind = {
  name: "native",
  command: [program],
  hasOwnMemory: true,
  hasRawEnvironment: true,
};
