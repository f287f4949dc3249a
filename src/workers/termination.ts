/**
 * Ends attempts with all that they started: TERM, CONT, and after the grace period KILL. One `Terminator` a thread, driven by attempts.
 *
 * It polls, but only while something is being ended, with one look at the machine's processes for all of it. It never signals a lane
 * with KILL, and never a process of another attempt. It does not know results: it is told when one is in, and tells when nothing
 * of the attempt is left.
 */

import { Members } from "./members.js";
import type { AttemptGroup } from "./members.js";
import { isSystemError } from "../system/error-code.js";
import { certain } from "../system/look.js";
import { readGroups, startAgo } from "../system/process-table.js";
import type { ProcessEntry } from "../system/process-table.js";

const POLL_MS = 25;
/** Beyond this time after the first KILL what is left is stuck in the kernel: polled rarely, and no longer waited for if the result is in. */
const KILL_PATIENCE_MS = 5_000;
const STUCK_POLL_MS = 500;
/** A process that has not exec'd yet is no older, but on a machine that is very busy: then KILL ends it. */
const YOUNG_MS = 100;

/** The ending of one attempt. */
export class Termination {
  readonly group: AttemptGroup;
  readonly #members: Members;
  readonly #onGone: () => void;
  /** When KILL begins, on the clock of `performance.now()`. */
  #killAt: number;
  #hasSignalled = false;
  #hasResult = false;
  /** Who has heard TERM for sure; by pid and start. */
  readonly #terminated = new Set<string>();

  constructor(group: AttemptGroup, graceMs: number, onGone: () => void) {
    this.group = group;
    this.#members = new Members(group);
    this.#killAt = performance.now() + graceMs;
    this.#onGone = onGone;
  }

  /** True once a process of the attempt was sent a signal. */
  get hasSignalled(): boolean {
    return this.#hasSignalled;
  }

  /** KILL comes after this grace period, if that is sooner. */
  shorten(graceMs: number): void {
    this.#killAt = Math.min(this.#killAt, performance.now() + graceMs);
  }

  /** The subprocess has ended, or there is none: from here on only the rest of its group is waited for. */
  resultIsKnown(): void {
    this.#hasResult = true;
  }

  isStuck(now: number): boolean {
    return now > this.#killAt + KILL_PATIENCE_MS;
  }

  /** One step, with the present members of the group. True when it is over; `onGone` has been called then. */
  advance(entries: readonly ProcessEntry[], now: number): boolean {
    const { ours, foreign } = this.#members.sort(entries);
    if (this.#hasResult && (ours.length === 0 || this.isStuck(now))) {
      this.#onGone();
      return true;
    }
    if (ours.length === 0) {
      if (now >= this.#killAt && this.group.isLaneAlive) this.#interruptLane();
    } else if (now >= this.#killAt) this.#kill(ours);
    // Once at first, and then no more while the task lives: what it starts in order to clean up is left alone.
    else if (!this.#hasSignalled || this.#hasResult) this.#terminate(ours, foreign.length > 0);
    return false;
  }

  /**
   * Each process hears TERM once; a young one again when the task is over, since a shell that has forked but not yet exec'd may take the
   * first for itself and forget it.
   */
  #terminate(ours: readonly ProcessEntry[], hasForeign: boolean): void {
    const unheard = ours.filter((entry) => !this.#terminated.has(identityOf(entry)));
    if (unheard.length === 0 || unheard.some((entry) => this.#members.isBeforeExec(entry))) return;
    const isOneByOne = hasForeign || this.#hasSignalled;
    const young = startAgo(YOUNG_MS);
    for (const entry of unheard) {
      if (this.#hasResult || entry.start < young) this.#terminated.add(identityOf(entry));
    }
    this.#hasSignalled = true;
    // To the group at once where that harms nobody, so that nothing forked meanwhile is missed; the lane outlives it.
    const targets = isOneByOne ? unheard.map((entry) => entry.pid) : [-this.group.lane];
    for (const target of targets) send(target, "SIGTERM");
    // Stopped processes act on TERM when they go on. A stopped lane could not answer.
    if (isOneByOne && this.group.isLaneAlive) send(this.group.lane, "SIGCONT");
    for (const target of targets) send(target, "SIGCONT");
  }

  /** No result and no process: the lane waits for a FIFO to be opened, or is stopped. Its handlers let it survive this. */
  #interruptLane(): void {
    this.#hasSignalled = true;
    send(this.group.lane, "SIGTERM");
    send(this.group.lane, "SIGCONT");
  }

  #kill(ours: readonly ProcessEntry[]): void {
    this.#hasSignalled = true;
    for (const entry of ours) send(entry.pid, "SIGKILL");
    if (this.group.isLaneAlive) send(this.group.lane, "SIGCONT");
  }
}

export class Terminator {
  readonly #active = new Set<Termination>();
  #poll: NodeJS.Timeout | null = null;
  #next: NodeJS.Immediate | null = null;

  /** Begins to end an attempt. */
  begin(group: AttemptGroup, graceMs: number, onGone: () => void): Termination {
    const termination = new Termination(group, graceMs, onGone);
    this.#active.add(termination);
    this.lookSoon();
    return termination;
  }

  /** Looks in the next turn, once for all that happened in this one, instead of at the next poll. */
  lookSoon(): void {
    if (this.#active.size > 0) this.#next ??= setImmediate(() => this.#look());
  }

  #look(): void {
    if (this.#next !== null) clearImmediate(this.#next);
    if (this.#poll !== null) clearTimeout(this.#poll);
    this.#next = null;
    this.#poll = null;
    let isToWait = true;
    try {
      isToWait = this.#advanceAll(performance.now());
    } catch (error) {
      // Who is there can't be told now, so nobody is taken for gone.
      if (!isSystemError(error)) throw error;
    }
    if (this.#active.size > 0) this.#poll = setTimeout(() => this.#look(), isToWait ? STUCK_POLL_MS : POLL_MS);
  }

  /** True if all that is left is stuck. */
  #advanceAll(now: number): boolean {
    const groups = certain(readGroups(new Set([...this.#active].map((termination) => termination.group.lane))));
    let isAllStuck = true;
    for (const termination of [...this.#active]) {
      if (termination.advance(groups.get(termination.group.lane) ?? [], now)) this.#active.delete(termination);
      else if (!termination.isStuck(now)) isAllStuck = false;
    }
    return isAllStuck;
  }
}

function identityOf(entry: ProcessEntry): string {
  return `${entry.pid}:${entry.start}`;
}

function send(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch {
    // Gone already, or not ours to signal (a task that changed its user): the next look tells.
  }
}
