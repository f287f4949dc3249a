/**
 * What an engine and whoever wants something of a job that it holds say to each other: one line of JSON each way, then the connection
 * ends. Pure. Both sides are of one user (the socket lies in a directory that is closed to others), so the check of a request is for
 * mistakes, not for attacks; what is in `tasks` is checked like a job file by whoever answers.
 */

import { AirError, type AirErrorCode, type Fault } from "../domain/errors.js";

export type ControlRequest =
  /** Adds tasks, as they would stand in a job file. */
  | { readonly verb: "add"; readonly job: string; readonly tasks: readonly unknown[] }
  /** Cancels tasks; null for the job. */
  | { readonly verb: "cancel"; readonly job: string; readonly tasks: readonly string[] | null }
  /** Says what keeps the job from going on just now. */
  | { readonly verb: "explain"; readonly job: string }
  /** Runs tasks again; both null for all that did not complete. */
  | { readonly verb: "retry"; readonly job: string; readonly tasks: readonly string[] | null; readonly from: string | null };

/** What `add` gives: ids that are new to the job, and ids that it had already, just so. */
export interface AddAnswer {
  readonly added: readonly string[];
  readonly present: readonly string[];
}

/** What `cancel` gives: those of the tasks that had not ended yet; none for a job as a whole. */
export interface CancelAnswer {
  readonly cancelled: readonly string[];
}

/** What `retry` gives: the tasks that run again. */
export interface RetryAnswer {
  readonly tasks: readonly string[];
}

/** Of an error whose faults don't fit. */
const MOST_MESSAGE = 10_000;
/** Enough for 200,000 tasks; more are to be added in several calls. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;

export function encodeLine(value: object): Buffer {
  const line = Buffer.from(`${JSON.stringify(value)}\n`);
  if (line.length <= MAX_LINE_BYTES) return line;
  throw new AirError("AIR_USAGE", `expected at most ${MAX_LINE_BYTES / 1024 / 1024} MiB in one call, got more: make several`);
}

/** @throws AirError `AIR_USAGE` for what is no request. */
export function decodeRequest(line: string): ControlRequest {
  const value = parse(line);
  const { verb, job, tasks = null, from = null } = value ?? {};
  if (typeof job === "string") {
    if (verb === "add" && Array.isArray(tasks)) return { verb, job, tasks: tasks as readonly unknown[] };
    if (verb === "explain") return { verb, job };
    if (verb === "cancel" && isIdsOrNull(tasks)) return { verb, job, tasks };
    if (verb === "retry" && isIdsOrNull(tasks) && (from === null || typeof from === "string")) return { verb, job, tasks, from };
  }
  throw new AirError("AIR_USAGE", `expected a request to add, cancel, explain or retry, got ${line.slice(0, 100)}`);
}

/** What went wrong, as an answer; without its faults if they are more than fits. */
export function encodeFailure(error: unknown): Buffer {
  const { code, message, faults } =
    error instanceof AirError ? error : new AirError("AIR_SYSTEM", error instanceof Error ? error.message : String(error));
  try {
    return encodeLine({ error: { code, message, faults } });
  } catch {
    return encodeLine({ error: { code, message: message.slice(0, MOST_MESSAGE), faults: [] } });
  }
}

/** What came back. Null if it is no whole answer. Throws the error that it holds. */
export function decodeAnswer(line: string): { readonly ok: object } | null {
  const { ok, error } = parse(line) ?? {};
  if (!isRecord(error)) return isRecord(ok) ? { ok } : null;
  const { code, message, faults } = error;
  if (typeof code !== "string" || typeof message !== "string" || !Array.isArray(faults)) return null;
  throw new AirError(code as AirErrorCode, message, { faults: faults as readonly Fault[] });
}

function parse(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isIdsOrNull(value: unknown): value is readonly string[] | null {
  return value === null || (Array.isArray(value) && value.every((id) => typeof id === "string"));
}
