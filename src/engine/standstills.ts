/** The attempts of which nothing becomes known, in the words of their jobs: said once when it begins and once when it is over. */

import { AirError } from "../domain/errors.js";
import type { TaskRunner } from "../domain/ports.js";
import type { Standstill } from "../domain/standstill.js";
import type { Obstacle } from "./patience.js";

export class Standstills {
  readonly #runner: Pick<TaskRunner, "standstills">;
  readonly #onWarning: (message: string) => void;
  /** What was said, by job. */
  readonly #said = new Map<string, string>();

  constructor(runner: Pick<TaskRunner, "standstills">, onWarning: (message: string) => void) {
    this.#runner = runner;
    this.#onWarning = onWarning;
  }

  /** To be called now and then. */
  tell(): void {
    const now = new Map<string, Standstill>();
    for (const each of this.#runner.standstills ?? []) if (!now.has(each.job)) now.set(each.job, each);
    for (const [job, { why }] of now) {
      if (this.#said.get(job) === why) continue;
      this.#said.set(job, why);
      this.#onWarning(`job "${job}": ${this.wordsOf(job)}`);
    }
    for (const job of this.#said.keys()) {
      if (now.has(job)) continue;
      this.#said.delete(job);
      this.#onWarning(`job "${job}": its tasks are heard of again, going on`);
    }
  }

  /** What a job waits for; null if for nothing of this kind. */
  wordsOf(job: string): string | null {
    const standstill = this.#of(job);
    if (standstill === null) return null;
    const { why, isUnclear } = standstill;
    const tasks = tasksOf(standstill);
    return isUnclear
      ? `what becomes of ${tasks} can't be told now (${why}); waiting until it can`
      : `nothing is heard of ${tasks}: ${why}`;
  }

  /** Of how many attempts nothing can be told: they run, or don't. */
  get unclearCount(): number {
    return this.#unclear.reduce((sum, { tasks }) => sum + tasks.length, 0);
  }

  /** Of those jobs. */
  get unclearJobs(): ReadonlySet<string> {
    return new Set(this.#unclear.map(({ job }) => job));
  }

  /** Null if something can be told of every attempt. */
  get obstacle(): Obstacle | null {
    const [unclear] = this.#unclear;
    if (unclear === undefined) return null;
    const message =
      `job "${unclear.job}": what becomes of ${tasksOf(unclear)} could not be told for too long (${unclear.why}). ` +
      "It is left in flight and was not run again, the job is unfinished: see to that, then run it again.";
    return { since: unclear.since, error: new AirError("AIR_SYSTEM", message) };
  }

  get #unclear(): readonly Standstill[] {
    return (this.#runner.standstills ?? []).filter(({ isUnclear }) => isUnclear);
  }

  #of(job: string): Standstill | null {
    return (this.#runner.standstills ?? []).find((each) => each.job === job) ?? null;
  }
}

function tasksOf({ tasks }: Standstill): string {
  const more = tasks.length > 1 ? ` (and ${tasks.length - 1} more)` : "";
  return `task ${JSON.stringify(tasks[0])}${more}`;
}
