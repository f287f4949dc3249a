/**
 * A spool as the last version wrote it (format 1), for adoption: its runners were small shells, one a slot. Reads alone, and no more than is
 * needed to take over what a killed engine of that version left behind.
 *
 *     lane <boot id> <pid> <start ticks>    what follows is of this shell, until the next such line
 *     b <key>                               an attempt begins
 *     s <key>                               after a `b`: it was recalled, and does not begin after all
 *     e <key> <exit status>                 it ended; 128 + n after signal n, or if it exited with that itself
 *
 * Anything else is a complaint of the shell. Times are not recorded: the file's own is the nearest. A `.recall` file beside the spool keeps
 * from beginning what has not begun.
 */

import { fstatSync, readSync } from "node:fs";
import { NO, type Look } from "../../system/look/look.js";
import { lookAtLock } from "../../system/lock/lock-look.js";
import { openToAppend } from "../../system/read/open-file.js";
import { bootId, isAlive, wake, type ProcessIdentity } from "../../system/process/process-identity.js";
import type { Trace } from "../ending/trace.js";
import { exited } from "../spool/end-result.js";
import type { AdoptedSpool, Told } from "./adopted-spool.js";
import { letGo } from "../../system/look/let-go.js";

const CHUNK_BYTES = 64 * 1024;
/** No line of a record is longer. */
const LONGEST_LINE = 4096;

interface Entry {
  hasBegun: boolean;
  exitStatus: number | null;
}

export class LaneSpool implements AdoptedSpool {
  readonly keepsLimits = false;
  isOutOfSight = false;
  readonly #path: string;
  readonly #fd: number;
  readonly #entries = new Map<number, Entry>();
  #lane: ProcessIdentity | null = null;
  #running: number | null = null;
  #isHeldBack = false;
  #position = 0;
  #rest = "";

  /** Owns the descriptor from now on. */
  constructor(path: string, fd: number, keys: Iterable<number>) {
    this.#path = path;
    this.#fd = fd;
    for (const key of keys) this.#entries.set(key, { hasBegun: false, exitStatus: null });
  }

  read(): void {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (;;) {
      const length = readSync(this.#fd, chunk, 0, CHUNK_BYTES, this.#position);
      if (length === 0) return;
      this.#position += length;
      const lines = (this.#rest + chunk.toString("latin1", 0, length)).split("\n");
      this.#rest = (lines.pop() ?? "").slice(-LONGEST_LINE);
      for (const line of lines) this.#take(line.split(" "));
    }
  }

  isAlive(): Look {
    const lane = this.#lane;
    this.isOutOfSight = false;
    if (lane === null || this.isOfEarlierBoot()) return NO;
    const life = isAlive(lane);
    if (life.answer !== "no") return life;
    const lock = lookAtLock(this.#path);
    this.isOutOfSight = lock.answer === "yes";
    return lock;
  }

  isCopy(): boolean {
    return false;
  }

  get writer(): ProcessIdentity | null {
    return this.#lane;
  }

  holdBack(): void {
    letGo(openToAppend(recallPath(this.#path)));
    this.#isHeldBack = true;
  }

  wake(): void {
    if (this.#lane !== null) wake(this.#lane);
  }

  told(key: number): Told {
    const { hasBegun, exitStatus } = this.#entries.get(key)!;
    const at = Math.round(fstatSync(this.#fd).mtimeMs);
    return {
      hasBegun,
      begunAt: null,
      end: exitStatus === null ? null : { result: exited(exitStatus), at, usage: null },
      reason: null,
      left: 0,
      lostLog: null,
      isDropped: !hasBegun && this.#isHeldBack,
      isDoubtful: false,
    };
  }

  trace(key: number, variables: readonly string[]): Trace {
    // A pid that is another process's by now must not make that one's children ours.
    const isRunning = this.#running === key && this.#lane !== null && isAlive(this.#lane).answer === "yes";
    return { mark: null, leader: null, parent: isRunning ? this.#lane!.pid : null, variables };
  }

  /** It ran one at a time. */
  get unended(): ReadonlySet<number> {
    return new Set(this.#running === null ? [] : [this.#running]);
  }

  isOfEarlierBoot(): boolean {
    return this.#lane !== null && this.#lane.bootId !== bootId();
  }

  close(): void {
    letGo(this.#fd);
  }

  #take(words: readonly string[]): void {
    const entry = this.#entries.get(Number(words[1]));
    if (words[0] === "lane" && words.length === 4) {
      this.#lane = { bootId: words[1] ?? "", pid: Number(words[2]), start: Number(words[3]) };
      this.#running = null;
    } else if (words[0] === "b" && words.length === 2) {
      this.#running = Number(words[1]);
      if (entry !== undefined) entry.hasBegun = true;
    } else if (words[0] === "s" && words.length === 2) {
      this.#running = null;
      if (entry !== undefined) entry.hasBegun = false;
    } else if (words[0] === "e" && words.length === 3) {
      this.#running = null;
      if (entry !== undefined) entry.exitStatus = Number(words[2]);
    }
  }
}

/** The file that keeps a shell from beginning what it has not begun. */
export function recallPath(spool: string): string {
  return spool.replace(/spool$/, "recall");
}
