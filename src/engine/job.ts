/** A job in the hands of a caller: made by AirExecutor, which feeds it. Runs nothing itself. */

import { demandIds } from "./call-options.js";
import type { JobInput } from "../store/text/check-job.js";
import type { JobEvent } from "../domain/events.js";
import type { JobStatus, JobSummary, RetryWish } from "../domain/job.js";

/** What became of an addition. */
export interface Added {
  /** Ids that are new to the job. */
  readonly added: readonly string[];
  /** Ids that it had already, with just that meaning: adding twice is no mistake. */
  readonly present: readonly string[];
  /** True if an engine runs the job; else the tasks are on record for the next one. */
  readonly isRunning: boolean;
}

/** What became of a retry. */
export interface Retried {
  /** The tasks that run again, in the order of the job; empty if none needs to. */
  readonly tasks: readonly string[];
  /** The job if it is run by this executor, null if another engine does. */
  readonly job: Job | null;
}

/** What a handle needs of the engine behind it. */
export interface JobBackend {
  status(): JobStatus;
  cancel(tasks: readonly string[] | null): void | Promise<unknown>;
  add(tasks: JobInput): Promise<Added>;
  retry(wish: RetryWish): Promise<Retried>;
}

export class Job {
  readonly name: string;
  /** The id of this run: `NAME-<unix seconds>`, or as it was dropped. */
  readonly id: string;
  readonly #backend: JobBackend;
  readonly #finished: Promise<JobSummary>;
  readonly #listeners = new Set<(events: readonly JobEvent[]) => void>();

  constructor(name: string, id: string, backend: JobBackend, finished: Promise<JobSummary>) {
    this.name = name;
    this.id = id;
    this.#backend = backend;
    this.#finished = finished;
    // Nobody has to wait for the end: then trouble shows in the files, and in the warnings of the executor.
    finished.catch(() => {});
  }

  /** How the job stands now. */
  status(): JobStatus {
    return this.#backend.status();
  }

  /**
   * Resolves when the job has ended and its files are exact and synced, or when the engine stopped before (`isInterrupted`). That tasks
   * failed is data in the summary.
   *
   * @throws AirError `AIR_DISK` or `AIR_SYSTEM` if disk or machine refused for a minute after the last running task had ended; the job
   *   is unfinished then.
   */
  finished(): Promise<JobSummary> {
    return this.#finished;
  }

  /**
   * Calls back with what happens from now on, in batches as it is recorded. What the listener throws is its own affair: the job goes on, and
   * the process hears of it as of any uncaught exception. Returns a function that ends it.
   */
  onEvents(listener: (events: readonly JobEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What happens from the call on, to the end of the job. What a slow reader has not read yet is kept in memory. */
  events(): AsyncIterableIterator<JobEvent> {
    let waiting: JobEvent[] = [];
    let isOver = false;
    let wake = (): void => {};
    const stop = this.onEvents((events) => {
      waiting = waiting.concat(events);
      wake();
    });
    const end = (): void => {
      isOver = true;
      wake();
    };
    this.#finished.then(end, end);
    async function* read(): AsyncGenerator<JobEvent> {
      try {
        for (;;) {
          const batch = waiting;
          waiting = [];
          yield* batch;
          if (waiting.length > 0) continue;
          if (isOver) return;
          await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        stop();
      }
    }
    return read();
  }

  /**
   * Cancels the job, or only some of its tasks. What runs is ended (TERM, after the grace period KILL); what depends on a cancelled task
   * is skipped. Resolves when it is on record, not when all has ended: for that there is `finished()`. What has ended stays as it is.
   *
   * @throws AirError `AIR_NOT_FOUND` for a task that the job doesn't have, `AIR_CLOSED` if its executor was stopped before it ended.
   */
  async cancel(tasks?: readonly string[]): Promise<void> {
    demandIds(tasks ?? []);
    await this.#backend.cancel(tasks ?? null);
  }

  /** As `AirExecutor.add`. */
  async add(tasks: JobInput): Promise<Added> {
    return this.#backend.add(tasks);
  }

  /** As `AirExecutor.retry`. */
  async retry(wish: RetryWish = {}): Promise<Retried> {
    return this.#backend.retry(wish);
  }

  /** For AirExecutor: hands on what happened. */
  deliver(events: readonly JobEvent[]): void {
    for (const listener of this.#listeners) {
      try {
        listener(events);
      } catch (error) {
        // Not from here: the engine is in the middle of its work, also for other jobs.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
