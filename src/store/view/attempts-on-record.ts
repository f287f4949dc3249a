/**
 * The latest attempt of each task, as the journal has it: it is there before the attempt begins, where snapshots lag behind. Reads on from
 * where it stopped, and takes no lock.
 */

import type { AttemptEnded, JobEvent } from "../../domain/events.js";
import { AirError } from "../../domain/errors.js";
import { isSystemError } from "../../system/look/error-code.js";
import { lookAt } from "../../system/look/path-look.js";
import { jobPaths } from "../layout.js";
import { readJournal, type LinePlace } from "../journal/journal-reader.js";

export interface AttemptOnRecord {
  /** From 1. */
  readonly attempt: number;
  /** When it was to be started, milliseconds since the epoch; null once it has certainly begun. */
  readonly dueAt: number | null;
  /** The engine that was to start it is gone: whether it did may show only when all has ended that this had started. */
  readonly isOrphaned: boolean;
}

const START: LinePlace = { offset: 0, seq: 1 };
const PIECE_BYTES = 256 * 1024;

export class AttemptsOnRecord {
  readonly #journal: string;
  readonly #latest = new Map<string, AttemptOnRecord>();
  readonly #memory = Buffer.allocUnsafe(PIECE_BYTES);
  #file = 0;
  #size = 0;
  #next = START;

  /** @param dir of the run */
  constructor(dir: string) {
    this.#journal = jobPaths(dir).journal;
  }

  /** Undefined if there was none, or if the journal can't be read. */
  of(task: string): AttemptOnRecord | undefined {
    return this.#latest.get(task);
  }

  /** Takes in what was written since the last call, if it can be read now. */
  readOn(): void {
    const look = lookAt(this.#journal);
    if (look.answer === "no" || look.answer === "unknown") return;
    const { ino, size } = look.found;
    if (ino === this.#file && size === this.#size) return;
    // It was written anew.
    if (ino !== this.#file || size < this.#size) this.#forget();
    this.#file = ino;
    try {
      const end = readJournal(this.#journal, (event) => this.#apply(event), { from: this.#next, memory: this.#memory });
      this.#next = { offset: end.size, seq: end.seq + 1 };
      this.#size = size;
    } catch (error) {
      if (!(error instanceof AirError) && !isSystemError(error)) throw error;
      if (!(error instanceof AirError) || error.code !== "AIR_DAMAGED") return;
      // Then snapshots have to do.
      this.#forget();
      this.#size = size;
    }
  }

  #forget(): void {
    this.#latest.clear();
    this.#next = START;
  }

  #apply(event: JobEvent): void {
    if (event.type === "attempt-started")
      this.#latest.set(event.task, { attempt: event.attempt, dueAt: event.at, isOrphaned: false });
    else if (event.type === "job-taken-up") this.#orphan();
    else if (event.type === "attempt-begun") this.#latest.set(event.task, begun(event.attempt));
    else if (event.type === "attempt-ended") this.#end(event);
    else if (event.type === "records-restored")
      for (const [task, { attempts }] of event.records) this.#latest.set(task, begun(attempts));
  }

  #end({ task, attempt, outcome }: AttemptEnded): void {
    // What did not begin was no attempt after all.
    this.#latest.set(task, begun(outcome.kind === "not-begun" ? attempt - 1 : attempt));
  }

  #orphan(): void {
    for (const [task, latest] of this.#latest) if (latest.dueAt !== null) this.#latest.set(task, { ...latest, isOrphaned: true });
  }
}

function begun(attempt: number): AttemptOnRecord {
  return { attempt, dueAt: null, isOrphaned: false };
}
