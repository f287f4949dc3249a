/**
 * The files of one attempt in the portable runner: what it reads, and its logs, which are new files, never through a link. Opened before the
 * task is started, closed as soon as it has them.
 */

import { constants, fstatSync, lstatSync, openSync, rmSync, unlinkSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import type { TaskOrder } from "./commands.js";
import { StartFailure } from "./start-failure.js";
import { letGo } from "../../system/look/let-go.js";

const LOG_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND | constants.O_NOFOLLOW;
const SLASH = 0x2f;

export class TaskFiles {
  readonly #input: Buffer | null;
  readonly #made: { readonly path: Buffer; readonly ino: number }[] = [];
  #inputFile: FileHandle | null = null;
  #log = -1;
  #errorLog = -1;

  constructor({ cwd, input }: TaskOrder) {
    this.#input = input.length > 0 ? inDirectory(cwd, input) : null;
  }

  /** @throws StartFailure */
  async open({ logs, log, errorLog }: TaskOrder): Promise<void> {
    try {
      // On another thread: a pipe in its place keeps this one task waiting.
      if (this.#input !== null) this.#inputFile = await open(this.#input, constants.O_RDONLY);
      if (this.#inputFile !== null && (await this.#inputFile.stat()).isDirectory())
        throw Object.assign(new Error("a directory"), { code: "EISDIR" });
    } catch (error) {
      throw new StartFailure("i", error);
    }
    try {
      this.#log = this.#make(inDirectory(logs, log));
      if (errorLog.length > 0) this.#errorLog = this.#make(inDirectory(logs, errorLog));
    } catch (error) {
      throw new StartFailure("l", error);
    }
  }

  get stdio(): ["ignore" | number, number, number] {
    return [this.#inputFile?.fd ?? "ignore", this.#log, this.#errorLog < 0 ? this.#log : this.#errorLog];
  }

  /** Lets an open of a pipe that nobody writes to come back. */
  release(): void {
    if (this.#input === null) return;
    try {
      letGo(openSync(this.#input, constants.O_WRONLY | constants.O_NONBLOCK));
    } catch {
      // Nobody waits there.
    }
  }

  close(): void {
    for (const fd of [this.#log, this.#errorLog]) if (fd >= 0) letGo(fd);
    this.#log = this.#errorLog = -1;
    void this.#inputFile?.close().catch(() => {});
    this.#inputFile = null;
  }

  /** The log of what never ran, and that of errors if there were none. */
  removeEmpty(which: "all" | "errors"): void {
    for (const { path, ino } of which === "all" ? this.#made : this.#made.slice(1)) {
      const there = lstatSync(path, { throwIfNoEntry: false });
      if (there?.ino === ino && there.size === 0) unlinkSync(path);
    }
  }

  #make(path: Buffer): number {
    const fd = openSync(path, LOG_FLAGS, 0o600);
    this.#made.push({ path, ino: fstatSync(fd).ino });
    return fd;
  }
}

/** At once: it holds variables, and with the last task this process goes. What can't be removed now goes with the spool. */
export function removeScript(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // As it is.
  }
}

function inDirectory(directory: Buffer, path: Buffer): Buffer {
  return path[0] === SLASH ? path : Buffer.concat([directory, Buffer.from("/"), path]);
}
