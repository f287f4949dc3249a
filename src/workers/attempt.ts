/**
 * One attempt under way, in a slot or adopted: it has one result, is reported once, and not before what had to be ended is gone.
 */

import type { Result } from "../domain/outcome.js";
import type { Report } from "../domain/ports.js";
import type { Look } from "../system/look.js";
import type { AttemptGroup } from "./members.js";
import type { Termination, Terminator } from "./termination.js";

/** For what outlived its lane: it is nobody's any more, and a new attempt may be waiting. */
const LEFTOVER_GRACE_MS = 2_000;
/** Until what is to be ended is looked for again, if that could not be told. */
const LOOK_AGAIN_MS = 100;

export class Attempt {
  readonly key: number;
  readonly #findGroup: () => Look<AttemptGroup>;
  readonly #terminator: Terminator;
  readonly #report: (report: Report) => void;
  #termination: Termination | null = null;
  /** Set while it is to be ended and nobody can tell yet what there is to end: when KILL begins, on the clock of `performance.now()`. */
  #killAt: number | null = null;
  #ended: Omit<Report, "key"> | null = null;

  /** @param findGroup asked when something has to be ended, until it knows; no if there is nothing that we could end */
  constructor(key: number, findGroup: () => Look<AttemptGroup>, terminator: Terminator, report: (report: Report) => void) {
    this.key = key;
    this.#findGroup = findGroup;
    this.#terminator = terminator;
    this.#report = report;
  }

  get hasResult(): boolean {
    return this.#ended !== null;
  }

  /** Ends it and all that it started; again with a shorter grace period if called again. */
  stop(graceMs: number): void {
    this.#terminate(graceMs);
    this.#terminator.lookSoon();
  }

  /** Its lane is gone: nothing in the group is the lane's child any more. */
  loseLane(): void {
    if (this.#termination !== null) this.#termination.group.isLaneAlive = false;
  }

  /** Its result is in. The first counts. While it is being stopped the report waits for what it started. */
  settle(result: Result, at: number): void {
    this.#end({ result, at, wasStopped: this.#termination?.hasSignalled ?? false });
  }

  /** It has not begun, and will not, since an attempt before it in its slot takes long. */
  handBack(at: number): void {
    const result: Result = { kind: "not-begun", message: "it waited behind a task that takes long" };
    this.#end({ result, at, wasStopped: false, isHandedBack: true });
  }

  /** As `settle`, but ends first what is left of it: there is nobody to wait for it any more. */
  settleAndEnd(result: Result, at: number): void {
    this.#terminate(LEFTOVER_GRACE_MS);
    this.settle(result, at);
  }

  #end(ended: Omit<Report, "key">): void {
    if (this.#ended !== null) return;
    this.#ended = ended;
    if (this.#termination === null) this.#reportIfKnown();
    else {
      this.#termination.resultIsKnown();
      this.#terminator.lookSoon();
    }
  }

  #terminate(graceMs: number): void {
    const killAt = performance.now() + graceMs;
    if (this.#termination !== null) this.#termination.shorten(graceMs);
    else if (this.#killAt !== null) this.#killAt = Math.min(this.#killAt, killAt);
    else this.#begin(killAt);
  }

  #begin(killAt: number): void {
    const group = this.#findGroup();
    this.#killAt = null;
    switch (group.answer) {
      case "yes": {
        const graceMs = Math.max(0, killAt - performance.now());
        this.#termination = this.#terminator.begin(group.found, graceMs, () => this.#sendReport());
        if (this.#ended !== null) this.#termination.resultIsKnown();
        return;
      }
      case "no":
        if (this.#ended !== null) this.#sendReport();
        return;
      case "unknown":
        this.#killAt = killAt;
        setTimeout(() => this.#begin(this.#killAt ?? killAt), LOOK_AGAIN_MS);
    }
  }

  /** A new attempt may follow the report: not as long as something of this one may be left. */
  #reportIfKnown(): void {
    if (this.#killAt === null) this.#sendReport();
  }

  #sendReport(): void {
    if (this.#ended === null) throw new Error(`Internal error: attempt ${this.key} has no result to report`);
    this.#report({ key: this.key, ...this.#ended });
  }
}
