/**
 * Where a fault is: a path into the data, and from it `file:line:column` and the words that a user sees.
 *
 * A path always begins at the job, also for a file that is a bare list: `["tasks", 3, "timeout"]` becomes
 * `jobs.yaml:12:5: tasks[3] ("merge").timeout`. Lines are looked up only when there is a fault.
 */

import { AirError, type Fault } from "../../domain/errors.js";
import { count, isObject, quote } from "./describe.js";

/** Keys and indices from the job down to a value. */
export type Path = readonly (string | number)[];

export interface PathFault {
  readonly path: Path;
  readonly message: string;
}

/** A path in words, with its line and column if the text is known. */
export type Locate = (path: Path) => string;

/** A single value as it stands in the text: `3.10` is another thing than 3.1. Undefined if there is no text, or no such value. */
export type SourceOf = (path: Path) => string | undefined;

/** A parsed text that can tell where its values stand. */
export interface Source {
  /** The whole of it as plain data. */
  readonly value: unknown;
  /** Where the key or list item at `path` begins, or the nearest thing above it that exists. */
  readonly offsetOf: (path: Path) => number;
  /** The value at `path`; undefined if there is none. */
  readonly valueAt: (path: Path) => unknown;
  /** A single value as it stands in the text, without quotes; undefined for lists and objects, and if there is none. */
  readonly sourceAt: (path: Path) => string | undefined;
}

/** A text that can't be parsed. */
export class SyntaxFault extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/** What is beyond is counted, not listed. */
const MOST_FAULTS = 1000;

/** Places for a job that came as data, or whose text is gone. */
export function locateData(job: unknown, fileName: string | null = null): Locate {
  const file = fileName === null ? "" : `${fileName}: `;
  const tasks = isObject(job) ? job["tasks"] : job;
  const label = (index: number): unknown => (Array.isArray(tasks) ? tasks[index] : null);
  return (path) => `${file}${pathInWords(path, label)}` || "the job";
}

/** Places in a text. */
export function locateText(fileName: string, text: string, source: Source): Locate {
  // Held while the job is made ready: not with all that was parsed of the text, which may be as large as the job.
  const { offsetOf, valueAt } = source;
  const root = Array.isArray(source.value) ? 1 : 0;
  const positionAt = lineIndex(text);
  return (path) => {
    const own = inOriginal(path.slice(root), valueAt);
    const words = pathInWords(path, (index) => valueAt([...(root === 0 ? ["tasks"] : []), index]));
    return `${fileName}:${positionAt(offsetOf(own))}${words === "" ? "" : `: ${words}`}`;
  };
}

/** By paths from the job, also for a bare list. */
export function sourceIn(source: Source): SourceOf {
  const { sourceAt } = source;
  const root = Array.isArray(source.value) ? 1 : 0;
  return (path) => sourceAt(path.slice(root));
}

/** A fault in which numbers are as they stand in the text: in YAML, `3.10` is the number 3.1, and who is told so would lose the zero. */
export function asWritten(fault: PathFault, sourceOf: SourceOf): PathFault {
  if (!fault.message.includes("got the number ")) return fault;
  const source = sourceOf(fault.path);
  const number = String(Number(source));
  if (source === undefined || source === number) return fault;
  const message = fault.message
    .replace(/got the number [^ ,:]+/, () => `got the number ${source}`)
    .replace(`"${number}"`, `"${source}"`);
  return { path: fault.path, message };
}

/** Offset → `line:column`, both from 1. The lines are found at the first call. */
export function lineIndex(text: string): (offset: number) => string {
  let starts: number[] | null = null;
  return (offset) => {
    starts ??= lineStarts(text);
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return `${low + 1}:${offset - starts[low]! + 1}`;
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** `tasks[3] ("merge").timeout`; the label is what is at hand of the task. */
function pathInWords(path: Path, taskAt: (index: number) => unknown): string {
  return path
    .map((key, depth) => {
      if (typeof key === "string") return /^\w+$/.test(key) ? `${depth === 0 ? "" : "."}${key}` : `[${quote(key)}]`;
      const task = depth === 1 && path[0] === "tasks" ? taskAt(key) : null;
      return `[${key}]${isObject(task) && typeof task["id"] === "string" ? ` (${quote(task["id"])})` : ""}`;
    })
    .join("");
}

/** An index into a task's dependencies counts them without duplicates: back to what stands in the text. */
function inOriginal(path: Path, valueAt: Source["valueAt"]): Path {
  const [index, key] = [path.at(-1), path.at(-2)];
  if (key !== "dependencies" || typeof index !== "number") return path;
  const written = valueAt(path.slice(0, -1));
  if (!Array.isArray(written)) return path;
  return [...path.slice(0, -1), written.indexOf([...new Set(written)][index])];
}

/** The error for a job that can't be used, all faults in it; `subject` is its file's name. */
export function invalidJob(subject: string, faults: readonly Fault[]): AirError {
  return new AirError("AIR_INVALID_JOB", `${subject} is not a valid job: ${count(faults.length, "fault")}`, { faults });
}

/** Faults with their places, up to a thousand; the last one says how many more there are. */
export function placeFaults(faults: readonly PathFault[], locate: Locate): Fault[] {
  const placed = faults.slice(0, MOST_FAULTS).map(({ path, message }) => ({ place: locate(path), message }));
  const more = faults.length - placed.length;
  if (more > 0) placed.push({ place: locate([]), message: `… and ${count(more, "fault")} more` });
  return placed;
}
