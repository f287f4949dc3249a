/**
 * What somebody else wrote into the tasks.json of a job that we know: people read it, append tasks and write it back, perhaps long after
 * they read it. New ids are what counts; what became of the tasks is ours to say, and a task that the job has stays as it is until a
 * retry takes its edit up. Read while the job runs and when an ended job is opened. Writes nothing.
 */

import { constants } from "node:buffer";
import { setImmediate } from "node:timers/promises";
import type { Fault } from "../../domain/errors.js";
import type { TaskSpec } from "../../domain/task.js";
import { isObject, quote } from "../text/describe.js";
import type { Picture } from "../picture/picture.js";
import { graphFaults } from "../text/graph-faults.js";
import type { FitCheck } from "../text/demand-faults.js";
import { placeFaults, type Locate, type PathFault, type SourceOf } from "../text/places.js";
import { isForbidden } from "../../system/look/error-code.js";
import { certain } from "../../system/look/look.js";
import { readFile, type WholeFile } from "../../system/read/open-file.js";
import { isSnapshotOf } from "../runs/run-identity.js";
import { isSameTask } from "../same-tasks.js";
import { expandWritten } from "../text/template/expand-tasks.js";
import { readTasks } from "../text/task-reader.js";
import { parseText } from "../text/text-source.js";
import { formatTimestamp } from "../text/timestamp.js";

export interface Rewrite {
  /** New tasks that can be added, in their order. */
  readonly added: readonly TaskSpec[];
  /** Tasks that the job has and that mean something else now, each with what is wrong with it. */
  readonly edited: readonly { readonly task: TaskSpec; readonly faults: readonly Fault[] }[];
  /** Why new tasks can't be added, a sentence each. */
  readonly refusals: readonly string[];
  /** Changes of tasks that the job has, a sentence each. */
  readonly changes: readonly string[];
  /** False if the file looks as if it was not written by somebody who had read ours: the tasks of another run, say. */
  readonly isContinuation: boolean;
}

export interface RewriteContext {
  readonly fileName: string;
  readonly picture: Picture;
  readonly fit: FitCheck;
  /** How many of the tasks have been in the file for so long that whoever wrote it must have seen them. */
  readonly seen: number;
  readonly nowMs: number;
}

const MAX_BYTES = constants.MAX_STRING_LENGTH;
/** Nobody reads more of them. */
const MOST_NOTES = 100;
/** Tasks compared before the event loop gets a turn: about 5 ms. */
const SLICE = 500;
/** A chain of tasks behind a faulty one is refused link by link; one that is longer is refused whole. */
const MOST_REFUSALS = 100;

/** Null if it is no list of tasks, or not yet. */
export async function readRewrite(bytes: Uint8Array, context: RewriteContext): Promise<Rewrite | null> {
  const { fileName, picture } = context;
  const parsed = await parseText(bytes, fileName, "json");
  if (parsed.fault !== null || !Array.isArray(parsed.value)) return null;
  if (isSnapshotOf(new TextDecoder().decode(bytes), picture)) {
    return { added: [], edited: [], refusals: [], changes: [], isContinuation: true };
  }
  const { lines, place, refused } = readLinesOf(parsed.value, parsed);
  const found = new Set(lines.flatMap(({ id }) => (picture.ids.has(id) ? [id] : [])));
  const edited = await findEdits(lines, context, place);
  const { added, refusals } = await findAdded(lines, context, place);
  const missing = picture.tasks.slice(0, context.seen).filter(({ id }) => !found.has(id));
  const changes = [
    ...edited.map(({ task, faults: [fault] }) =>
      fault === undefined
        ? `task ${quote(task.id)} was changed in tasks.json: that counts when it is retried`
        : `task ${quote(task.id)} was changed in tasks.json and is wrong now, so it stays as it was: ${fault.place}: ${fault.message}`,
    ),
    ...missing.map(({ id }) => `task ${quote(id)} was taken out of tasks.json: it stays in the job`),
  ];
  return {
    added,
    edited,
    refusals: [...refused, ...refusals].slice(0, MOST_NOTES),
    changes: changes.slice(0, MOST_NOTES),
    isContinuation: (found.size > 0 || picture.tasks.length === 0) && lines.every((line) => isFromOurs(line, picture)),
  };
}

type Place = (faults: readonly PathFault[]) => readonly Fault[];

/** Tasks with a matrix are what they stand for; those of which that can't be told are refused. */
function readLinesOf(
  written: readonly unknown[],
  { locate, sourceOf }: { readonly locate: Locate; readonly sourceOf: SourceOf },
): { readonly lines: readonly Line[]; readonly place: Place; readonly refused: readonly string[] } {
  const wrong = new Set<unknown>();
  const refused: string[] = [];
  let expansion = expandWritten(written, sourceOf);
  for (let round = 0; expansion.faults.length > 0 && round < written.length; round++) {
    refused.push(...placeFaults(expansion.faults, locate).map(inWords));
    for (const { path } of expansion.faults) wrong.add(path[1]);
    expansion = expandWritten(
      written.map((task, index) => (wrong.has(index) ? null : task)),
      sourceOf,
    );
  }
  const { values, originOf, inFile: toFile } = expansion;
  return {
    lines: values.map(toLine).filter(({ index }) => !wrong.has(originOf(index))),
    place: (more) => placeFaults(toFile(more), locate),
    refused,
  };
}

function inWords({ place, message }: Fault): string {
  return `${place}: ${message}`;
}

/** An entry of the file. One without an id has the one that it would get in a new job. */
interface Line {
  readonly id: string;
  readonly index: number;
  readonly value: unknown;
}

function toLine(value: unknown, index: number): Line {
  if (isObject(value) && typeof value["id"] === "string") return { id: value["id"], index, value };
  const id = `task-${index + 1}`;
  const hasNoId = isObject(value) && (value["id"] === undefined || value["id"] === null);
  return { id, index, value: hasNoId ? { ...value, id } : value };
}

/** Whoever had read our file kept when its tasks were created. */
function isFromOurs({ id, value }: Line, { ids, tasks }: Picture): boolean {
  const index = ids.get(id);
  return index === undefined || (isObject(value) && value["created_at"] === tasks[index]!.createdAt);
}

async function findEdits(lines: readonly Line[], context: RewriteContext, place: Place): Promise<Rewrite["edited"]> {
  const { ids, tasks } = context.picture;
  const known = lines.filter(({ id }) => ids.has(id));
  const edits: Rewrite["edited"][number][] = [];
  for (let start = 0; start < known.length; start += SLICE) {
    const slice = known.slice(start, start + SLICE);
    const read = await readLines(slice, context);
    for (const [nth, { id, index }] of slice.entries()) {
      const task = read.tasks[nth]!;
      const faults = read.faults.filter(({ path }) => path[1] === index);
      if (faults.length > 0 || !isSameTask(task, tasks[ids.get(id)!]!)) edits.push({ task, faults: place(faults) });
    }
    await setImmediate();
  }
  return edits;
}

async function findAdded(
  lines: readonly Line[],
  context: RewriteContext,
  place: Place,
): Promise<{ added: readonly TaskSpec[]; refusals: readonly string[] }> {
  let rest = lines.filter(({ id }) => !context.picture.ids.has(id));
  let added: readonly TaskSpec[] = [];
  const refusals: string[] = [];
  for (let round = 0; rest.length > 0; round++) {
    const read = await readLines(rest, context);
    const { ids, settings } = context.picture;
    const graph = [...graphFaults(read.tasks, ids), ...(await context.fit(read.tasks, settings.pools))];
    const faults = [...read.faults, ...graph.map(({ path, message }) => ({ path: inFile(path, rest), message }))];
    added = read.tasks;
    if (faults.length === 0) break;
    refusals.push(...place(faults).map(inWords));
    const wrong = new Set(faults.map(({ path }) => path[1]));
    rest = round === MOST_REFUSALS ? [] : rest.filter(({ index }) => !wrong.has(index));
    added = [];
  }
  return { added, refusals };
}

/** Faults come with the places in the file. */
async function readLines(
  lines: readonly Line[],
  { nowMs }: RewriteContext,
): Promise<{ tasks: readonly TaskSpec[]; faults: readonly PathFault[] }> {
  const values = lines.map(({ value }) => value);
  const { tasks, faults } = await readTasks(values, { createdAt: formatTimestamp(nowMs), isTasksJson: true });
  return { tasks, faults: faults.map(({ path, message }) => ({ path: inFile(path, lines), message })) };
}

function inFile([root, place, ...rest]: PathFault["path"], lines: readonly Line[]): PathFault["path"] {
  return [root!, lines[place as number]!.index, ...rest];
}

/**
 * What stands in the tasks.json of a job that nobody runs, and for how long. Null if it is no list of tasks.
 *
 * @throws the system's error if it can't be read just now.
 */
export async function readAtRest(
  path: string,
  context: Omit<RewriteContext, "fileName" | "seen">,
): Promise<{ readonly rewrite: Rewrite; readonly ageMs: number } | null> {
  const file = readExisting(path);
  const rewrite = file === null ? null : await readRewrite(file.bytes, { ...context, fileName: path, seen: 0 });
  return file === null || rewrite === null ? null : { rewrite, ageMs: context.nowMs - Number(file.stats.mtimeMs) };
}

/** Null if there is nothing that we could or may read. */
function readExisting(path: string): WholeFile | null {
  const file = readFile(path, MAX_BYTES);
  if (file.answer === "other" || (file.answer === "unknown" && isForbidden(file.why))) return null;
  return certain(file);
}
