/**
 * One attempt that is adopted: what its spool, its runner's life and its processes say together. It has one result, is reported once,
 * and not before what had to be ended is gone.
 */

import type { Result } from "../../domain/outcome.js";
import type { OrphanedAttempt, Report } from "../../domain/ports.js";
import type { Look } from "../../system/look/look.js";
import { agesOf } from "../../system/process/process-table.js";
import type { Termination, Terminator } from "../ending/terminator.js";
import { findProcesses, variablesOf, type Trace } from "../ending/trace.js";
import type { AdoptedSpool, Told } from "./adopted-spool.js";

/** For what outlived its runner: it is nobody's any more, and a new attempt may be waiting. */
export const LEFTOVER_GRACE_MS = 2_000;

const RUNNER_DIED = "its runner died";
const ELSEWHERE: Result = { kind: "not-begun", message: "it runs for the directory of which this is a copy" };
export const LOST_RECORD: Result = { kind: "lost", message: "the record of its runner is gone" };

/** @param why why its runner is gone, if we know */
export function notBegun(why: string | null): Result {
  const message = why === null ? "its engine died before it could start it" : `no runner could be started: ${why}`;
  return { kind: "not-begun", message };
}

export interface AdoptedListener {
  /** It has begun, then (milliseconds since the epoch), and has no end so far. Told once. */
  onBegun(at: number): void;
  onReport(report: Report): void;
  /** So many of its processes outlive every KILL. */
  onStuck(processes: number): void;
  /** It has ended by itself, and so many of its processes run on. Before its report. */
  onLeft(processes: number): void;
  /** What it wrote is gone. Before its report. */
  onLogLost(errno: number): void;
}

export class AdoptedAttempt {
  readonly orphan: OrphanedAttempt;
  /** True if it may not be settled before it is known how it ended, even if it is to be stopped. */
  needsEnd = false;
  /** As its spool says. */
  hasBegun = false;
  readonly #variables: readonly string[];
  readonly #terminator: Terminator;
  readonly #listener: AdoptedListener;
  #trace: Trace;
  #termination: Termination | null = null;
  #hasTimedOut = false;
  /** What is reported when nothing is left. */
  #ended: Report | null = null;

  constructor(orphan: OrphanedAttempt, directory: string, terminator: Terminator, listener: AdoptedListener) {
    this.orphan = orphan;
    this.#variables = variablesOf(directory, orphan.job, orphan.task, orphan.attempt);
    this.#trace = { mark: null, leader: null, parent: null, variables: this.#variables };
    this.#terminator = terminator;
    this.#listener = listener;
  }

  get trace(): Trace {
    return this.#trace;
  }

  /** True if it is to be ended, by whomever, and has not been reported. */
  get isBeingEnded(): boolean {
    return this.#termination !== null;
  }

  /** Ends it and all that it started; again with a shorter grace period if called again. */
  stop(graceMs: number): void {
    if (this.#termination === null) {
      this.#termination = this.#terminator.begin(this.#trace, graceMs, {
        onGone: () => this.#report(),
        onStuck: (processes) => this.#listener.onStuck(processes),
      });
    } else this.#termination.shorten(graceMs);
    this.#terminator.lookSoon();
  }

  /**
   * What its spool says now, and whether that settles it. `unrecorded`: its runner is gone, and nothing says that it has begun. That alone
   * proves nothing, since somebody may have put another file in the spool's place.
   *
   * @param life whether its runner may write more.
   */
  take(spool: AdoptedSpool, life: Look): "settled" | "open" | "unrecorded" {
    const told = spool.told(this.orphan.claimKey);
    this.#follow(spool.trace(this.orphan.claimKey, this.#variables));
    const { end, begunAt, reason } = told;
    const isNews = told.hasBegun && !this.hasBegun;
    this.hasBegun = told.hasBegun;
    const begun = begunAt === null ? {} : { begunAt };
    if (end !== null) {
      if (told.lostLog !== null) this.#listener.onLogLost(told.lostLog);
      // What is being ended is not left alone.
      if (told.left > 0 && this.#termination === null) this.#listener.onLeft(told.left);
      this.#end(end.result, { at: end.at, ...begun, ...(end.usage !== null && { usage: end.usage }) }, reason);
      return "settled";
    }
    if (told.isDropped) {
      this.#settle(notBegun(null));
      return "settled";
    }
    if (isNews) this.#listener.onBegun(begunAt ?? Date.now());
    if (life.answer === "yes" && told.hasBegun && !spool.keepsLimits) this.#keepLimit();
    if (life.answer === "yes" || life.answer === "unknown") return "open";
    if (!told.hasBegun && !told.isDoubtful) return "unrecorded";
    if (spool.isOfEarlierBoot()) {
      this.#settle({ kind: "lost", message: "the machine was started again while it ran" });
    } else {
      this.stop(LEFTOVER_GRACE_MS);
      const others = spool.unended.size - 1;
      this.#end({ kind: "lost", message: RUNNER_DIED, ...(others > 0 && { others }) }, { at: Date.now(), ...begun }, reason);
    }
    return "settled";
  }

  /** What is said there of ends was so when it was copied. What ran then runs elsewhere, and nothing of it is touched: here it never began. */
  takeFromCopy(spool: AdoptedSpool): "settled" {
    const { end, begunAt } = spool.told(this.orphan.claimKey);
    if (end === null) this.#settle(ELSEWHERE);
    else
      this.#end(end.result, {
        at: end.at,
        ...(begunAt !== null && { begunAt }),
        ...(end.usage !== null && { usage: end.usage }),
      });
    return "settled";
  }

  /** No record says that it has begun: its processes tell. @param otherwise what became of it if there are none */
  settleByProcesses(areThere: boolean, otherwise: Result): void {
    if (areThere) this.stop(LEFTOVER_GRACE_MS);
    this.#settle(areThere ? LOST_RECORD : otherwise);
  }

  /** Its record can't be read. True if it was to be ended and nothing of it is left: then that may be enough. */
  settleIfGone(why: string): boolean {
    if (this.#termination === null || this.needsEnd) return false;
    const left = findProcesses([this.#trace]);
    if (left.answer === "unknown" || left.found.get(this.#trace)!.length > 0) return false;
    this.#end({ kind: "lost", message: why }, { at: Date.now(), isUnread: true });
    return true;
  }

  /** From now on it is known by more. What is being ended is ended by that. */
  #follow(trace: Trace): void {
    this.#trace = trace;
    this.#termination?.follow(trace);
  }

  /** Its runner does not end it when its time is over. The time is that of its oldest process: clocks jump. */
  #keepLimit(): void {
    const { limitMs, graceMs } = this.orphan;
    if (limitMs === null || this.#hasTimedOut || this.#termination !== null) return;
    const found = findProcesses([this.#trace]);
    if (found.answer === "unknown") return;
    const ageMs = Math.max(0, ...agesOf(found.found.get(this.#trace)!));
    if (ageMs < limitMs) return;
    this.#hasTimedOut = true;
    this.stop(graceMs);
  }

  #settle(result: Result): void {
    this.#end(result, { at: Date.now() });
  }

  /** The first result counts. While it is being ended the report waits for what it started. */
  #end(result: Result, times: Pick<Report, "at" | "begunAt" | "usage" | "isUnread">, reason: Told["reason"] = null): void {
    if (this.#ended !== null) return;
    const wasStopped = reason === "stop" || (this.#termination?.hasSignalled === true && !this.#hasTimedOut);
    const hasTimedOut = reason === "limit" || this.#hasTimedOut;
    const isInShutdown = reason === "shutdown";
    this.#ended = {
      key: this.orphan.key,
      result,
      ...times,
      wasStopped,
      ...(hasTimedOut && { hasTimedOut }),
      ...(isInShutdown && { isInShutdown }),
    };
    if (this.#termination === null) this.#report();
    else {
      this.#termination.resultIsKnown();
      this.#terminator.lookSoon();
    }
  }

  #report(): void {
    if (this.#ended !== null) this.#listener.onReport(this.#ended);
  }
}
