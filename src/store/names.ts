/**
 * The one guard for names that become paths: job names, task ids, and the log file names made of ids.
 *
 * Everything that takes a name from outside asks here, and nobody else decides what a name may be. Pure; touches no file.
 *
 * How a task id becomes a file name. Most ids stay as they are: `process-1` → `process-1.log`. Byte by byte of the id in UTF-8:
 *
 *     a-z 0-9 _                         themselves
 *     . -                               themselves, but `%2e` and `%2d` at the beginning: no hidden files, no options
 *     A-Z                               `+` and the small letter: `ID` → `+i+d`
 *     anything else, also % + = ~       `%` and two small hexadecimal digits: `x/y` → `x%2fy`
 *
 * The result is plain ASCII without capitals, so file systems that fold case or normalise Unicode can't make two ids one. What is
 * longer than `MAX_STEM` is cut there, and `=` with 128 bits of the id's SHA-256 is put behind. Earlier attempts have `~N` before
 * `.log`. Neither `=` nor `~` comes into being otherwise, so no two ids and no two attempts share a file. Rejected: hashing every
 * id (unreadable), and percent signs for capitals (`%49%44`: twice as long for the ids that people really use).
 */

import { describe, quote } from "./text/describe.js";
import { hash } from "./hash.js";

const MAX_JOB_NAME = 100;
const MAX_TASK_ID_BYTES = 200;
/** Leaves room for `~` with a number of ten digits and for `.log` in the 255 bytes that a file name may have. */
const MAX_STEM = 240;
const HASH_DIGITS = 32;

const JOB_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;
const DROPPED_JOB_NAME = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/;
const UNUSUAL = /[\0\n\ud800-\udfff]/;
const PLAIN_ID = /^[a-z0-9_][a-z0-9_.-]*$/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Why `name` can't be a job's name, as a sentence; null if it can.
 *
 * @param options.dropped A job that was found in the jobs directory: its name may also begin with `_` or `-`. Default false.
 */
export function checkJobName(name: unknown, options: { dropped?: boolean } = {}): string | null {
  if (typeof name !== "string" || name === "") return `expected a job name such as "nightly-build", got ${describe(name)}`;
  if (name.length > MAX_JOB_NAME) return `expected a job name of at most ${MAX_JOB_NAME} characters, got one of ${name.length}`;
  if ((options.dropped === true ? DROPPED_JOB_NAME : JOB_NAME).test(name)) return null;
  const first = options.dropped === true ? "any of them but a dot" : "a letter or digit";
  return `expected a job name of letters, digits, "_", "-" and ".", the first of them ${first}, got ${quote(name)}`;
}

/** Why `id` can't be a task's id, as a sentence; null if it can. */
export function checkTaskId(id: unknown): string | null {
  // Most are short, and every task is asked: then a single look is enough.
  if (typeof id === "string" && id !== "" && id.length * 3 <= MAX_TASK_ID_BYTES && !UNUSUAL.test(id)) return null;
  if (typeof id !== "string") {
    const remedy = typeof id === "number" || typeof id === "boolean" ? `: write "${id}"` : "";
    return `expected a string, got ${describe(id)}${remedy}`;
  }
  if (id === "") return "expected an id, got an empty text: leave the key out to get one made";
  if (/[\0\n]/.test(id)) return `expected an id without NUL and line breaks, got ${quote(id)}`;
  if (LONE_SURROGATE.test(id)) return `expected an id of whole characters, got half of a surrogate pair in ${quote(id)}`;
  const bytes = Buffer.byteLength(id);
  return bytes <= MAX_TASK_ID_BYTES ? null : `expected an id of at most ${MAX_TASK_ID_BYTES} bytes, got one of ${bytes}`;
}

/**
 * The name of a task's log file inside `logs/`, as described at the head of this file.
 *
 * @param id A task id that passed `checkTaskId`.
 * @param attempt For the file of that earlier attempt, counted from 1. Default: the file of the last attempt.
 */
export function logFileName(id: string, attempt?: number): string {
  const stem = PLAIN_ID.test(id) ? id : encode(id);
  return `${shorten(stem, id)}${attempt === undefined ? "" : `~${attempt}`}.log`;
}

/** The id behind a file name without `.log`, if it was not shortened. */
export function idOfStem(stem: string): string {
  return stem
    .replaceAll(/\+[a-z]/g, (letter) => letter.slice(1).toUpperCase())
    .replaceAll(/(?:%[\da-f]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll("%", ""), "hex").toString());
}

function encode(id: string): string {
  let stem = "";
  for (const byte of Buffer.from(id)) {
    const character = String.fromCharCode(byte);
    if (/[a-z0-9_]/.test(character) || (/[.-]/.test(character) && stem !== "")) stem += character;
    else if (/[A-Z]/.test(character)) stem += `+${character.toLowerCase()}`;
    else stem += `%${byte.toString(16).padStart(2, "0")}`;
  }
  return stem;
}

function shorten(stem: string, id: string): string {
  if (stem.length <= MAX_STEM) return stem;
  const digits = hash("sha256", id).toString("hex").slice(0, HASH_DIGITS);
  const kept = stem.slice(0, MAX_STEM - HASH_DIGITS - 1).replace(/(?:\+|%.?)$/, "");
  return `${kept}=${digits}`;
}
