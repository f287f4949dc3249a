/**
 * Tells a shutdown from a failure. When a machine goes down, or a service is stopped, everybody is signalled at once, in any order: a task
 * may be gone before we hear that we are to stop, or be gone with us, and it has not failed. So an end that looks like it waits a moment
 * before it counts. Pure: no clock and no timer of its own.
 */

import type { Result } from "../domain/outcome.js";
import type { Report } from "../domain/ports.js";
import type { Attempt } from "./in-flight.js";

/** Signals to everybody come within milliseconds; a busy machine takes a while to deliver them. */
const DOUBT_MS = 250;
/** An exit code so soon after we were told may be a task's answer to the same signal. */
const ECHO_MS = 1000;

/** What services, terminals and machines send when they go down, and the exit codes as which shells pass it on. */
const REQUESTS: ReadonlySet<string | number> = new Set(["SIGTERM", "SIGINT", "SIGHUP", 143, 130, 129]);
/** What follows if that is not obeyed. Of a task whose engine was gone it says less: it may have run out of memory. */
const KILLS: ReadonlySet<string | number> = new Set(["SIGKILL", 137]);

export class Shutdown {
  /** Ends in doubt, by key, the oldest first. */
  readonly #doubts = new Map<number, { readonly report: Report; readonly dueAt: number }>();
  /** Monotonic milliseconds. */
  #toldAt: number | null = null;

  /** Monotonic milliseconds when the next doubt is over; null if there is none. */
  get next(): number | null {
    for (const { dueAt } of this.#doubts.values()) return dueAt;
    return null;
  }

  /** We are told to stop. Gives the ends in doubt, which are none any more. */
  tell(now: number): Report[] {
    this.#toldAt ??= now;
    return this.#takeAll(Infinity);
  }

  /** True if the end has to wait: whether we are to stop, too, will show. */
  holds(report: Report, attempt: Attempt, now: number): boolean {
    if (attempt.reason !== null || report.hasTimedOut === true || this.#toldAt !== null) return false;
    // Any failure beside one that looks like it, or with its runner told, too: a task may answer with an exit code of its own.
    const isBesideOne = report.isInShutdown === true || this.#doubts.size > 0;
    if (!looksLikeOne(report.result) && !(isBesideOne && hasFailed(report.result))) return false;
    if (isOfAnEarlierOne(attempt, report) || this.#doubts.has(report.key)) return false;
    this.#doubts.set(report.key, { report, dueAt: now + DOUBT_MS });
    return true;
  }

  /** Ends that nothing came of: they are what they say. */
  takeDue(now: number): Report[] {
    return this.#takeAll(now);
  }

  /** The end of that attempt, if it is in doubt. */
  take(key: number): Report[] {
    const doubt = this.#doubts.get(key);
    this.#doubts.delete(key);
    return doubt === undefined ? [] : [doubt.report];
  }

  /** True if the attempt was interrupted by whoever stops us, or stopped the engine before us. */
  explains(report: Report, attempt: Attempt, now: number): boolean {
    if (attempt.reason !== null || report.hasTimedOut === true) return false;
    const { result } = report;
    if (wasStoppedUnrecorded(attempt, report)) return true;
    if (this.#toldAt === null) return isOfAnEarlierOne(attempt, report);
    return looksLikeOne(result) || (hasFailed(result) && now - this.#toldAt < ECHO_MS);
  }

  #takeAll(until: number): Report[] {
    const due = [...this.#doubts.values()].filter(({ dueAt }) => dueAt <= until).map(({ report }) => report);
    for (const { key } of due) this.#doubts.delete(key);
    return due;
  }
}

/**
 * True if it was asked to end with its engine, or when no engine was there to be told to stop: one that lived on would have put the end on
 * record.
 */
function isOfAnEarlierOne(attempt: Attempt, { at, result, isInShutdown }: Report): boolean {
  return attempt.isAdopted && at <= attempt.job.takenUpAt && (REQUESTS.has(wordOf(result)) || isInShutdown === true);
}

/** An engine that could record nothing any more has stopped it: its runner has written that down. What is lost was stopped by us. */
function wasStoppedUnrecorded({ isAdopted }: Attempt, { wasStopped, result }: Report): boolean {
  return isAdopted && wasStopped && result.kind !== "lost" && hasFailed(result);
}

function looksLikeOne(result: Result): boolean {
  const word = wordOf(result);
  return REQUESTS.has(word) || KILLS.has(word);
}

function wordOf(result: Result): string | number {
  return result.kind === "signaled" ? result.signal : result.kind === "exited" ? result.exitCode : "";
}

function hasFailed(result: Result): boolean {
  return result.kind === "exited" ? result.exitCode !== 0 : result.kind === "signaled" || result.kind === "lost";
}
