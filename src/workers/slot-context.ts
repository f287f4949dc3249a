/** What the slots of a thread share: made by worker.ts. */

import type { Report } from "../domain/ports.js";
import type { LaneShell } from "./lane.js";
import type { LaneEnvironment } from "./lane-environment.js";
import type { Preparation } from "./preparation.js";
import type { Terminator } from "./termination.js";

export interface SlotContext {
  /** AIR_EXECUTOR_DIR. */
  readonly directory: string;
  readonly shell: LaneShell;
  readonly environment: LaneEnvironment;
  readonly preparation: Preparation;
  readonly terminator: Terminator;
  readonly report: (report: Report) => void;
}
