/**
 * Attempts that have begun, whose runner lives, and of which nothing is found: their end should be on record, and is not. Their runner can't
 * write it, or writes it where nobody reads (its disk was mounted anew). That is only named: who is not found may be there all the same.
 */

import type { ProcessIdentity } from "../../system/process/process-identity.js";
import { findProcesses } from "../ending/trace.js";
import type { AdoptedAttempt } from "./adopted-attempt.js";

/** A look at all processes costs: so it is one for all runners. And what has just ended is on record by the next one. */
const LOOK_EVERY_MS = 3_000;
/** Each of them is compared with every process. Of more, each has its turn. */
const MOST_LOOKED_AT = 64;

export class Missing {
  #lookedAt = performance.now();
  /** As of the last look. */
  #unfound: ReadonlySet<AdoptedAttempt> = new Set();
  /** Unfound by the two last looks. */
  #missing: ReadonlySet<AdoptedAttempt> = new Set();
  #turn = 0;

  /** Those that are missing of some; to be called now and then. @param all of which there may be more, of whatever runner */
  of(some: ReadonlySet<AdoptedAttempt>, all: Iterable<AdoptedAttempt>): AdoptedAttempt[] {
    const now = performance.now();
    if (now >= this.#lookedAt + LOOK_EVERY_MS) {
      this.#lookedAt = now;
      this.#look(this.#choose([...all].filter((adopted) => adopted.hasBegun)));
    }
    return this.#missing.size === 0 ? [] : [...this.#missing].filter((adopted) => some.has(adopted));
  }

  /** Those that were not found, and the next ones. */
  #choose(begun: readonly AdoptedAttempt[]): AdoptedAttempt[] {
    const again = begun.filter((adopted) => this.#unfound.has(adopted)).slice(0, MOST_LOOKED_AT);
    const others = begun.filter((adopted) => !this.#unfound.has(adopted));
    const from = others.length === 0 ? 0 : this.#turn % others.length;
    const next = [...others.slice(from), ...others.slice(0, from)].slice(0, MOST_LOOKED_AT - again.length);
    this.#turn = from + next.length;
    return [...again, ...next];
  }

  #look(begun: readonly AdoptedAttempt[]): void {
    const found = findProcesses(begun.map(({ trace }) => trace));
    if (found.answer === "unknown") return;
    const unfound = new Set(begun.filter(({ trace }) => found.found.get(trace)!.length === 0));
    this.#missing = new Set([...unfound].filter((adopted) => this.#unfound.has(adopted)));
    this.#unfound = unfound;
  }
}

/** For people. Nothing less than KILL ends a runner. */
export function missingWords({ pid }: ProcessIdentity): string {
  return `nothing of it is found, and process ${pid} has not recorded how it ended; see to the disk, or kill -9 ${pid}: then it counts as lost`;
}
