/**
 * The files into which the attempts of a task write, read in order: of each attempt every line once, under its number. One stream of a task:
 * its log, or what it wrote to stderr where that stands apart.
 *
 * The latest attempt writes to `ID.log`. When the next one is handed over, that file becomes `ID~N.log` first, if there is one: who says
 * nothing has none. So whoever knows the latest number does not know yet whose `ID.log` is: the one before may not have made room, and later
 * ones may have begun. What is certain: a file that is open here stays itself under any name; a `~N` is of attempt N; and an attempt is on
 * record before it begins. So `ID.log` is opened first: if the record has no later number then, and the one before has made room, it is the latest's.
 */

import { LogFile } from "./log-file.js";
import type { AttemptOnRecord } from "../internal.js";
import { lookAt } from "../system/look/path-look.js";

/** The first attempt to be read, and the last. */
export interface AttemptRange {
  readonly from: number;
  readonly to: number;
}

export interface Piece {
  readonly attempt: number;
  /** Null when there is no more of this attempt. */
  readonly bytes: Buffer | null;
}

export interface Look {
  /** As it is at the moment that it is asked. */
  readonly latest: () => AttemptOnRecord;
  /** No other comes. */
  readonly isLast: boolean;
  /** Without one nothing moves. */
  readonly hasEngine: boolean;
}

/** An engine moves what it is about to move within moments. So many looks may be in doubt. */
const MOST_DOUBTS = 10;

export class AttemptFiles {
  readonly #path: string;
  readonly #to: number;
  /** The one whose output is read. */
  #attempt: number;
  /** What was opened last, and whose it is. Open as long as it may stand in another's place. */
  #file: LogFile | null = null;
  #owner = 0;
  /** Looks at a place of which it was not certain whose it is, and which attempt's it should have been. */
  #doubts = { attempt: 0, looks: 0 };
  /** By path. */
  readonly #problems = new Map<string, string>();

  /** @param path of the latest attempt's. */
  constructor(path: string, { from, to }: AttemptRange) {
    this.#path = path;
    this.#attempt = from;
    this.#to = to;
  }

  /** Why something could not be read; none as a rule. */
  get problems(): readonly string[] {
    return [...this.#problems.values(), this.#file?.problem ?? []].flat();
  }

  /** What was written since the last call. */
  *read(look: Look): Generator<Piece> {
    while (this.#attempt <= this.#to) {
      const latest = look.latest();
      const isPast = this.#attempt < latest.attempt;
      yield* this.#rest();
      // The latest began none after all, as it seems by now.
      if (this.#attempt > latest.attempt) return;
      const file = isPast ? this.#findPast(latest, look) : this.#findLatest(latest, look);
      if (file === "in doubt") return;
      if (file === null) {
        if (!isPast) return;
        yield { attempt: this.#attempt, bytes: null };
        this.#attempt += 1;
      } else if (isPast || look.latest().attempt === this.#attempt) {
        yield* this.#goOnWith(file);
        if (!isPast) return;
      } else {
        // Others have begun, perhaps before it was opened.
        file.close();
      }
    }
  }

  close(): void {
    this.#file?.close();
    this.#file = null;
  }

  *#rest(): Generator<Piece> {
    if (this.#file === null || this.#owner !== this.#attempt) return;
    for (const bytes of this.#file.readOn()) yield { attempt: this.#attempt, bytes };
  }

  /** What was written into the one before until now comes first. */
  *#goOnWith(file: LogFile): Generator<Piece> {
    yield* this.#rest();
    this.#file?.close();
    [this.#file, this.#owner] = [file, this.#attempt];
    yield* this.#rest();
  }

  /** What is not open yet of the latest attempt; null if there is nothing. */
  #findLatest(latest: AttemptOnRecord, look: Look): LogFile | "in doubt" | null {
    // Asked first: room that is made later was not there for what is opened.
    const hasRoom = latest.dueAt === null || lookAt(this.#pastPath(this.#attempt - 1)).answer === "yes";
    const file = this.#open(this.#path, look);
    if (file === "in doubt") return file;
    if (file !== null) return hasRoom || !this.#isDoubtful(file, latest, look) ? file : inDoubt(file);
    // It made room for one that did not begin.
    return this.#owner === this.#attempt ? null : this.#open(this.#pastPath(this.#attempt), look);
  }

  /** Likewise of one before it. */
  #findPast(latest: AttemptOnRecord, look: Look): LogFile | "in doubt" | null {
    const path = this.#pastPath(this.#attempt);
    if (this.#attempt < latest.attempt - 1 || this.#owner === this.#attempt) return this.#open(path, look);
    // In this order: what makes room meanwhile is found in the second place.
    const next = this.#open(this.#path, look);
    if (next === "in doubt") return next;
    const own = this.#open(path, look);
    // It makes room for what does not begin, too, and comes back. Until something is there, nothing is missed.
    if (own === null && next === null) return latest.dueAt === null || look.isLast ? null : "in doubt";
    if (own === null && this.#isDoubtful(next!, latest, look)) return inDoubt(next!);
    next?.close();
    return own;
  }

  /** True if what stood in the latest attempt's place when the one before was not seen to have made room may as well be of that. */
  #isDoubtful(file: LogFile, { attempt, dueAt, isOrphaned }: AttemptOnRecord, { isLast, hasEngine }: Look): boolean {
    if (attempt === 1 || dueAt === null || this.#owner === attempt - 1 || isLast) return false;
    // Nothing else tells: the system changes a file's other times as it is moved, and moved back.
    if (file.writtenAt() >= dueAt + 1) return false;
    if (this.#doubts.attempt !== attempt) this.#doubts = { attempt, looks: 0 };
    if (hasEngine && !isOrphaned) this.#doubts.looks += 1;
    return this.#doubts.looks <= MOST_DOUBTS;
  }

  /** What stands there, if that is not open already. A want of handles passes. */
  #open(path: string, { isLast }: Look): LogFile | "in doubt" | null {
    const there = lookAt(path);
    this.#problems.delete(path);
    if (there.answer === "no" || (there.answer === "yes" && this.#file?.is(there.found) === true)) return null;
    const file = new LogFile(path);
    const isOpen = file.isThere();
    if (file.hasNoRoom && !isLast) return "in doubt";
    if (file.problem !== null) this.#problems.set(path, file.problem);
    return isOpen ? file : null;
  }

  #pastPath(attempt: number): string {
    return this.#path.replace(/\.(log|err)$/, `~${attempt}.$1`);
  }
}

function inDoubt(file: LogFile): "in doubt" {
  file.close();
  return "in doubt";
}
