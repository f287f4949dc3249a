/** Adds up how long the attempts of a running job took: beside the time that passed it says what running several at once gained. */

import type { Job } from "../index.js";

export class WorkTally {
  readonly #starts = new Map<string, number>();
  #ms = 0;

  constructor(job: Job) {
    for (const { task, startedAt } of job.running()) this.#starts.set(task, startedAt);
    job.onEvents((events) => {
      for (const event of events) {
        if (event.type === "attempt-started" || event.type === "attempt-begun") this.#starts.set(event.task, event.at);
        else if (event.type === "attempt-ended") this.#end(event.task, event.at);
      }
    });
  }

  /** Milliseconds of all attempts whose beginning and end were seen. */
  get ms(): number {
    return this.#ms;
  }

  #end(task: string, at: number): void {
    const start = this.#starts.get(task);
    if (start !== undefined) this.#ms += Math.max(0, at - start);
    this.#starts.delete(task);
  }
}
