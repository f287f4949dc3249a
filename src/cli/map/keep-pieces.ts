/**
 * Keeps the pieces of standard input that tasks read, so that a task can be tried again. In the job's `inputs/`, a file a task.
 */

import { lstat, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { ensurePrivateDirectory } from "../../system/private-directory.js";

export class Pieces {
  readonly #dir: string;
  #isMade = false;

  /** @param jobDir of the job. */
  constructor(jobDir: string) {
    this.#dir = join(jobDir, "inputs");
  }

  /** The path of the piece of a task. One that is there already is left alone: a task may be reading it. */
  async keep(number: number, piece: Buffer): Promise<string> {
    if (!this.#isMade) ensurePrivateDirectory(this.#dir);
    this.#isMade = true;
    const path = join(this.#dir, `task-${number}`);
    const there = await lstat(path).catch(() => null);
    if (there?.isFile() === true && there.size === piece.length) return path;
    await rm(`${path}.tmp`, { force: true });
    const file = await open(`${path}.tmp`, "wx", 0o600);
    try {
      await file.writeFile(piece);
    } finally {
      await file.close();
    }
    await rename(`${path}.tmp`, path);
    return path;
  }
}
