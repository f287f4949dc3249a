/**
 * The text of `tasks.json` for a map that has ended or stopped: all its tasks as they came, made from the journal in bounded memory. Used
 * by snapshot.ts. Reads the journal and writes nothing.
 *
 * What became of a task stands in the journal shortly after the task as a rule. So the journal is read in blocks of tasks: from where the
 * first task of a block came to where its last one ended. A task that ran for long makes its own block a long read, and no other one.
 */

import type { JobEvent } from "../../domain/events.js";
import { readJournal, type LinePlace } from "../journal/journal-reader.js";
import { logFileName } from "../names.js";
import { Picture } from "../picture/picture.js";
import { taskLine } from "../text/task-line.js";

/** Made without a pause: a few milliseconds. */
const BLOCK_TASKS = 100;
const PIECE_BYTES = 64 * 1024;

/**
 * To be read when nothing is appended to the journal any more: what has no end by then has none in the text.
 *
 * @param left what tasks have left behind: that may stand far behind their end
 */
export function* mapText(journal: string, name: string, left: Picture["leftOfMap"], blockTasks = BLOCK_TASKS): Generator<string> {
  const memory = Buffer.allocUnsafe(PIECE_BYTES);
  let separator = "[\n";
  for (let next: LinePlace | null = { offset: 0, seq: 1 }; next !== null;) {
    const block = new Picture({ keepsAll: true });
    next = readBlock(journal, next, block, blockTasks, memory);
    if (block.tasks.length === 0) continue;
    for (const [id, index] of block.ids) block.records[index]!.left ??= left.get(id) ?? null;
    yield `${separator}${linesOf(block, name)}`;
    separator = ",\n";
  }
  yield separator === "[\n" ? "[\n]\n" : "\n]\n";
}

/** Gives where the next block begins; null if there is none. */
function readBlock(journal: string, from: LinePlace, block: Picture, blockTasks: number, memory: Buffer): LinePlace | null {
  let next: LinePlace | null = null;
  const read = (event: JobEvent, place: LinePlace): boolean => {
    if (event.type === "tasks-added" && block.tasks.length >= blockTasks) next ??= place;
    else if (event.type === "tasks-added" ? next === null : isOf(block, event)) block.apply(event);
    return next !== null && block.counts.pending + block.counts.running === 0;
  };
  readJournal(journal, read, { from, memory });
  return next;
}

/** The events of a map that name a task. */
function isOf(block: Picture, event: JobEvent): boolean {
  return "task" in event && block.ids.has(event.task);
}

function linesOf({ tasks, records }: Picture, name: string): string {
  return tasks
    .map((task, index) => {
      const record = records[index]!;
      return taskLine(task, record, name, record.attempts === 0 ? null : `logs/${logFileName(task.id)}`);
    })
    .join(",\n");
}
