/** The tasks of a map that have ended, out of its journal, one by one and in bounded memory. Takes no lock: what is appended meanwhile may be missing. */

import type { TaskRecord, TaskSpec } from "../../domain/task.js";
import { readJournal } from "../journal/journal-reader.js";
import { Picture } from "../picture/picture.js";
import type { JobPaths } from "../layout.js";

const PIECE_BYTES = 256 * 1024;

export function forEachEnded({ journal }: JobPaths, act: (task: TaskSpec, record: TaskRecord) => void): void {
  const picture = new Picture({ keepsIds: false });
  picture.onTaskLeft.push(act);
  readJournal(journal, (event) => picture.apply(event), { memory: Buffer.allocUnsafe(PIECE_BYTES) });
}
