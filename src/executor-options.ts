/** What a caller of the library may choose, with the defaults and the checks. Pure. */

import { availableParallelism } from "node:os";
import { AirError } from "./domain/errors.js";
import type { JobOwner } from "./domain/job.js";
import type { TaskRunner } from "./domain/ports.js";
import type { Durability } from "./store/writer.js";

export interface ExecutorOptions {
  /** The directory of jobs. Default: `AIR_EXECUTOR_DIR`, else `./.air-executor`. Made if missing. */
  readonly dir?: string;
  /** How many tasks may run at once, over all jobs of this executor. Default: the number of cores. */
  readonly concurrency?: number;
  /** `grouped` (default): the journal is synced at least once a second and when a job ends; `strict`: also before a dependent starts. */
  readonly durability?: Durability;
  /** From TERM to KILL when a task is stopped, in milliseconds. Default: 10,000. */
  readonly graceMs?: number;
  /** Told what a user should know and no error says: a directory that was tightened, a disk that is full. Default: nobody. */
  readonly onWarning?: (message: string) => void;
  /**
   * How long to wait, in milliseconds after the last running task has ended, for a disk that takes no records or a machine that starts
   * no process. Then jobs are given up, unfinished. Default: 60,000; `Infinity` waits as long as it takes.
   */
  readonly patienceMs?: number;
  /** Runs the attempts. Default: lanes on this machine. */
  readonly runner?: TaskRunner;
}

export interface SubmitOptions {
  /** Begin anew, even if an unfinished run of that name is there; what it did is kept in `runs/`. Default: false. */
  readonly fresh?: boolean;
  /** Working directory of tasks that name none. Default: the current one. */
  readonly cwd?: string;
  /** Default: `run`. */
  readonly owner?: JobOwner;
}

/** With every default filled in. */
export type CompleteOptions = Required<Omit<ExecutorOptions, "dir" | "runner">>;

/** @throws AirError `AIR_USAGE` for an option that makes no sense. */
export function completeOptions(options: ExecutorOptions): CompleteOptions {
  const { concurrency = availableParallelism(), graceMs = 10_000 } = options;
  if (!(Number.isSafeInteger(concurrency) && concurrency >= 1)) {
    throw new AirError("AIR_USAGE", `concurrency: expected a whole number of at least 1, got ${concurrency}`);
  }
  if (!(graceMs >= 0)) {
    throw new AirError("AIR_USAGE", `graceMs: expected milliseconds of at least 0, got ${graceMs}`);
  }
  if (options.dir === "") throw new AirError("AIR_USAGE", "dir: expected the path of a directory, got an empty text");
  return {
    concurrency,
    graceMs,
    durability: options.durability ?? "grouped",
    onWarning: options.onWarning ?? (() => {}),
    patienceMs: options.patienceMs ?? 60_000,
  };
}
