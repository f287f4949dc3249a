/**
 * The text of `tasks.json` for a map that has ended or stopped: all its tasks as they came, made from the journal in bounded memory. Used
 * by snapshot.ts. Reads the journal and writes nothing.
 *
 * The journal is read once, and tells of tasks in the order in which they end. The line of one that ended before others that had come
 * earlier waits for theirs; if many wait for some that ran for long, what became of those is looked up further on, in one go.
 */

import type { JobEvent } from "../../domain/events.js";
import type { TaskRecord, TaskSpec } from "../../domain/task.js";
import { readJournal, type LinePlace } from "../journal/journal-reader.js";
import { logFileName } from "../names.js";
import { Picture } from "../picture/picture.js";
import { taskLine } from "../text/task-line.js";

/** A few megabytes of text. */
const MOST_WAITING = 5_000;
/** Made without a pause. */
const PIECE_CHARACTERS = 64 * 1024;
const READ_BYTES = 256 * 1024;

/**
 * To be read when nothing is appended to the journal any more: what has no end by then has none in the text.
 *
 * @param left what tasks have left behind: that may stand far behind their end
 * @param mostWaiting so many lines wait for that of a task which came before theirs
 */
export function* mapText(
  journal: string,
  name: string,
  left: Picture["leftOfMap"],
  mostWaiting = MOST_WAITING,
): Generator<string> {
  const memory = Buffer.allocUnsafe(READ_BYTES);
  const lines = new Lines(name, left);
  let separator = "[\n";
  for (let next: LinePlace | null = { offset: 0, seq: 1 }; next !== null;) {
    next = readPiece(journal, next, memory, lines, mostWaiting);
    if (next === null) lines.end();
    else if (lines.waiting > mostWaiting) lines.putOpen(lookUp(journal, lines.open, lines.first, memory));
    const piece = lines.take();
    if (piece === "") continue;
    yield `${separator}${piece}`;
    separator = ",\n";
  }
  yield separator === "[\n" ? "[\n]\n" : "\n]\n";
}

/** Reads until there is something to do. Gives where to go on; null at the end. */
function readPiece(journal: string, from: LinePlace, memory: Buffer, lines: Lines, mostWaiting: number): LinePlace | null {
  let next: LinePlace | null = null;
  let { seq } = from;
  const read = (event: JobEvent, place: LinePlace): boolean => {
    // Not within a line, which may tell of many events.
    if (place.seq !== seq && (lines.characters >= PIECE_CHARACTERS || lines.waiting > mostWaiting)) next = place;
    else lines.apply(event, place);
    ({ seq } = place);
    return next !== null;
  };
  readJournal(journal, read, { from, memory });
  return next;
}

/** What became of tasks, as they came. @param from where the first of them is */
function lookUp(journal: string, ids: ReadonlySet<string>, from: LinePlace, memory: Buffer): readonly TaskRecord[] {
  const picture = new Picture({ keepsAll: true });
  const read = (event: JobEvent): boolean => {
    if (event.type === "tasks-added") picture.apply({ ...event, tasks: event.tasks.filter(({ id }) => ids.has(id)) });
    else if ("task" in event && ids.has(event.task)) picture.apply(event);
    return picture.tasks.length === ids.size && picture.counts.pending + picture.counts.running === 0;
  };
  readJournal(journal, read, { from, memory });
  return picture.records;
}

/** A task, and the line of the journal that tells that it came. */
interface Arrival {
  readonly number: number;
  readonly place: LinePlace;
}

class Lines {
  readonly #name: string;
  readonly #left: Picture["leftOfMap"];
  readonly #picture = new Picture({ keepsIds: false });
  /** Tasks without a line, by their ids, as they came. */
  readonly #open = new Map<string, Arrival>();
  /** By the number of the task. */
  readonly #waiting = new Map<number, string>();
  #count = 0;
  /** How many tasks have a place in the text. */
  #placed = 0;
  #ready: string[] = [];
  #characters = 0;

  constructor(name: string, left: Picture["leftOfMap"]) {
    this.#name = name;
    this.#left = left;
    this.#picture.onTaskLeft = (task, record) => this.#put(task, record);
  }

  /** How many wait for the first. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Those without a line, as they came. There must be one. */
  get open(): ReadonlySet<string> {
    return new Set(this.#open.keys());
  }

  /** Where the first of them came. */
  get first(): LinePlace {
    return this.#open.values().next().value!.place;
  }

  /** Of what can be taken. */
  get characters(): number {
    return this.#characters;
  }

  apply(event: JobEvent, place: LinePlace): void {
    if (event.type === "tasks-added") for (const { id } of event.tasks) this.#open.set(id, { number: this.#count++, place });
    this.#picture.apply(event);
  }

  /** @param records of all that are open */
  putOpen(records: readonly TaskRecord[]): void {
    const { ids, tasks } = this.#picture;
    for (const [place, id] of [...this.#open.keys()].entries()) this.#put(tasks[ids.get(id)!]!, records[place]!);
  }

  /** Of what has no end. */
  end(): void {
    const { ids, tasks, records } = this.#picture;
    for (const id of [...this.#open.keys()]) {
      const place = ids.get(id)!;
      this.#put(tasks[place]!, records[place]!);
    }
  }

  /** The lines that are next in the text; "" if there are none. */
  take(): string {
    const text = this.#ready.join(",\n");
    this.#ready = [];
    this.#characters = 0;
    return text;
  }

  #put(task: TaskSpec, record: TaskRecord): void {
    const arrival = this.#open.get(task.id);
    // It was looked up before.
    if (arrival === undefined) return;
    this.#open.delete(task.id);
    record.left ??= this.#left.get(task.id) ?? null;
    const log = record.attempts === 0 ? null : `logs/${logFileName(task.id)}`;
    this.#waiting.set(arrival.number, taskLine(task, record, this.#name, log));
    for (let line = this.#next(); line !== undefined; line = this.#next()) {
      this.#ready.push(line);
      this.#characters += line.length;
    }
  }

  #next(): string | undefined {
    const line = this.#waiting.get(this.#placed);
    if (line !== undefined) this.#waiting.delete(this.#placed++);
    return line;
  }
}
