/**
 * What the tasks of a job have used up of their attempts: failures that count against `retries`, and losses. Holds only those that
 * have used any. It counts; judge.ts decides what follows.
 */

import type { LoadedJob } from "../../domain/job.js";
import type { TaskHistory, Ruling } from "./judge.js";

export class Budgets {
  readonly #failures = new Map<number, number>();
  readonly #losses = new Map<number, number>();

  restore(job: Pick<LoadedJob, "failures" | "losses">, indexOf: (id: string) => number): void {
    job.failures.forEach((failures, id) => this.#failures.set(indexOf(id), failures));
    job.losses.forEach((losses, id) => this.#losses.set(indexOf(id), losses));
  }

  failuresOf(task: number): number {
    return this.#failures.get(task) ?? 0;
  }

  historyOf(task: number, mayRetry: boolean): TaskHistory {
    return { failures: this.failuresOf(task), losses: this.#losses.get(task) ?? 0, mayRetry };
  }

  use(task: number, { isFailure, isLoss }: Ruling): void {
    if (isFailure) {
      this.#failures.set(task, this.failuresOf(task) + 1);
    }
    if (isLoss) {
      this.#losses.set(task, (this.#losses.get(task) ?? 0) + 1);
    }
  }

  /** The budgets of these tasks are whole again. */
  renew(tasks: readonly number[]): void {
    for (const task of tasks) {
      this.#failures.delete(task);
      this.#losses.delete(task);
    }
  }
}
