/**
 * A small file in which a process says how it stands, for those who can't ask it: a process without a handle left takes no call, and a full
 * disk no new file. So the file is opened, and its room taken, while all is well. It is believed as long as its writer lives, which whoever
 * reads it finds out elsewhere.
 */

import { closeSync, constants, fstatSync, openSync, rmSync, writeSync } from "node:fs";
import { readFile } from "./open-file.js";

/** What does not fit is left out. */
const ROOM_BYTES = 8 * 1024;
const LONGEST_SENTENCE = 500;
const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export class Slate {
  readonly #path: string;
  #fd: number;
  #text = "{}";
  /** Of the file, as we left it. */
  #writtenAt = 0;

  private constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
    this.#write(this.#text);
  }

  /** In the place of one that a process before us has left. Null if there can be none: then nobody reads how we stand. */
  static open(path: string): Slate | null {
    try {
      return new Slate(path, makeAnew(path));
    } catch {
      return null;
    }
  }

  /**
   * A sentence each, by name. Costs a look at the file if it is what stands there. To be called now and then in any case: somebody may have
   * removed the file, or put an older copy in its place, which would be believed.
   */
  say(sentences: ReadonlyMap<string, string>): void {
    const text = inRoom(sentences);
    if (this.#isOurs() && text === this.#text) return;
    this.#text = text;
    this.#write(text);
  }

  remove(): void {
    closeSync(this.#fd);
    rmSync(this.#path, { force: true });
  }

  /** Whether it is as we left it; one that is gone is made anew. */
  #isOurs(): boolean {
    try {
      const { nlink, mtimeMs } = fstatSync(this.#fd);
      if (nlink > 0) return mtimeMs === this.#writtenAt;
      const fd = makeAnew(this.#path);
      closeSync(this.#fd);
      this.#fd = fd;
      return false;
    } catch {
      // Next time.
      return true;
    }
  }

  #write(text: string): void {
    const bytes = Buffer.from(text + " ".repeat(Math.max(0, ROOM_BYTES - Buffer.byteLength(text))));
    this.#writtenAt = 0;
    try {
      // What a full disk takes a part of is written again, too.
      if (writeSync(this.#fd, bytes, 0, null, 0) === bytes.length) this.#writtenAt = fstatSync(this.#fd).mtimeMs;
    } catch {
      // Then the older word stands.
    }
  }
}

function makeAnew(path: string): number {
  rmSync(path, { force: true });
  return openSync(path, NEW, 0o600);
}

/** What stands there; nothing if there is none, or if it is being written just now. Null if its writer has found no room for it. */
export function readSlate(path: string): ReadonlyMap<string, string> | null {
  const file = readFile(path, 2 * ROOM_BYTES);
  if (file.answer === "no" || file.answer === "other" || file.answer === "unknown") return new Map();
  if (file.found.bytes.length < ROOM_BYTES) return null;
  try {
    const value: unknown = JSON.parse(file.found.bytes.toString("utf8"));
    const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
    return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
  } catch {
    return new Map();
  }
}

/** What is said of whoever waits, where its engine could not write it down. */
export const NO_ROOM = "its engine finds no room to say what it waits for: see to the disk";

function inRoom(sentences: ReadonlyMap<string, string>): string {
  let text = "{";
  for (const [name, sentence] of sentences) {
    const entry = `${text === "{" ? "" : ","}${JSON.stringify(name)}:${JSON.stringify(sentence.slice(0, LONGEST_SENTENCE))}`;
    if (Buffer.byteLength(text) + Buffer.byteLength(entry) + 1 > ROOM_BYTES) break;
    text += entry;
  }
  return `${text}}`;
}
