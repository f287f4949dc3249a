/**
 * Writes the picture of a job to `state.json` and `tasks.json`: for people, scripts and git. Driven by snapshot-schedule.ts, which
 * decides when.
 *
 * - A reader sees the old file or the new one, whole: a temporary file in the same directory, renamed over it.
 * - Not synced but at the end of a job: the journal is the truth, a snapshot can always be made again.
 * - Others may write there too: with a guard nothing is replaced that is not ours to replace.
 */

import { closeSync, constants, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import type { JobPaths } from "./layout.js";
import type { Picture } from "./picture.js";
import type { Standing, StateGuard } from "./state-guard.js";
import { TaskChunks } from "./task-chunks.js";
import { formatTimestamp } from "./timestamp.js";

/** The most buffers that one writev takes on the systems we know. */
const MAX_VECTOR = 1024;

/** Temporary names are fixed: the job's lock keeps others away, and a crash leaves at most one of each behind. */
const TEMPORARY_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;

export class Snapshots {
  readonly #paths: JobPaths;
  readonly #picture: Picture;
  readonly #chunks: TaskChunks;
  readonly #guard: StateGuard | null;
  /** Which version of the text tasks.json has; null before our first one. */
  #version: number | null = null;

  /** @param guard null where nobody else writes: in `runs/`. */
  constructor(paths: JobPaths, picture: Picture, guard: StateGuard | null) {
    this.#paths = paths;
    this.#picture = picture;
    this.#guard = guard;
    this.#chunks = new TaskChunks(picture);
  }

  /** Whether the files are ours to replace. */
  standing(): Standing {
    return this.#guard?.look() ?? "ours";
  }

  /** Replaces state.json alone: as small for a million tasks as for one. May be called while `write` is at work, unless that syncs. */
  writeState(text = stateText(this.#picture)): Standing {
    if (this.standing() !== "ours") return this.standing();
    writeSmall(temporaryOf(this.#paths.state), text);
    this.#commitState();
    return this.standing();
  }

  /** Replaces both files, unsynced, or says what stands in the way. Not to be called again before it has resolved. */
  async write(): Promise<Standing> {
    await this.#chunks.prepare();
    if (this.standing() !== "ours") return this.standing();
    // From here to the first await nothing can change the picture: both files show the same moment.
    const state = stateText(this.#picture);
    const version = await this.#prepareTasks({ sync: false });
    return this.#commitTasks(version) ? this.writeState(state) : this.standing();
  }

  /** As `write`, but both files are on disk when it has resolved, and not put in place before `before` has: the journal goes first. */
  async writeSynced(before: () => Promise<void>): Promise<Standing> {
    await this.#chunks.prepare();
    if (this.standing() !== "ours") return this.standing();
    const [state, tasks] = [temporaryOf(this.#paths.state), temporaryOf(this.#paths.tasks)];
    try {
      writeSmall(state, stateText(this.#picture));
      const prepared = this.#prepareTasks({ sync: true });
      await allOf([prepared, syncFile(state), before()]);
      if (this.#commitTasks(await prepared)) this.#commitState();
    } finally {
      // Left only if something went wrong: the journal may need the room.
      for (const path of [state, tasks]) rmSync(path, { force: true });
    }
    return this.standing();
  }

  close(): void {
    this.#guard?.close();
  }

  /** Writes the tasks beside their file, unless it has this version already. The text is made before the first await. */
  async #prepareTasks(options: { sync: boolean }): Promise<number> {
    const text = this.#chunks.text();
    const { version } = this.#chunks;
    if (version !== this.#version) await writeLarge(temporaryOf(this.#paths.tasks), text, options);
    return version;
  }

  /** False if the file may not be put in its place now. */
  #commitTasks(version: number): boolean {
    const temporary = temporaryOf(this.#paths.tasks);
    if (this.standing() !== "ours") {
      rmSync(temporary, { force: true });
      return false;
    }
    if (version !== this.#version) renameSync(temporary, this.#paths.tasks);
    this.#version = version;
    return true;
  }

  #commitState(): void {
    const temporary = temporaryOf(this.#paths.state);
    if (this.#guard === null) renameSync(temporary, this.#paths.state);
    else if (!this.#guard.replace(temporary)) rmSync(temporary, { force: true });
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
    ...(picture.warnings.length === 0 ? {} : { warnings: picture.warnings }),
    cwd: settings.cwd,
    ...(settings.concurrency === null ? {} : { concurrency: settings.concurrency }),
    ...(settings.maxFailures === null ? {} : { max_failures: settings.maxFailures }),
    ...(Object.keys(settings.env).length === 0 ? {} : { env: settings.env }),
    ...picture.extra,
  };
  return `${JSON.stringify(state, null, 2)}\n`;
}

function temporaryOf(path: string): string {
  return `${path}.tmp`;
}

function writeSmall(path: string, text: string): void {
  const fd = openSync(path, TEMPORARY_FLAGS, 0o600);
  try {
    writeFileSync(fd, text);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

async function writeLarge(path: string, parts: readonly Buffer[], options: { sync: boolean }): Promise<void> {
  const file = await open(path, TEMPORARY_FLAGS, 0o600);
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

/** Makes what is in a file safe from a power loss, whoever wrote it. */
async function syncFile(path: string): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW);
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** As Promise.all, but when it rejects nothing is under way any more. */
async function allOf(promises: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(promises);
  await Promise.all(promises);
}
