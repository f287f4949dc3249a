/**
 * Keeps the pieces of standard input that tasks read, so that a task can be tried again. In the job's `inputs/`, a file a task.
 */

import { mkdir, open, rename, stat } from "node:fs/promises";
import { join } from "node:path";

export class Pieces {
  readonly #dir: string;
  #made: Promise<unknown> | null = null;

  /** @param jobDir of the job. */
  constructor(jobDir: string) {
    this.#dir = join(jobDir, "inputs");
  }

  /** The path of the piece of a task. One that is there already is left alone: a task may be reading it. */
  async keep(number: number, piece: Buffer): Promise<string> {
    await (this.#made ??= mkdir(this.#dir, { recursive: true, mode: 0o700 }));
    const path = join(this.#dir, `task-${number}`);
    const there = await stat(path).catch(() => null);
    if (there?.isFile() === true && there.size === piece.length) return path;
    const file = await open(`${path}.tmp`, "w", 0o600);
    try {
      await file.writeFile(piece);
    } finally {
      await file.close();
    }
    await rename(`${path}.tmp`, path);
    return path;
  }
}
