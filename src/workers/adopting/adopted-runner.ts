/**
 * A runner whose attempts are adopted. Many jobs may have had attempts there, each of which reads its spool for itself: what is dear is done
 * once for all of them.
 */

import type { Look } from "../../system/look/look.js";
import { isStopped } from "../../system/process/process-identity.js";
import type { AdoptedSpool } from "./adopted-spool.js";

const WAKE_EVERY_MS = 500;
/** So long an answer counts for the next one who asks: not to the next round of looks. */
const FRESH_MS = 300;

export interface Life {
  /** Whether it may write more. */
  readonly look: Look;
  /** As `AdoptedSpool.isOutOfSight`. */
  readonly isOutOfSight: boolean;
  /** True if it is seen, and somebody has stopped it (SIGSTOP). */
  readonly isStopped: boolean;
  /** As `AdoptedSpool.isCopy`. */
  readonly isElsewhere: boolean;
}

export class AdoptedRunner {
  #wokenAt = -Infinity;
  #askedAt = -Infinity;
  #life: Life | null = null;
  /** Null as long as it was not seen to live. */
  #isElsewhere: boolean | null = null;

  /**
   * Tells it to go on, if attempts of it are to be ended and somebody has stopped it: it would end nothing. To be called at each look. The
   * system walks through all threads of a runner for each such signal, so one for each attempt would cost the square of what runs.
   */
  wake(spool: AdoptedSpool): void {
    const now = performance.now();
    if (now < this.#wokenAt + WAKE_EVERY_MS) return;
    this.#wokenAt = now;
    spool.wake();
  }

  /**
   * Asked once a round for all that have its spool: where it isn't seen, its lock is asked by a process, and where it is, the system adds up
   * all threads of a runner each time, so a look for each attempt would cost the square of what runs.
   */
  life(spool: AdoptedSpool): Life {
    const { writer } = spool;
    if (writer !== null && this.#life !== null && performance.now() < this.#askedAt + FRESH_MS) return this.#life;
    const look = spool.isAlive();
    const isSeen = look.answer === "yes" && writer !== null && !spool.isOutOfSight;
    if (isSeen) this.#isElsewhere ??= spool.isCopy();
    const life = {
      look,
      isOutOfSight: spool.isOutOfSight,
      isStopped: look.answer === "yes" && writer !== null && isStopped(writer),
      isElsewhere: this.#isElsewhere === true,
    };
    // Of a runner that has not said who it is yet, only that very moment tells.
    this.#life = writer === null ? null : life;
    this.#askedAt = performance.now();
    return life;
  }
}

/** By the name of the spool. */
export class AdoptedRunners {
  readonly #all = new Map<string, AdoptedRunner>();

  of(name: string): AdoptedRunner {
    const runner = this.#all.get(name) ?? new AdoptedRunner();
    this.#all.set(name, runner);
    return runner;
  }

  /** Nobody asks for any of them any more. */
  clear(): void {
    this.#all.clear();
  }
}
