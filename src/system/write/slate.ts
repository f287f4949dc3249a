/**
 * A small file in which a process says how it stands, for those who can't ask it: a process without a handle left takes no call, and a full
 * disk no new file. So the file is opened, and its room taken, while all is well. It is believed as long as its writer lives, which whoever
 * reads it finds out elsewhere.
 */

import { constants, fstatSync, openSync, rmSync, writeSync } from "node:fs";
import { systemWords } from "../look/error-code.js";
import { letGo } from "../look/let-go.js";
import { readFile } from "../read/open-file.js";
import { presenceOf } from "../look/presence.js";

/** Under no job's name: what is said of all whose own sentence did not fit. */
export const OTHERS = "*";
const ROOM_BYTES = 8 * 1024;
/** Enough for what is said of others, however much of it is escaped. */
const OTHERS_BYTES = 1024;
const LONGEST_OF_OTHERS = 150;
const LONGEST_SENTENCE = 500;
const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export class Slate {
  readonly #path: string;
  /** Null while there can be none: then nobody reads how we stand. */
  #fd: number | null = null;
  #text = "";
  /** Of the file, as we left it. */
  #writtenAt = 0;

  /** In the place of one that a process before us has left. */
  constructor(path: string) {
    this.#path = path;
    this.say(new Map());
  }

  /**
   * A sentence each, by name. Costs a look at the file if it is what stands there. To be called now and then in any case: somebody may have
   * removed the file, or put an older copy in its place, which would be believed; or there could be none so far.
   */
  say(sentences: ReadonlyMap<string, string>): void {
    const text = inRoom(sentences);
    if (this.#isOurs() && text === this.#text) return;
    this.#text = text;
    this.#write(text);
  }

  remove(): void {
    if (this.#fd === null) return;
    if (presenceOf(this.#path, this.#fd) === "here") rmSync(this.#path, { force: true });
    letGo(this.#fd);
  }

  /** Whether it is as we left it; one that is gone is made anew. */
  #isOurs(): boolean {
    try {
      if (this.#fd !== null && presenceOf(this.#path, this.#fd) === "here")
        return fstatSync(this.#fd).mtimeMs === this.#writtenAt;
      const fd = makeAnew(this.#path);
      if (this.#fd !== null) letGo(this.#fd);
      this.#fd = fd;
      return false;
    } catch {
      // Next time.
      return true;
    }
  }

  #write(text: string): void {
    if (this.#fd === null) return;
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

/** What stands there; nothing if there is none, or if it is being written just now. A sentence if that can't be told. */
export function readSlate(path: string): ReadonlyMap<string, string> | string {
  const file = readFile(path, 2 * ROOM_BYTES);
  if (file.answer === "no") return new Map();
  if (file.answer === "other") return `what it waits for can't be read: something else lies at ${path}, remove it`;
  if (file.answer === "unknown") return `what it waits for can't be read: ${systemWords(file.why)}`;
  if (file.found.bytes.length < ROOM_BYTES) return NO_ROOM;
  try {
    const value: unknown = JSON.parse(file.found.bytes.toString("utf8"));
    const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
    return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
  } catch {
    return new Map();
  }
}

/** Its engine could not write it down. */
const NO_ROOM = "its engine finds no room to say what it waits for: see to the disk";

function inRoom(sentences: ReadonlyMap<string, string>): string {
  let text = "{";
  for (const [name, sentence] of sentences) {
    const entry = entryOf(name, sentence.slice(0, LONGEST_SENTENCE));
    if (Buffer.byteLength(text) + Buffer.byteLength(entry) + OTHERS_BYTES > ROOM_BYTES) {
      text += entryOf(
        OTHERS,
        `it may wait, as others do for whose names there was no room: ${sentence.slice(0, LONGEST_OF_OTHERS)}`,
      );
      break;
    }
    text += entry;
  }
  return `${text.replace(/,$/, "")}}`;
}

function entryOf(name: string, sentence: string): string {
  return `${JSON.stringify(name)}:${JSON.stringify(sentence)},`;
}
