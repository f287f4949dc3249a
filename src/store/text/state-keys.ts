/**
 * The one table of what stands in state.json: for what we write there, and for what others did, whose values may be of any kind.
 *
 * Two kinds of keys. What an author decides (which run it is, where and how its tasks run) is kept as it was found, and wrong values are
 * faults: such a job is not run. What only an engine says (states, times, counts) is dropped where it is not what an engine writes: it
 * says nothing then. Keys that we don't know are left alone. Pure.
 */

import type { Counts, JobOptions, JobOwner, JobState } from "../../domain/job.js";
import { isObject, isTooDeep, TOO_DEEP } from "./describe.js";
import { JOB_OPTION_SHAPES, toJobOptions, type WrittenJobOptions } from "./job-options.js";
import type { PathFault } from "./places.js";
import * as checks from "./value-checks.js";
import { firstFault, list, single, type Shape } from "./value-shape.js";

/** An object of state.json as `readState` leaves it. */
export interface StateEntries {
  readonly name?: string | null;
  readonly state?: JobState | null;
  readonly updated_at?: string | null;
  readonly started_at?: string | null;
  readonly completed_at?: string | null;
  readonly error?: string | null;
  readonly owner?: JobOwner | null;
  readonly counts?: Counts | null;
  readonly first_failure?: string | null;
  readonly warnings?: readonly string[] | null;
  /** Of a job that was not taken in: the file that is to blame. */
  readonly rejected_file?: string | null;
  /** Which one, where its time doesn't tell: see `stampOf`. */
  readonly rejected_stamp?: string | null;
  readonly [key: string]: unknown;
}

/** What its author decides. */
const AUTHORS: ReadonlyMap<string, Shape> = new Map([
  ["id", single(checks.checkText)],
  ["created_at", single(checks.checkText)],
  ["cwd", single(checks.checkText)],
  ...JOB_OPTION_SHAPES,
]);

/** What an engine says. */
const ENGINES: ReadonlyMap<string, Shape> = new Map([
  ["name", single(checks.checkString)],
  ["state", single(checks.checkState)],
  ["updated_at", single(checks.checkTime)],
  ["started_at", single(checks.checkTime)],
  ["completed_at", single(checks.checkTime)],
  ["error", single(checks.checkString)],
  ["owner", single(checks.checkOwner)],
  ["counts", single(checks.checkCounts)],
  ["first_failure", single(checks.checkString)],
  ["warnings", list(checks.checkString, "[]")],
  ["rejected_file", single(checks.checkString)],
  ["rejected_stamp", single(checks.checkString)],
]);

/** Null if it is no object. */
export function readState(value: unknown): StateEntries | null {
  if (!isObject(value)) return null;
  const isSaid = ([key, entry]: [string, unknown]): boolean => isNone(entry) || (ENGINES.get(key)?.isRight(entry) ?? true);
  return Object.fromEntries(Object.entries(value).filter(isSaid));
}

/** What is wrong with what its author decided. */
export function stateFaults(state: StateEntries): PathFault[] {
  const deep = Object.entries(extraOfState(state)).flatMap(([key, entry]) =>
    isTooDeep(entry) ? [{ path: [key], message: TOO_DEEP }] : [],
  );
  const wrong = [...AUTHORS].flatMap(([key, shape]) => {
    const fault = isNone(state[key]) ? null : firstFault(shape, state[key]);
    return fault === null ? [] : [{ path: [key, ...fault.path], message: fault.message }];
  });
  return [...wrong, ...deep];
}

/** What its author decided, in our words; it must be right. */
export function authorsOf(state: StateEntries): {
  readonly id: string | null;
  readonly createdAt: string | null;
  readonly cwd: string | null;
  readonly options: JobOptions;
} {
  const { id = null, created_at: createdAt = null, cwd = null } = state as Readonly<Record<string, string | null>>;
  return { id, createdAt, cwd, options: toJobOptions(state as WrittenJobOptions) };
}

/** The entries that we don't know. */
export function extraOfState(state: StateEntries): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(state).filter(([key]) => !isKnownStateKey(key)));
}

export function isKnownStateKey(key: string): boolean {
  return AUTHORS.has(key) || ENGINES.has(key);
}

/** Null means the same as a missing key. */
function isNone(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
