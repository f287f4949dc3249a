/**
 * Ends attempts that no runner of ours can end, with all that they started: TERM, CONT, and after the grace period KILL. Driven by
 * adoption, and by the portable runner.
 *
 * It polls, but only while something is being ended, with one look at the machine's processes for all of it. It does not know results: it is
 * told when one is in, and tells when nothing of the attempt is left. What it can't end it says, and goes on trying.
 */

import type { ProcessEntry } from "../../system/process/process-table.js";
import { findProcesses, type Trace } from "./trace.js";

const POLL_MS = 25;
/** So long after the first KILL what is left can't be ended, or is stuck in the kernel: that is said, and it is polled rarely. */
const KILL_PATIENCE_MS = 2_000;
const STUCK_POLL_MS = 500;

export interface TerminationListener {
  /** Nothing of it is left. */
  onGone(): void;
  /** So many processes outlive every KILL. Said once. */
  onStuck(processes: number): void;
}

/** The ending of one attempt. */
export class Termination {
  #trace: Trace;
  readonly #listener: TerminationListener;
  /** When KILL begins, on the clock of `performance.now()`. */
  #killAt: number;
  #hasSignalled = false;
  #isResultKnown = false;
  #isStuckTold = false;
  /** Who has heard TERM; by pid and start. */
  readonly #terminated = new Set<string>();

  constructor(trace: Trace, graceMs: number, listener: TerminationListener) {
    this.#trace = trace;
    this.#killAt = performance.now() + graceMs;
    this.#listener = listener;
  }

  get trace(): Trace {
    return this.#trace;
  }

  /** Its processes are known by more from now on. */
  follow(trace: Trace): void {
    this.#trace = trace;
  }

  /** True once a process of the attempt was sent a signal. */
  get hasSignalled(): boolean {
    return this.#hasSignalled;
  }

  /** KILL comes after this grace period, if that is sooner. */
  shorten(graceMs: number): void {
    this.#killAt = Math.min(this.#killAt, performance.now() + graceMs);
  }

  /** Its first process has ended, or there is none: from here on only the rest is waited for. */
  resultIsKnown(): void {
    this.#isResultKnown = true;
  }

  isStuck(now: number): boolean {
    return now > this.#killAt + KILL_PATIENCE_MS;
  }

  /** One round, with those of its processes that are there now. True when it is over; `onGone` has been called then. */
  advance(processes: readonly ProcessEntry[], now: number): boolean {
    if (processes.length === 0 && this.#isResultKnown) {
      this.#listener.onGone();
      return true;
    }
    if (now >= this.#killAt) this.#kill(processes, now);
    // Once at first, and then no more while the task lives: what it starts in order to clean up is left alone.
    else if (!this.#hasSignalled || this.#isResultKnown) this.#terminate(processes);
    return false;
  }

  #terminate(processes: readonly ProcessEntry[]): void {
    for (const { pid, start } of processes) {
      const identity = `${pid}:${start}`;
      if (this.#terminated.has(identity)) continue;
      this.#terminated.add(identity);
      this.#hasSignalled = true;
      send(pid, "SIGTERM");
      // A stopped process acts on TERM when it goes on.
      send(pid, "SIGCONT");
    }
  }

  #kill(processes: readonly ProcessEntry[], now: number): void {
    for (const { pid } of processes) {
      this.#hasSignalled = true;
      send(pid, "SIGKILL");
    }
    if (this.#isStuckTold || processes.length === 0 || !this.isStuck(now)) return;
    this.#isStuckTold = true;
    this.#listener.onStuck(processes.length);
  }
}

export class Terminator {
  readonly #active = new Set<Termination>();
  #poll: NodeJS.Timeout | null = null;
  #next: NodeJS.Immediate | null = null;

  /** Begins to end an attempt. */
  begin(trace: Trace, graceMs: number, listener: TerminationListener): Termination {
    const termination = new Termination(trace, graceMs, listener);
    this.#active.add(termination);
    this.lookSoon();
    return termination;
  }

  /** What is left of it is not looked after any more. */
  giveUp(termination: Termination): void {
    this.#active.delete(termination);
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
    const isAllStuck = this.#advanceAll(performance.now());
    if (this.#active.size > 0) this.#poll = setTimeout(() => this.#look(), isAllStuck ? STUCK_POLL_MS : POLL_MS);
  }

  /** True if all that is left is stuck. If it can't be told who is there, nobody is taken for gone. */
  #advanceAll(now: number): boolean {
    const active = [...this.#active];
    const processes = findProcesses(active.map(({ trace }) => trace));
    if (processes.answer === "unknown") return false;
    for (const termination of active) {
      if (termination.advance(processes.found.get(termination.trace) ?? [], now)) this.#active.delete(termination);
    }
    return active.every((termination) => termination.isStuck(now));
  }
}

/** To one process: what means a group, everybody or the first process of the machine is a fault in this program. */
function send(target: number, signal: NodeJS.Signals): void {
  if (target <= 1) throw new Error(`Internal error: a signal for process ${target}`);
  try {
    process.kill(target, signal);
  } catch {
    // Gone already, or not ours to signal (a task that changed its user): the next look tells.
  }
}
