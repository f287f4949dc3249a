/**
 * What the plan knows of each task of a job, in columns: its status, how many dependencies it waits for, its attempts, who is to
 * blame if it was skipped. Fourteen bytes a task, and a tally of the statuses that is always right.
 *
 * Only the plan writes here. It decides nothing.
 */

import type { Counts } from "../../domain/job.js";
import type { TaskStatus } from "../../domain/task.js";
import { grown } from "./growable.js";

/** A status in a column: its place in `STATUSES`. New columns hold 0, pending. */
const STATUSES = ["pending", "running", "completed", "failed", "skipped", "cancelled"] as const satisfies readonly TaskStatus[];
const CODES = { pending: 0, running: 1, completed: 2, failed: 3, skipped: 4, cancelled: 5 } as const;

export class TaskTable {
  #size = 0;
  #codes = new Uint8Array(0);
  #marks = new Uint8Array(0);
  #attempts = new Int32Array(0);
  #culprits = new Int32Array(0);
  readonly #tally = new Int32Array(STATUSES.length);

  /** How many dependencies a task still waits for. */
  unmet = new Int32Array(0);

  /** Adds so many pending tasks. */
  add(count: number): void {
    this.#size += count;
    this.#codes = grown(this.#codes, this.#size);
    this.#marks = grown(this.#marks, this.#size);
    this.#attempts = grown(this.#attempts, this.#size);
    this.#culprits = grown(this.#culprits, this.#size);
    this.unmet = grown(this.unmet, this.#size);
    this.#tally[CODES.pending]! += count;
  }

  statusOf(task: number): TaskStatus {
    return STATUSES[this.#codes[task]!]!;
  }

  isPending(task: number): boolean {
    return this.#codes[task] === CODES.pending;
  }

  isEnded(task: number): boolean {
    return this.#codes[task]! > CODES.running;
  }

  setStatus(task: number, status: TaskStatus): void {
    this.#tally[this.#codes[task]!]! -= 1;
    this.#codes[task] = CODES[status];
    this.#tally[CODES[status]]! += 1;
  }

  count(status: TaskStatus): number {
    return this.#tally[CODES[status]]!;
  }

  counts(): Counts {
    const counts: Counts = { total: this.#size, pending: 0, running: 0, completed: 0, failed: 0, skipped: 0, cancelled: 0 };
    for (const status of STATUSES) {
      counts[status] = this.count(status);
    }
    return counts;
  }

  /** The number of the last attempt that began. */
  attemptsOf(task: number): number {
    return this.#attempts[task]!;
  }

  setAttempts(task: number, attempts: number): void {
    this.#attempts[task] = attempts;
  }

  /** The task whose end made this one be skipped, at the far end of a chain of skips; the task itself if there is no other. */
  culpritOf(task: number): number {
    const culprit = this.#culprits[task]!;
    return culprit === 0 ? task : culprit - 1;
  }

  setCulprit(task: number, culprit: number): void {
    this.#culprits[task] = culprit + 1;
  }

  /** Facts about a task that are true of few. */
  hasMark(task: number, mark: Mark): boolean {
    return (this.#marks[task]! & mark) !== 0;
  }

  mark(task: number, mark: Mark): void {
    this.#marks[task]! |= mark;
  }

  /** Takes every mark of a task off, and the blame for it. */
  clear(task: number): void {
    this.#marks[task] = 0;
    this.#culprits[task] = 0;
  }
}

/** Something that it depends on failed, was cancelled, or was skipped and not harmlessly. */
export const HAS_TROUBLE = 1;
/** It was skipped although nothing went wrong. */
export const IS_HARMLESS = 2;
/** The user cancelled it while it ran: it makes no further attempt. */
export const IS_UNWANTED = 4;

/** Something that it depends on was skipped harmlessly. */
export const HAS_GAP = 8;

export type Mark = typeof HAS_TROUBLE | typeof IS_HARMLESS | typeof IS_UNWANTED | typeof HAS_GAP;
