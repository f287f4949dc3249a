/**
 * Appends a runner's records to its spool, whole lines, in order, also where a full disk takes a part and has to be waited for; and rings the bell.
 * Knows no task.
 */

import { constants, fstatSync, openSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { codeOf } from "../../system/look/error-code.js";
import { letGo } from "../../system/look/let-go.js";

const AGAIN_MS = 100;
/** Between two rings, while more is about to come. */
const BELL_MS = 20;

export class SpoolWriter {
  readonly #fd: number;
  readonly #bell: Socket;
  readonly #onRoom: () => void;
  /** What the disk has refused so far. */
  #held: string[] = [];
  #isTorn = false;
  #hasSaid = false;
  #isTooLarge = false;
  #again: NodeJS.Timeout | null = null;
  #ringing: NodeJS.Timeout | null = null;

  /** @param onRoom called when the disk takes records again. */
  constructor(path: string, onRoom: () => void) {
    this.#onRoom = onRoom;
    this.#fd = openSync(
      path,
      constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK,
      0o600,
    );
    const stats = fstatSync(this.#fd);
    if (!stats.isFile() || stats.size > 0) {
      letGo(this.#fd);
      throw new Error(`${path} is no empty file`);
    }
    // Not process.stdout, which waits for a reader.
    this.#bell = new Socket({ fd: 1, readable: false, writable: true });
    this.#bell.on("error", () => {});
    this.#bell.unref();
  }

  get fd(): number {
    return this.#fd;
  }

  /** True if it is on disk now; else nothing of it is said, and `onRoom` tells when it may be tried again. */
  tryAppend(line: string): boolean {
    if (this.#again === null && this.#write(line)) return true;
    this.#waitForRoom();
    return false;
  }

  /** It is on disk now, or will be in its turn. */
  append(line: string): void {
    if (this.#again === null && this.#write(line)) return;
    this.#held.push(line);
    this.#waitForRoom();
  }

  /** True if all that was said is on disk. Of a spool that has nothing in it nothing has begun, and one that may not grow never takes the rest. */
  get isSettled(): boolean {
    return this.#held.length === 0 || !this.#hasSaid || this.#isTooLarge;
  }

  /** @param isLast nothing else is about to be said. */
  ring(isLast: boolean): void {
    if (isLast) return this.#ringNow();
    this.#ringing ??= setTimeout(() => this.#ringNow(), BELL_MS);
  }

  #ringNow(): void {
    if (this.#ringing !== null) clearTimeout(this.#ringing);
    this.#ringing = null;
    // A reader that has not heard the last one reads all when he does.
    if (this.#bell.writable && this.#bell.writableLength === 0) this.#bell.write(this.#again === null ? "!" : "?");
  }

  #write(line: string): boolean {
    const text = `${this.#isTorn ? "?\n" : ""}${line}\n`;
    let written = 0;
    try {
      written = writeSync(this.#fd, text);
      this.#isTooLarge = false;
    } catch (error) {
      // Nothing of it was taken.
      this.#isTooLarge = codeOf(error) === "EFBIG";
    }
    if (written === text.length) {
      this.#isTorn = false;
      this.#hasSaid = true;
      return true;
    }
    this.#isTorn ||= written > 0;
    return false;
  }

  #waitForRoom(): void {
    if (this.#again !== null) return;
    this.#again = setTimeout(() => {
      this.#again = null;
      while (this.#held.length > 0 && this.#write(this.#held[0]!)) this.#held.shift();
      if (this.#held.length > 0) return this.#waitForRoom();
      this.ring(true);
      this.#onRoom();
    }, AGAIN_MS);
    this.#ringNow();
  }
}
