/** Adds up what the attempts of a running job took: time, which beside the time that passed says what running several at once gained, and CPU. */

import { availableParallelism } from "node:os";
import type { AttemptEnded, Job } from "../index.js";
import type { Settings } from "./command-line/settings.js";
import type { Work } from "./render/summary.js";

export class WorkTally {
  /** What an attempt of an earlier engine did before that gains nothing in the time that passes here. */
  readonly #since: number;
  readonly #starts = new Map<string, number>();
  #ms = 0;
  #cpuMs = 0;
  #maxRssKb = 0;

  /** @param since milliseconds since 1970 */
  constructor(job: Pick<Job, "running" | "onEvents">, since = Date.now()) {
    this.#since = since;
    for (const { task, startedAt } of job.running()) this.#starts.set(task, startedAt);
    job.onEvents((events) => {
      for (const event of events) {
        if (event.type === "attempt-started" || event.type === "attempt-begun") this.#starts.set(event.task, event.at);
        else if (event.type === "attempt-ended") this.#end(event);
      }
    });
  }

  /** Milliseconds of all attempts whose beginning and end were seen. */
  get ms(): number {
    return this.#ms;
  }

  /** Null if it is known of none. */
  get usage(): { readonly cpuMs: number; readonly maxRssKb: number } | null {
    return this.#maxRssKb === 0 ? null : { cpuMs: this.#cpuMs, maxRssKb: this.#maxRssKb };
  }

  /** For the summary of a run with these settings. */
  of(settings: Settings): Work {
    return { ms: this.ms, usage: this.usage, slots: settings.concurrency(availableParallelism()) };
  }

  #end({ task, at, begunAt, usage }: AttemptEnded): void {
    const start = begunAt ?? this.#starts.get(task);
    // Starts are told in whole milliseconds, rounded down: with ends that are not, many short tasks would add up to far more than they took.
    if (start !== undefined) this.#ms += Math.max(0, Math.floor(at) - Math.max(start, Math.floor(this.#since)));
    this.#starts.delete(task);
    if (usage === undefined) return;
    this.#cpuMs += usage.userMs + usage.systemMs;
    this.#maxRssKb = Math.max(this.#maxRssKb, usage.maxRssKb);
  }
}
