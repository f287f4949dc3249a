/**
 * Appends to `journal.ndjson`. One writer, under the job's lock; knows nothing of what the lines mean.
 *
 * Promises: `append` returns once every byte is with the operating system (safe from a crash of ours), or throws with nothing of it
 * left in the file. `sync` makes it safe from a power loss; syncs run off the main thread and one at a time, so that all lines appended
 * meanwhile share the next one (group commit).
 *
 * After a sync that failed nobody knows what is on disk of the lines since the one before, and the kernel may call the next one a
 * success although it has dropped them. So they are kept in memory until they are safe, and after a failure the file is written anew.
 */

import { fdatasync, fstatSync, ftruncateSync, writeSync } from "node:fs";
import { promisify } from "node:util";
import { AirError } from "../../domain/errors.js";
import type { JobEvent } from "../../domain/events.js";
import { FORMAT_VERSION } from "../layout.js";
import { batchLength } from "./batch-lines.js";
import { isOfFormat } from "./event-formats.js";
import { encodeBatch, encodeEvent } from "./journal-format.js";
import { KeptBytes } from "./kept-bytes.js";
import { noteDoubt, renewJournal } from "./journal-renewal.js";
import { aboutPath } from "../../system/look/error-code.js";
import { letGo } from "../../system/look/let-go.js";
import { lockOpen } from "../../system/lock/file-lock.js";
import { isMissing, presenceOf, type Presence } from "../../system/look/presence.js";
import { isPossible } from "../../system/look/look.js";
import { CAN_OPEN_AGAIN, openAgain, openToAppend } from "../../system/read/open-file.js";
import { openRegular } from "../../system/read/regular-file.js";
import { lookAt } from "../../system/look/path-look.js";
import { makeFile, temporaryOf } from "../../system/write/temporary-file.js";

const datasync = promisify(fdatasync);

const FIRST_FORMAT_WITH_BATCHES = 3;

export class Journal {
  #fd: number;
  readonly #path: string;
  #seq: number;
  #size: number;
  /** Bytes that a failed append left behind because the truncation failed too. */
  #hasRubbish = false;
  #syncedSize = 0;
  #syncing: Promise<void> | null = null;
  /** A new file is thrown away if its first sync fails: until then nothing of it is kept in memory. */
  #isNew: boolean;
  /** What was appended since the last sync that worked. */
  readonly #unsynced = new KeptBytes();
  #isDoubtful: boolean;
  #isClosed = false;
  /** Whether its path is its job's: nobody's before its job is in hand. */
  #isOurs = (): boolean => false;
  /** The next sync puts it at its path again. */
  #isToBePut = false;
  /** Whoever reads what its first line promises can read them. */
  readonly #format: number;

  private constructor(fd: number, path: string, seq: number, isDoubtful: boolean, format: number) {
    this.#format = format;
    this.#fd = fd;
    this.#path = path;
    this.#seq = seq;
    this.#size = sizeOf(fd, path);
    this.#isNew = this.#size === 0;
    this.#isDoubtful = isDoubtful;
  }

  /**
   * @param seq the number of the last line in the file, 0 for a new one; the reader has checked the file and cut its torn end.
   * @param fd of the file, open for appending. Default: it is opened.
   * @param format as its first line has it. Default: it is new.
   */
  static open(path: string, seq: number, fd = openToAppend(path), format = FORMAT_VERSION): Journal {
    // An earlier engine has met a failed sync, and did not come to write the journal anew.
    const isDoubtful = isPossible(lookAt(temporaryOf(path)));
    return new Journal(fd, path, seq, isDoubtful, format);
  }

  /** A new one in the file `temporary`, which must not be there; to be moved to `path` once it is synced. */
  static create(temporary: string, path: string): Journal {
    return new Journal(makeFile(temporary), path, 0, false, FORMAT_VERSION);
  }

  /** Whether its file is still the one at its path. */
  presence(): Presence {
    return presenceOf(this.#path, this.#fd);
  }

  /** @param isOurs whether its path is its job's: then it is to be there. */
  keepAt(isOurs: () => boolean): void {
    this.#isOurs = isOurs;
  }

  /**
   * Has the next sync put it at its path again, if it alone was removed or moved, or something else was put there.
   *
   * @returns false if that is to be done.
   */
  keepPlace(): boolean {
    if (this.#isMissing()) this.#isToBePut = true;
    return !this.#isToBePut;
  }

  #isMissing(): boolean {
    return CAN_OPEN_AGAIN && !this.#isClosed && isMissing(this.#path, this.#fd) && this.#isOurs();
  }

  /** Keeps other engines from it, before it is moved to its path. */
  async lock(): Promise<void> {
    if (!(await lockOpen(this.#fd))) throw new AirError("AIR_LOCKED", `somebody holds ${this.#path} that is being made.`);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** How many lines it has: the number of the last one. */
  get lines(): number {
    return this.#seq;
  }

  get size(): number {
    return this.#size;
  }

  /** How much of it is safe from a power loss. */
  get syncedSize(): number {
    return this.#syncedSize;
  }

  /** How many bytes of it are kept in memory until they are. */
  get unsynced(): number {
    return this.#unsynced.length;
  }

  /** True if a sync of it has failed, ours or an earlier engine's, and none has worked since. */
  get isDoubtful(): boolean {
    return this.#isDoubtful;
  }

  /** Appends events in order, but for those that its format doesn't have. Throws the file system's error with nothing of them in the file. */
  append(all: readonly JobEvent[]): void {
    if (this.#hasRubbish) this.#truncate();
    const hasBatches = this.#format >= FIRST_FORMAT_WITH_BATCHES;
    const events = this.#format === FORMAT_VERSION ? all : all.filter((event) => isOfFormat(event, this.#format));
    let seq = this.#seq;
    let text = "";
    for (let place = 0; place < events.length;) {
      const length = hasBatches ? batchLength(events, place) : 0;
      text += length === 0 ? encodeEvent(++seq, events[place]!) : encodeBatch(++seq, events, place, length);
      place += Math.max(1, length);
    }
    const bytes = this.#unsynced.append(text);
    let written = 0;
    try {
      // On a full disk a write may come back short without an error: the next one then throws.
      while (written < bytes.length) written += writeSync(this.#fd, bytes, written);
    } catch (error) {
      this.#unsynced.takeBack(bytes.length);
      if (written > 0) {
        this.#hasRubbish = true;
        this.#truncate();
      }
      throw aboutPath(error, this.#path);
    }
    this.#seq = seq;
    this.#size += bytes.length;
    if (this.#isNew) this.#unsynced.takeBack(bytes.length);
  }

  /** Resolves when everything appended so far is on disk. */
  async sync(): Promise<void> {
    const target = this.#size;
    while (this.#syncedSize < target || this.#isToBePut) {
      this.#syncing ??= this.#syncOnce().finally(() => (this.#syncing = null));
      await this.#syncing;
    }
  }

  async #syncOnce(): Promise<void> {
    const size = this.#size;
    const unsynced = this.#unsynced.length;
    const isToBePut = this.#isToBePut;
    const isHere = (): boolean => this.presence() === "here";
    if (isToBePut && this.#isMissing()) await this.#writeAnew(this.#isOurs, () => openAgain(this.#fd));
    else if (this.#isDoubtful) await this.#writeAnew(isHere, () => openRegular(this.#path));
    else await this.#flush();
    if (isToBePut) this.#isToBePut = false;
    this.#syncedSize = size;
    this.#isNew = false;
    this.#unsynced.forget(unsynced);
  }

  async #flush(): Promise<void> {
    try {
      await datasync(this.#fd);
    } catch (error) {
      this.#isDoubtful = true;
      // Whoever comes after us must not trust the next sync either.
      noteDoubt(this.#path);
      throw aboutPath(error, this.#path);
    }
  }

  async #writeAnew(isOurs: () => boolean, open: () => number): Promise<void> {
    await renewJournal({
      path: this.#path,
      lines: this.#seq,
      size: this.#size,
      unsynced: this.#unsynced,
      open,
      isOurs,
      onReplaced: (fd) => {
        const replaced = this.#fd;
        this.#fd = fd;
        letGo(replaced);
        this.#hasRubbish = false;
      },
    }).catch((error: unknown) => {
      throw aboutPath(error, this.#path);
    });
    this.#isDoubtful = false;
  }

  #truncate(): void {
    try {
      ftruncateSync(this.#fd, this.#size);
    } catch (error) {
      throw aboutPath(error, this.#path);
    }
    this.#hasRubbish = false;
  }

  /** Waits for a sync in flight: closing under it would sync somebody else's descriptor. */
  async close(): Promise<void> {
    await this.#syncing?.catch(() => {});
    this.#isClosed = true;
    letGo(this.#fd);
  }
}

function sizeOf(fd: number, path: string): number {
  try {
    return fstatSync(fd).size;
  } catch (error) {
    throw aboutPath(error, path);
  }
}
