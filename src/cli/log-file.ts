/**
 * Reads a task's log, from the beginning and on as it grows. Bytes come as they are; nothing is ever written. Links are not followed.
 */

import { closeSync, constants, fstatSync, openSync, readSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { JobView, TaskView } from "../index.js";

const chunkBytes = 64 * 1024;

/**
 * Where the log of a task is, or null if it has none yet. The name is taken from a file that anybody may have written: whatever path it
 * holds, the log is looked for in the job's own `logs`.
 *
 * @param attempt from 1; null for the last. Earlier ones stand beside it as `…~N.log`.
 */
export function logPathOf(job: JobView, task: TaskView, attempt: number | null): string | null {
  if (typeof task.log !== "string") return null;
  const name = basename(task.log);
  const isEarlier = attempt !== null && attempt !== task.attempts;
  return join(job.dir, "logs", isEarlier ? name.replace(/\.log$/, `~${attempt}.log`) : name);
}

export class LogFile {
  readonly #path: string;
  #descriptor: number | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** What was written since the last call, in chunks. A new file in place of the old one is read after the rest of the old one. */
  *read(): Generator<Buffer> {
    this.#descriptor ??= openLog(this.#path);
    if (this.#descriptor === null) return;
    yield* readRest(this.#descriptor);
    if (!isReplaced(this.#path, this.#descriptor)) return;
    yield* readRest(this.#descriptor);
    this.close();
    this.#descriptor = openLog(this.#path);
    if (this.#descriptor !== null) yield* readRest(this.#descriptor);
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
    this.#descriptor = null;
  }
}

/** The end of a log, at most `maxBytes` of it; null if there is no log. */
export function readLogEnd(path: string, maxBytes: number): Buffer | null {
  const descriptor = openLog(path);
  if (descriptor === null) return null;
  try {
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.min(size, maxBytes));
    return buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, size - buffer.length));
  } finally {
    closeSync(descriptor);
  }
}

function* readRest(descriptor: number): Generator<Buffer> {
  for (;;) {
    const buffer = Buffer.allocUnsafe(chunkBytes);
    const count = readSync(descriptor, buffer);
    if (count === 0) return;
    yield buffer.subarray(0, count);
  }
}

function openLog(path: string): number | null {
  try {
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (fstatSync(descriptor).isFile()) return descriptor;
    closeSync(descriptor);
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function isReplaced(path: string, descriptor: number): boolean {
  const current = statSync(path, { throwIfNoEntry: false });
  return current !== undefined && current.ino !== fstatSync(descriptor).ino;
}
