/**
 * The errors that callers see.
 *
 * A task that fails is data, never an error. What throws is misuse, bad input and a broken environment; each such error is an
 * `AirError` with a stable `code`, and its message is a sentence: where, what was expected, what came, what to do.
 */

/** Stable codes. `usage` and `invalid` errors exit with 2, `environment` errors with 3. */
export type AirErrorCode =
  /** An argument or option of a call that makes no sense. */
  | "AIR_USAGE"
  /** A job file or a dropped job that breaks the rules; `faults` lists every one. */
  | "AIR_INVALID_JOB"
  /** A job, task or run that does not exist. */
  | "AIR_NOT_FOUND"
  /** The tasks given are not those of the unfinished run of the same name. */
  | "AIR_CONFLICT"
  /** Another engine holds the job or the directory. */
  | "AIR_LOCKED"
  /** The disk is full, read-only or broken. */
  | "AIR_DISK"
  /** A directory or file that we may not use: foreign, a link, no permission. */
  | "AIR_UNSAFE_PATH"
  /** A journal that is damaged in the middle. */
  | "AIR_DAMAGED"
  /** The machine did not let us start processes for too long. */
  | "AIR_SYSTEM"
  /** The executor was stopped or closed. */
  | "AIR_CLOSED";

/** One fault of an input, with its place. */
export interface Fault {
  /** Where: `jobs.yaml:12:5`, or a path into the data such as `tasks[3].timeout`. */
  readonly place: string;
  /** What was expected and what came. */
  readonly message: string;
}

export class AirError extends Error {
  readonly code: AirErrorCode;
  /** Every fault of the input at once; empty for errors that are not about input. */
  readonly faults: readonly Fault[];

  constructor(code: AirErrorCode, message: string, options: { faults?: readonly Fault[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AirError";
    this.code = code;
    this.faults = options.faults ?? [];
  }
}

/** For the branch that cannot be reached: the compiler checks it, and the message names the value if it is reached all the same. */
export function impossible(value: never): never {
  throw new Error(`Internal error: unexpected ${JSON.stringify(value)}`);
}
