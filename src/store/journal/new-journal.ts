/**
 * Writes a journal as a whole: for a new run, and for one that is compacted. Either the new journal is there,
 * or what was there before: a temporary file, synced, renamed.
 */

import { renameSync } from "node:fs";
import type { JobEvent } from "../../domain/events.js";
import { Journal } from "./journal.js";
import type { JobPaths } from "../layout.js";
import type { Picture } from "../picture/picture.js";
import { syncDirectory } from "../../system/write/sync-directory.js";
import { clearTemporary, temporaryOf } from "../../system/write/temporary-file.js";
import type { TaskSpec } from "../../domain/task.js";

/** Tasks a line: bounds the length of a line, and what a torn one can take with it. */
export const TASKS_A_LINE = 1000;

/** Tasks as events, so many a line that no line is huge. */
export function* tasksAdded(tasks: readonly TaskSpec[], at: number): Generator<JobEvent> {
  for (let start = 0; start < tasks.length; start += TASKS_A_LINE) {
    yield { type: "tasks-added", at, tasks: tasks.slice(start, start + TASKS_A_LINE) };
  }
}

/** Replaces the job's journal by one with just these events, which `picture` is told too, and opens it for more. */
export async function writeNewJournal(paths: JobPaths, events: Iterable<JobEvent>, picture?: Picture): Promise<Journal> {
  const temporary = temporaryOf(paths.journal);
  clearTemporary(temporary);
  const journal = Journal.create(temporary, paths.journal);
  try {
    for (const event of events) {
      journal.append([event]);
      picture?.apply(event);
    }
    // What is locked is what is protected: another engine that has opened the one before finds that it was replaced.
    const both = [journal.sync(), journal.lock()];
    // Nothing may be under way when it is closed.
    await Promise.allSettled(both);
    await Promise.all(both);
    renameSync(temporary, paths.journal);
    await syncDirectory(paths.dir);
    return journal;
  } catch (error) {
    await journal.close();
    throw error;
  }
}
