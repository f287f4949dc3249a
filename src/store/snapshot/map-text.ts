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
import { LinesInOrder, listText } from "./lines-in-order.js";

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
export function mapText(
  journal: string,
  name: string,
  left: Picture["leftOfMap"],
  mostWaiting = MOST_WAITING,
): Iterable<Buffer | string> {
  return listText(piecesOf(journal, new Lines(name, left), mostWaiting));
}

function* piecesOf(journal: string, lines: Lines, mostWaiting: number): Generator<string> {
  const memory = Buffer.allocUnsafe(READ_BYTES);
  for (let next: LinePlace | null = { offset: 0, seq: 1 }; next !== null;) {
    next = readPiece(journal, next, memory, lines, mostWaiting);
    if (next === null) lines.end();
    else if (lines.waiting > mostWaiting) lines.putOpen(lookUp(journal, new Set(lines.open), lines.first, memory));
    yield lines.take();
  }
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

/** The lines of tasks, and where in the journal they came. */
class Lines extends LinesInOrder<LinePlace> {
  readonly #name: string;
  readonly #left: Picture["leftOfMap"];
  readonly #picture = new Picture({ keepsIds: false });

  constructor(name: string, left: Picture["leftOfMap"]) {
    super();
    this.#name = name;
    this.#left = left;
    this.#picture.onTaskLeft.push((task, record) => this.#put(task, record));
  }

  apply(event: JobEvent, place: LinePlace): void {
    if (event.type === "tasks-added") for (const { id } of event.tasks) this.come(id, place);
    this.#picture.apply(event);
  }

  /** @param records of all that are open */
  putOpen(records: readonly TaskRecord[]): void {
    const { ids, tasks } = this.#picture;
    for (const [place, id] of this.open.entries()) this.#put(tasks[ids.get(id)!]!, records[place]!);
  }

  /** Of what has no end. */
  end(): void {
    const { ids, tasks, records } = this.#picture;
    for (const id of this.open) {
      const place = ids.get(id)!;
      this.#put(tasks[place]!, records[place]!);
    }
  }

  #put(task: TaskSpec, record: TaskRecord): void {
    // It was looked up before.
    if (!this.isOpen(task.id)) return;
    record.left ??= this.#left.get(task.id) ?? null;
    const log = record.attempts === 0 ? null : `logs/${logFileName(task.id)}`;
    this.put(task.id, taskLine(task, record, this.#name, log));
  }
}
