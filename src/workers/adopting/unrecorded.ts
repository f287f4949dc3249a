/**
 * Attempts of which no record says that they have begun, and whose runner is gone. One that began all the same still runs, perhaps: the spool
 * was removed, cut, or an older copy is in its place. So their processes are looked for before they count as not begun. A look at all
 * processes costs, so it is one for all jobs that ask in a turn.
 */

import type { Result } from "../../domain/outcome.js";
import { findProcesses } from "../ending/trace.js";
import type { AdoptedAttempt } from "./adopted-attempt.js";

interface Question {
  readonly attempts: readonly AdoptedAttempt[];
  readonly otherwise: Result;
  readonly answer: (obstacle: Error | null) => void;
}

export class Unrecorded {
  #questions: Question[] = [];

  /**
   * What is found is ended before another attempt may begin.
   *
   * @param otherwise what became of those of which nothing is there
   * @returns what keeps us from telling; null if all are settled
   */
  settle(attempts: readonly AdoptedAttempt[], otherwise: Result): Promise<Error | null> {
    if (this.#questions.length === 0) setImmediate(() => this.#look());
    return new Promise((answer) => this.#questions.push({ attempts, otherwise, answer }));
  }

  #look(): void {
    const questions = this.#questions;
    this.#questions = [];
    const left = findProcesses(questions.flatMap(({ attempts }) => attempts.map(({ trace }) => trace)));
    for (const { attempts, otherwise, answer } of questions) {
      if (left.answer === "unknown") answer(left.why);
      else {
        for (const adopted of attempts) adopted.settleByProcesses(left.found.get(adopted.trace)!.length > 0, otherwise);
        answer(null);
      }
    }
  }
}
