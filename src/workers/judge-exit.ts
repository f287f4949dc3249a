/** What the exit status that a lane recorded says of an attempt, with all that is to be found beside it. Called by slot.ts. */

import { existsSync } from "node:fs";
import { dirname } from "node:path";

import type { Result } from "../domain/outcome.js";
import type { Descriptor } from "../domain/ports.js";
import { readEvidence } from "./evidence.js";
import { classify, UNRECORDED, withoutLog } from "./exit-status.js";
import type { LaneShell } from "./lane.js";
import { NOT_RECORDED } from "./lane-script.js";
import { removeLog } from "./preparation.js";
import type { Preparation } from "./preparation.js";
import type { SpoolEntry } from "./spool.js";

const COMPLETED: Result = { kind: "exited", exitCode: 0 };

export interface JudgeContext {
  readonly shell: LaneShell;
  readonly preparation: Preparation;
}

/**
 * @param file absolute path of the command
 * @param exitStatus or `NOT_RECORDED`
 * @param readEntry what the spool says of the attempt; only asked if it did not exit with 0
 */
export function judgeExit(
  descriptor: Descriptor,
  file: string,
  exitStatus: number,
  readEntry: () => SpoolEntry,
  { shell, preparation }: JudgeContext,
): Result {
  if (exitStatus === 0) return COMPLETED;
  if (exitStatus === NOT_RECORDED) return UNRECORDED;
  const { hasBegun, complaint } = readEntry();
  // The whole directory was removed: what the lane had to say of the log went with it.
  if (!hasBegun && !existsSync(dirname(descriptor.log))) return withoutLog(descriptor.log, "Directory nonexistent");
  const result = classify(exitStatus, readEvidence(descriptor.log, complaint, file, shell));
  // An attempt that never began leaves no log.
  if (result.kind === "not-begun") removeLog(descriptor.log);
  if (result.kind !== "spawn-failed" || exitStatus !== 127) return result;
  const problem = preparation.explainMissing(descriptor);
  return problem === undefined ? result : { kind: "spawn-failed", message: problem };
}
