/** One thing that users do to a job, in each of the three places where the job may be. */

import type { OpenedJob } from "../../store/directory/opened-job.js";
import type { Engine } from "../engine.js";
import type { RunningJob } from "../running-job.js";

export interface Change<Result> {
  /** It runs here. */
  readonly here: (job: RunningJob, engine: Engine) => Result | Promise<Result>;
  /** Another engine may hold it. Null if there is none that could be asked. */
  readonly there: (base: string, name: string) => Promise<Result | null>;
  /** Nobody held it: now we do. Gives the job back, or has the engine run it; if this throws, whoever called gives it back. */
  readonly alone: (opened: OpenedJob, engine: Engine) => Promise<Result>;
}
