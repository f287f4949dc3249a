/** A job in the hands of a caller: shows what becomes of it, and passes on what is wanted of it. Runs nothing itself. */

import { addition, tasksOfAddition } from "../engine/changes/add.js";
import type { Added } from "../engine/changes/ask-holder.js";
import { cancellation, cancelOpen } from "../engine/changes/cancel.js";
import type { JobChanges } from "../engine/changes/job-changes.js";
import { retrial } from "../engine/changes/retry.js";
import { demandIds, demandWish } from "../engine/options.js";
import type { RunningJob } from "../engine/running-job.js";
import type { JobEvent } from "../domain/events.js";
import type { LiveState } from "../domain/held-back.js";
import type { JobStatus, JobSummary, RetryWish } from "../domain/job.js";
import { checkJob, type JobInput } from "../store/text/check-job.js";

/** What became of a retry. */
export interface Retried {
  /** The tasks that run again, in the order of the job; empty if none needs to. */
  readonly tasks: readonly string[];
  /** The job if it is run by this executor, null if another engine does. */
  readonly job: Job | null;
}

/** A job as the engine holds it, whether it runs or had ended before. */
export type HeldJob = Pick<RunningJob, "picture" | "finished" | "isIdle" | "onEvents" | "cancel" | "live">;

/** A task that runs now. */
export interface RunningTask {
  readonly task: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

export class Job {
  readonly name: string;
  /** The id of this run: `NAME-<unix seconds>`, or as it was dropped. */
  readonly id: string;
  readonly #held: HeldJob;
  readonly #changes: JobChanges;

  constructor(held: HeldJob, changes: JobChanges) {
    this.name = held.picture.name;
    this.id = held.picture.run.id;
    this.#held = held;
    this.#changes = changes;
  }

  /** How the job stands now. */
  status(): JobStatus {
    return this.#held.picture.status();
  }

  /** What runs now, the longest-running first, at most so many. Costs as much as there runs. */
  running(most = Infinity): RunningTask[] {
    const { picture } = this.#held;
    const begun = picture.load().inFlight.filter(({ isQueued }) => !isQueued);
    const longest = begun.toSorted((one, other) => one.startedAt - other.startedAt).slice(0, most);
    return longest.map(({ task, startedAt }) => {
      const { command, args } = picture.tasks[picture.ids.get(task)!]!;
      return { task, command, args, startedAt };
    });
  }

  /** What holds the job back just now: limits, trouble such as a full disk, slots of a cluster that don't come. */
  live(): LiveState {
    return this.#held.live;
  }

  /**
   * Resolves when the job has ended and its files are exact and synced, or when the engine stopped before (`isInterrupted`). That tasks
   * failed is data in the summary.
   *
   * @throws AirError `AIR_DISK` or `AIR_SYSTEM` if disk or machine refused for a minute after the last running task had ended; the job
   *   is unfinished then.
   */
  finished(): Promise<JobSummary> {
    return this.#held.finished;
  }

  /**
   * Calls back with what happens from now on, in batches as it is recorded. What the listener throws is its own affair: the job goes on, and
   * the process hears of it as of any uncaught exception. Returns a function that ends it.
   */
  onEvents(listener: (events: readonly JobEvent[]) => void): () => void {
    return this.#held.onEvents(listener);
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
    this.#held.finished.then(end, end);
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
    const { isIdle, picture } = this.#held;
    if (picture.isOver) return;
    // A run that was stopped is a job that nobody runs, or somebody else by now.
    if (isIdle) await this.#changes.make(this.name, cancellation(tasks ?? null));
    else cancelOpen(this.#held, tasks ?? null);
  }

  /** As `AirExecutor.add`. */
  async add(tasks: JobInput): Promise<Added> {
    return this.#changes.make(this.name, addition(tasksOfAddition(await checkJob(tasks, { isAddition: true }))));
  }

  /** As `AirExecutor.retry`. */
  async retry(wish: RetryWish = {}): Promise<Retried> {
    demandWish(wish);
    return inHands(await this.#changes.make(this.name, retrial(wish)), this.#changes);
  }
}

/** What became of a retry, with the job as a caller holds it. */
export function inHands({ tasks, job }: { tasks: readonly string[]; job: HeldJob | null }, changes: JobChanges): Retried {
  return { tasks, job: job === null ? null : new Job(job, changes) };
}
