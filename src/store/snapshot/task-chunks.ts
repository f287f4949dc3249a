/**
 * The text of `tasks.json` in chunks of lines. Writes no file.
 *
 * Only chunks in which something changed are made again, so a snapshot costs what has changed. Many are made in slices that leave the
 * event loop room; what changes meanwhile is made again at the end, so the text shows one moment. Of a map, where tasks leave and others
 * take their places, the few that are there are made anew each time.
 *
 * Of a large job a chunk in which nothing goes on, since no task of it has begun or all have ended, is kept packed until it is written. So
 * it takes a twentieth of its room, or less.
 */

import { setImmediate } from "node:timers/promises";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { isFinal } from "../../domain/task.js";
import { logFileName } from "../names.js";
import type { Picture } from "../picture/picture.js";
import { taskLine } from "../text/task-line.js";

const CHUNK_TASKS = 128;
/** Chunks made before the event loop gets a turn: a few milliseconds. */
const SLICE_CHUNKS = 16;

/** Smaller jobs have the room. */
const LARGE_JOB = 10_000;
/** The level gains nothing by being higher: the lines are much alike. */
const PACKING = { level: 1 };

interface Chunk {
  readonly bytes: Buffer;
  readonly isPacked: boolean;
}

export class TaskChunks {
  readonly #picture: Picture;
  readonly #chunks: Chunk[] = [];
  readonly #dirty = new Set<number>();
  #version = 0;

  constructor(picture: Picture) {
    this.#picture = picture;
    if (picture.isRunningMap) return;
    this.#renew();
    picture.onTaskChanged = (index) => {
      this.#dirty.add(Math.floor(index / CHUNK_TASKS));
      // The first line of a chunk may be new: then the line before it needs its comma.
      if (index % CHUNK_TASKS === 0 && index > 0) this.#dirty.add(index / CHUNK_TASKS - 1);
    };
  }

  /** Grows whenever the text that was made last is no longer what it was. */
  get version(): number {
    return this.#version;
  }

  /** Makes most of what has changed, in slices. */
  async prepare(): Promise<void> {
    for (let rest = [...this.#dirty]; rest.length > SLICE_CHUNKS; rest = rest.slice(SLICE_CHUNKS)) {
      for (const chunk of rest.slice(0, SLICE_CHUNKS)) this.#make(chunk);
      await setImmediate();
    }
  }

  /** The whole text as it is now. To be read once, also later: then it is still that of now. */
  text(): Iterable<Buffer | string> {
    if (this.#picture.isRunningMap) this.#renew();
    for (const chunk of this.#dirty) this.#make(chunk);
    return textOf([...this.#chunks]);
  }

  #renew(): void {
    this.#chunks.length = 0;
    for (let chunk = 0; chunk * CHUNK_TASKS < this.#picture.tasks.length; chunk++) this.#dirty.add(chunk);
    this.#version += 1;
  }

  #make(chunk: number): void {
    const { tasks, records, name } = this.#picture;
    let text = "";
    const { status } = records[chunk * CHUNK_TASKS]!;
    let isQuiet = tasks.length > LARGE_JOB && (status === "pending" || isFinal(status));
    const end = Math.min(tasks.length, (chunk + 1) * CHUNK_TASKS);
    for (let index = chunk * CHUNK_TASKS; index < end; index++) {
      const task = tasks[index]!;
      const record = records[index]!;
      isQuiet &&= record.status === status;
      const log = record.attempts === 0 ? null : `logs/${logFileName(task.id)}`;
      text += taskLine(task, record, name, log) + (index + 1 < tasks.length ? ",\n" : "\n");
    }
    this.#chunks[chunk] = { bytes: isQuiet ? deflateRawSync(text, PACKING) : Buffer.from(text), isPacked: isQuiet };
    this.#version += 1;
    this.#dirty.delete(chunk);
  }
}

function* textOf(chunks: readonly Chunk[]): Generator<Buffer | string> {
  yield "[\n";
  for (const { bytes, isPacked } of chunks) yield isPacked ? inflateRawSync(bytes) : bytes;
  yield "]\n";
}
