/**
 * The text of `tasks.json` for a small map that has ended or stopped, made as its tasks end: while others run a line costs little, and in the
 * end, when nothing else runs, all would have to be read back from the journal (map-text.ts). Of a large map, or one that was taken up,
 * nothing is kept.
 */

import type { TaskRecord, TaskSpec } from "../../domain/task.js";
import { logFileName } from "../names.js";
import type { Picture } from "../picture/picture.js";
import { taskLine } from "../text/task-line.js";
import { LinesInOrder, listText } from "./lines-in-order.js";

/** Some 10,000 short tasks. */
const MOST_CHARACTERS = 4 * 1024 * 1024;
/** As bytes they are out of the garbage collector's way. */
const PIECE_CHARACTERS = 16 * 1024;

export class MapLines {
  readonly #picture: Picture;
  /** Null if not all are known, or no more are kept. */
  #lines: LinesInOrder<null> | null = null;
  #pieces: Buffer[] = [];
  #characters = 0;

  /** @param most characters that are kept */
  constructor(picture: Picture, most = MOST_CHARACTERS) {
    this.#picture = picture;
    if (!picture.isRunningMap || picture.counts.total > 0) return;
    this.#lines = new LinesInOrder();
    picture.onTaskAdded = ({ id }) => this.#lines?.come(id, null);
    picture.onTaskLeft.push((task, record) => this.#keep(task, record, most));
  }

  /** The whole text as it is now; null if the journal has to tell it. Nothing is kept any more. */
  take(): Iterable<Buffer | string> | null {
    const [lines, pieces] = [this.#lines, this.#pieces];
    this.#forget();
    const { ids, tasks, records, leftOfMap } = this.#picture;
    // What is told of a task after its end is not in its line.
    if (lines === null || leftOfMap.size > 0) return null;
    for (const id of lines.open) {
      const place = ids.get(id)!;
      lines.put(id, this.#lineOf(tasks[place]!, records[place]!));
    }
    return listText([...pieces, lines.take()]);
  }

  #keep(task: TaskSpec, record: TaskRecord, most: number): void {
    if (this.#lines === null) return;
    const line = this.#lineOf(task, record);
    this.#lines.put(task.id, line);
    this.#characters += line.length;
    if (this.#characters > most) this.#forget();
    else if (this.#lines.characters > PIECE_CHARACTERS) this.#pieces.push(Buffer.from(this.#lines.take()));
  }

  #forget(): void {
    this.#lines = null;
    this.#pieces = [];
  }

  #lineOf(task: TaskSpec, record: TaskRecord): string {
    const log = record.attempts === 0 ? null : `logs/${logFileName(task.id)}`;
    return taskLine(task, record, this.#picture.name, log);
  }
}
