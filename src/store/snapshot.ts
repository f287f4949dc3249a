/**
 * Writes the picture of a job to `state.json` and `tasks.json`: for people, scripts and git. Driven by writer.ts, which decides when.
 *
 * - A reader sees the old file or the new one, whole: a temporary file in the same directory, renamed over it.
 * - `tasks.json` is one task a line, kept in chunks of lines; only chunks in which something changed are made again. They are made in
 *   slices that leave the event loop room, and what changed meanwhile is made again at the end, so the file shows one moment.
 * - Not synced but at the end of a job: the journal is the truth, a snapshot can always be made again.
 * - Others may write there too: with a guard nothing is replaced that is not ours to replace.
 */

import { constants, renameSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import type { JobPaths } from "./layout.js";
import { logFileName } from "./names.js";
import type { Picture } from "./picture.js";
import type { Standing, StateGuard } from "./state-guard.js";
import { taskLine } from "./task-line.js";
import { formatTimestamp } from "./timestamp.js";

const CHUNK_TASKS = 128;
/** Chunks made before the event loop gets a turn: about 5 ms. */
const SLICE_CHUNKS = 16;
/** The most buffers that one writev takes on the systems we know. */
const MAX_VECTOR = 1024;

export class Snapshots {
  readonly #paths: JobPaths;
  readonly #picture: Picture;
  readonly #chunks: Buffer[] = [];
  readonly #dirty = new Set<number>();
  readonly #guard: StateGuard | null;
  /** True if tasks.json on disk is what the chunks say. */
  #isTasksFileCurrent = false;

  /** @param guard null where nobody else writes: in `runs/`. */
  constructor(paths: JobPaths, picture: Picture, guard: StateGuard | null) {
    this.#paths = paths;
    this.#picture = picture;
    this.#guard = guard;
    for (let chunk = 0; chunk * CHUNK_TASKS < picture.tasks.length; chunk++) this.#dirty.add(chunk);
    picture.onTaskChanged = (index) => {
      this.#dirty.add(Math.floor(index / CHUNK_TASKS));
      // The first line of a chunk may be new: then the line before it needs its comma.
      if (index % CHUNK_TASKS === 0 && index > 0) this.#dirty.add(index / CHUNK_TASKS - 1);
    };
  }

  /** Whether the files are ours to replace. */
  standing(): Standing {
    return this.#guard?.look() ?? "ours";
  }

  /** Replaces both files, or says what stands in the way. Not to be called again before it has resolved. */
  async write(options: { sync: boolean }): Promise<Standing> {
    await this.#refreshInSlices();
    // From here to the first await nothing can change the picture: both files show the same moment.
    this.#refresh(this.#dirty);
    const state = Buffer.from(stateText(this.#picture));
    const tasks = this.#chunks.length === 0 ? [Buffer.from("[\n]\n")] : [Buffer.from("[\n"), ...this.#chunks, Buffer.from("]\n")];
    if (!this.#isTasksFileCurrent) {
      const isWritten = await this.#replace(this.#paths.tasks, tasks, options, (temporary) => {
        if (this.standing() !== "ours") return false;
        renameSync(temporary, this.#paths.tasks);
        return true;
      });
      if (!isWritten) return this.standing();
      this.#isTasksFileCurrent = this.#dirty.size === 0;
    }
    await this.#replace(this.#paths.state, [state], options, (temporary) => {
      if (this.#guard !== null) return this.#guard.replace(temporary);
      renameSync(temporary, this.#paths.state);
      return true;
    });
    return this.standing();
  }

  close(): void {
    this.#guard?.close();
  }

  /** Writes beside the file and has it put in its place. False if that may not be now. */
  async #replace(
    path: string,
    parts: readonly Buffer[],
    options: { sync: boolean },
    commit: (temporary: string) => boolean,
  ): Promise<boolean> {
    if (this.standing() !== "ours") return false;
    const temporary = `${path}.tmp`;
    await writeTemporary(temporary, parts, options);
    const isCommitted = commit(temporary);
    if (!isCommitted) rmSync(temporary, { force: true });
    return isCommitted;
  }

  async #refreshInSlices(): Promise<void> {
    for (let rest = [...this.#dirty]; rest.length > SLICE_CHUNKS; rest = rest.slice(SLICE_CHUNKS)) {
      this.#refresh(rest.slice(0, SLICE_CHUNKS));
      await setImmediate();
    }
  }

  #refresh(chunks: Iterable<number>): void {
    this.#isTasksFileCurrent &&= this.#dirty.size === 0;
    const { tasks, records, name } = this.#picture;
    for (const chunk of chunks) {
      let text = "";
      const end = Math.min(tasks.length, (chunk + 1) * CHUNK_TASKS);
      for (let index = chunk * CHUNK_TASKS; index < end; index++) {
        const task = tasks[index]!;
        const record = records[index]!;
        const log = record.attempts === 0 ? null : `logs/${logFileName(task.id)}`;
        text += taskLine(task, record, name, log) + (index + 1 < tasks.length ? ",\n" : "\n");
      }
      this.#chunks[chunk] = Buffer.from(text);
      this.#dirty.delete(chunk);
    }
  }
}

/** The text of state.json: the guide's keys first, ours beside them. */
export function stateText(picture: Picture): string {
  const { run, settings } = picture;
  const time = (at: number | null): string | null => (at === null ? null : formatTimestamp(at));
  const state = {
    id: run.id,
    name: picture.name,
    state: picture.state,
    created_at: run.createdAt,
    updated_at: time(picture.updatedAt),
    started_at: time(picture.startedAt),
    completed_at: time(picture.completedAt),
    error: picture.error,
    owner: picture.owner,
    counts: picture.counts,
    first_failure: picture.firstFailure,
    cwd: settings.cwd,
    ...(settings.concurrency === null ? {} : { concurrency: settings.concurrency }),
    ...(settings.maxFailures === null ? {} : { max_failures: settings.maxFailures }),
    ...(Object.keys(settings.env).length === 0 ? {} : { env: settings.env }),
    ...picture.extra,
  };
  return `${JSON.stringify(state, null, 2)}\n`;
}

/** The temporary name is fixed: the job's lock keeps others away, and a crash leaves at most one behind. */
async function writeTemporary(path: string, parts: readonly Buffer[], options: { sync: boolean }): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  const file = await open(path, flags, 0o600);
  try {
    for (let start = 0; start < parts.length; start += MAX_VECTOR) {
      const batch = parts.slice(start, start + MAX_VECTOR);
      const wanted = batch.reduce((sum, part) => sum + part.length, 0);
      const { bytesWritten } = await file.writev(batch);
      // Short without an error: the disk is full. The rest would fail in any case.
      if (bytesWritten < wanted) await file.writeFile(Buffer.concat(batch).subarray(bytesWritten));
    }
    if (options.sync) await file.datasync();
  } catch (error) {
    // What was written so far takes room that the journal may need more.
    rmSync(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
