/**
 * What a single value that a user wrote may be. Each check gives null, or the fault as a sentence: what was expected, what came,
 * what to do.
 *
 * The rules of a task's options live here, and the schema (task-schema.ts) says which key has which. Pure.
 */

import { constants } from "node:os";
import { describe, isObject, quote } from "./describe.js";
import { suggest } from "./suggest.js";
import { isOurTimestamp, parseTimestamp } from "./timestamp.js";

export type Check = (value: unknown) => string | null;

/** Linux: MAX_ARG_STRLEN without its closing NUL. */
const MAX_STRING_BYTES = 131_071;
/** Linux: what all arguments may take together, however large the stack limit is; each counts with its NUL and a pointer. */
const MAX_ARGUMENTS_BYTES = 6 * 1024 * 1024;
const BYTES_BESIDE = 9;
const MAX_SECONDS = 1e9;
/** In UTF-16 units, of which each takes at most three bytes. */
const PLAIN_LENGTH = 10_000;

/** A string that can be given to a program. */
export function checkString(value: unknown): string | null {
  // Most are, and of every task several are asked.
  if (typeof value === "string" && value.length <= PLAIN_LENGTH && !/[\0\ud800-\udfff]/.test(value)) return null;
  if (typeof value !== "string") {
    const remedy = typeof value === "number" || typeof value === "boolean" ? `: write "${value}"` : "";
    return `expected a string, got ${describe(value)}${remedy}`;
  }
  if (value.includes("\0")) return `expected a string without NUL, for no program can be given one, got ${quote(value)}`;
  if (/[\ud800-\udc7f\udd00-\udfff]/u.test(value))
    return `expected whole characters, got half of a surrogate pair in ${quote(value)}`;
  if (value.length * 3 <= MAX_STRING_BYTES) return null;
  const bytes = Buffer.byteLength(value);
  if (bytes <= MAX_STRING_BYTES) return null;
  const limit = `at most ${figure(MAX_STRING_BYTES)} bytes, the kernel's limit`;
  return `expected ${limit}, got ${figure(bytes)}: put it into a file and name that`;
}

/** A string that can be given to a program and is not empty. */
export function checkText(value: unknown): string | null {
  return value === "" ? "expected a text, got an empty one" : checkString(value);
}

export function checkCommand(value: unknown): string | null {
  if (value === undefined) return 'the key is missing: say what to run, such as "command": "echo"';
  if (Array.isArray(value)) return 'expected a string, got a list: write the program\'s name here and the rest as "args"';
  return value === "" ? 'expected the name of a program such as "echo", got an empty text' : checkString(value);
}

/** All arguments together; each must have been checked. */
export function checkArguments(values: readonly string[]): string | null {
  let most = 0;
  for (const value of values) most += value.length * 3 + BYTES_BESIDE;
  if (most <= MAX_ARGUMENTS_BYTES) return null;
  let bytes = 0;
  for (const value of values) bytes += Buffer.byteLength(value) + BYTES_BESIDE;
  if (bytes <= MAX_ARGUMENTS_BYTES) return null;
  const limit = `at most ${figure(MAX_ARGUMENTS_BYTES)} bytes of arguments, the kernel's limit`;
  return `expected ${limit}, got ${figure(bytes)}: put them into a file and name that, or split the task`;
}

/** One entry of an `env`. */
export function checkVariable(name: string, value: unknown): string | null {
  if (name === "" || /[=\0]/.test(name)) return `expected a variable's name without "=" and NUL, got ${quote(name)}`;
  if (typeof value === "number" || typeof value === "boolean")
    return `expected a string, got ${describe(value)}: write it in quotes, "${value}"`;
  // The kernel sees "name=value" as one string.
  return checkString(typeof value === "string" ? `${name}=${value}` : value);
}

export const checkTimeout = secondsCheck("a number of seconds above 0", (value) => value > 0);
export const checkDelay = secondsCheck("a number of seconds, 0 or more", (value) => value >= 0);
export const checkRetries = numberCheck(
  "a whole number from 0 to 1000",
  (value) => isWhole(value) && value >= 0 && value <= 1000,
);
export const checkBackoff = numberCheck("a factor from 1 to 1000", (value) => value >= 1 && value <= 1000);
export const checkPriority = numberCheck("a whole number", isWhole);
export const checkLimit = numberCheck("a whole number of 1 or more", (value) => isWhole(value) && value >= 1);
export const checkCounter = numberCheck("a whole number of 0 or more", (value) => isWhole(value) && value >= 0);

export const checkStderr = wordCheck(["merge", "apart"]);
export const checkTriggerRule = wordCheck(["all_success", "all_done", "any_failed"]);
export const checkOnLost = wordCheck(["rerun", "fail"]);
const STATUSES = ["pending", "running", "completed", "failed", "skipped", "cancelled"];
export const checkStatus = wordCheck(STATUSES);
export const checkState = wordCheck(["waiting", "working", "completed", "failed", "cancelled"]);
export const checkOwner = wordCheck(["run", "map", "manager"]);

const CONDITIONS = ["timeout", ...Object.keys(constants.signals)];

/** One entry of `retry_on`. */
export function checkRetryCondition(value: unknown): string | null {
  if (typeof value === "number" && isWhole(value) && value >= 1 && value <= 255) return null;
  if (typeof value === "string" && CONDITIONS.includes(value)) return null;
  const full = `SIG${String(value).toUpperCase()}`;
  const meant = typeof value !== "string" ? null : CONDITIONS.includes(full) ? full : suggest(value, CONDITIONS);
  const expected = 'an exit code from 1 to 255, a signal such as "SIGKILL", or "timeout"';
  return `expected ${expected}, got ${describe(value)}${didYouMean(meant)}`;
}

export function checkTime(value: unknown): string | null {
  if (typeof value === "string" && (isOurTimestamp(value) || parseTimestamp(value) !== null)) return null;
  return `expected a time such as "2026-01-31T12:00:00.000Z", got ${describe(value)}`;
}

/** How many tasks of a job have each status. */
export function checkCounts(value: unknown): string | null {
  const isRight = isObject(value) && ["total", ...STATUSES].every((key) => checkCounter(value[key]) === null);
  return isRight ? null : `expected an object with a number for each status, got ${describe(value)}`;
}

/** What an attempt took. */
export function checkUsage(value: unknown): string | null {
  const isRight = isObject(value) && ["user_ms", "system_ms", "max_rss_kb"].every((key) => isAmount(value[key]));
  return isRight ? null : `expected an object with user_ms, system_ms and max_rss_kb, got ${describe(value)}`;
}

/** On which machine. */
export function checkRanOn(value: unknown): string | null {
  const isRight =
    isObject(value) && typeof value["node"] === "string" && ["string", "object"].includes(typeof (value["slurm_job"] ?? null));
  return isRight ? null : `expected an object with node and slurm_job, got ${describe(value)}`;
}

/** What an attempt left behind. */
export function checkLeftBehind(value: unknown): string | null {
  const isRight =
    isObject(value) &&
    ["attempt", "processes"].every((key) => isAmount(value[key])) &&
    typeof value["can_not_be_ended"] === "boolean";
  return isRight ? null : `expected an object with attempt, processes and can_not_be_ended, got ${describe(value)}`;
}

function isAmount(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && value < Infinity;
}

function numberCheck(what: string, isRight: (value: number) => boolean): Check {
  return (value) => {
    if (typeof value === "number" && isRight(value)) return null;
    if (typeof value === "number" && Number.isInteger(value) && isRight(Math.sign(value) * Number.MAX_SAFE_INTEGER))
      return `expected ${what}, up to ${Number.MAX_SAFE_INTEGER}, got ${describe(value)}`;
    const isQuoted = typeof value === "string" && value.trim() !== "" && isRight(Number(value));
    return `expected ${what}, got ${describe(value)}${isQuoted ? `: write ${Number(value)} without quotes` : ""}`;
  };
}

function secondsCheck(what: string, isRight: (value: number) => boolean): Check {
  const check = numberCheck(what, (value) => isRight(value) && value <= MAX_SECONDS);
  return (value) => {
    if (typeof value === "number" && value > MAX_SECONDS)
      return `expected at most ${MAX_SECONDS} seconds, got ${describe(value)}`;
    const seconds = typeof value === "string" ? secondsOf(value) : null;
    const fault = check(value);
    return fault === null || seconds === null || !isRight(seconds) ? fault : `${fault}: write ${seconds}`;
  };
}

/** Of `5m` or `1.5 h`; null for anything else. */
function secondsOf(text: string): number | null {
  const [, amount, unit] = /^(\d+(?:\.\d+)?) ?(ms|s|m|min|h|d)$/.exec(text) ?? [];
  const size = { ms: 0.001, s: 1, m: 60, min: 60, h: 3600, d: 86_400 }[unit ?? ""];
  return size === undefined ? null : Number((Number(amount) * size).toFixed(3));
}

function wordCheck(words: readonly string[]): Check {
  return (value) => {
    if (typeof value === "string" && words.includes(value)) return null;
    const list = words.map((word) => `"${word}"`).join(", ");
    const meant = typeof value === "string" ? suggest(value, words) : null;
    return `expected one of ${list}, got ${describe(value)}${didYouMean(meant)}`;
  };
}

function didYouMean(word: string | null): string {
  return word === null ? "" : `: did you mean "${word}"?`;
}

function isWhole(value: number): boolean {
  return Number.isSafeInteger(value);
}

function figure(value: number): string {
  return value.toLocaleString("en");
}
