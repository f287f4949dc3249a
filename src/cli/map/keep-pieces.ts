/**
 * Keeps the pieces of standard input that tasks read, so that a task can be tried again. In the job's `inputs/`, a file a task.
 */

import { lstat, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { AirError } from "../../index.js";
import { ensurePrivateDirectory } from "../../system/write/private-directory.js";

export class Pieces {
  readonly #dir: string;
  readonly #known: number;
  #isMade = false;

  /** @param jobDir of the job. @param known how many tasks of it are on record. */
  constructor(jobDir: string, known: number) {
    this.#dir = join(jobDir, "inputs");
    this.#known = known;
  }

  /**
   * The path of the piece of a task. One that is there already is left alone: a task may be reading it.
   *
   * @throws AirError `AIR_CONFLICT` if it is another one, and the task is on record.
   */
  async keep(number: number, piece: Buffer): Promise<string> {
    if (!this.#isMade) ensurePrivateDirectory(this.#dir);
    this.#isMade = true;
    const path = join(this.#dir, `task-${number}`);
    const there = await lstat(path).catch(() => null);
    if (there?.isFile() === true) {
      if (there.size === piece.length && piece.equals(await readFile(path))) return path;
      if (number <= this.#known) throw otherPiece(path);
    }
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

function otherPiece(path: string): AirError {
  const message = `standard input is not what the unfinished map was begun with: this piece differs from ${path}. Give the same again, or begin anew with --fresh`;
  return new AirError("AIR_CONFLICT", message);
}
