/**
 * Attempts that have begun, whose runner lives, and of which nothing is found: their end should be on record, and is not. Their runner can't
 * write it, or writes it where nobody reads (its disk was mounted anew). That is only named: who is not found may be there all the same.
 */

import type { ProcessIdentity } from "../../system/process-identity.js";
import { findProcesses } from "../ending/trace.js";
import type { AdoptedAttempt } from "./adopted-attempt.js";

/** A look at all processes costs: and what has just ended is on record by the next one. */
const LOOK_EVERY_MS = 3_000;
/** Each of them is compared with every process. */
const MOST_LOOKED_AT = 64;

export class Missing {
  #lookedAt = performance.now();
  /** As of the last look. */
  #unfound: ReadonlySet<AdoptedAttempt> = new Set();
  /** Unfound by the two last looks. */
  #missing: ReadonlySet<AdoptedAttempt> = new Set();

  /** To be called now and then. */
  of(open: ReadonlySet<AdoptedAttempt>): AdoptedAttempt[] {
    const now = performance.now();
    if (now >= this.#lookedAt + LOOK_EVERY_MS) {
      this.#lookedAt = now;
      this.#look([...open].filter((adopted) => adopted.hasBegun).slice(0, MOST_LOOKED_AT));
    }
    return [...this.#missing].filter((adopted) => open.has(adopted));
  }

  #look(begun: readonly AdoptedAttempt[]): void {
    const found = findProcesses(begun.map(({ trace }) => trace));
    if (found.answer === "unknown") return;
    const unfound = new Set(begun.filter(({ trace }) => found.found.get(trace)!.length === 0));
    this.#missing = new Set([...unfound].filter((adopted) => this.#unfound.has(adopted)));
    this.#unfound = unfound;
  }
}

/** For people. */
export function missingWords({ pid }: ProcessIdentity): string {
  return `nothing of it is found, and process ${pid} has not recorded how it ended; see to the disk, or kill ${pid}: then it counts as lost`;
}
