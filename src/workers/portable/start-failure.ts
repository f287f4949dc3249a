/** A task that could not be started: at which point, and the system's number for why. */

import { constants } from "node:os";
import { codeOf } from "../../system/look/error-code.js";

/** Working directory, input, log, fork, exec. */
export type Stage = "d" | "i" | "l" | "f" | "r";

export class StartFailure extends Error {
  readonly stage: Stage;
  readonly errno: number;

  constructor(stage: Stage, cause: unknown) {
    super(String(cause), { cause });
    this.stage = stage;
    this.errno = (constants.errno as Readonly<Record<string, number>>)[codeOf(cause)] ?? constants.errno.EINVAL;
  }
}
