/**
 * What the tasks of a job have used up of their attempts: failures that count against `retries`, and losses; and who was lost last, and is
 * made again apart from others. Holds only those of which there is something to say. It counts; judge.ts decides what follows.
 */

import type { LoadedJob } from "../../domain/job.js";
import type { Outcome } from "../../domain/outcome.js";
import type { TaskHistory, Ruling } from "./judge.js";

export class Budgets {
  readonly #failures = new Map<number, number>();
  readonly #losses = new Map<number, number>();
  readonly #apart = new Set<number>();

  restore(job: Pick<LoadedJob, "failures" | "losses" | "apart">, indexOf: (id: string) => number): void {
    job.failures.forEach((failures, id) => this.#failures.set(indexOf(id), failures));
    job.losses.forEach((losses, id) => this.#losses.set(indexOf(id), losses));
    for (const id of job.apart) this.#apart.add(indexOf(id));
  }

  failuresOf(task: number): number {
    return this.#failures.get(task) ?? 0;
  }

  historyOf(task: number, mayRetry: boolean): TaskHistory {
    return { failures: this.failuresOf(task), losses: this.#losses.get(task) ?? 0, mayRetry };
  }

  /** True if the task may end the runner that runs it. */
  isApart(task: number): boolean {
    return this.#apart.has(task);
  }

  use(task: number, { isFailure, isLoss }: Ruling, { kind }: Outcome): void {
    if (kind === "lost") this.#apart.add(task);
    else if (kind !== "not-begun") this.#apart.delete(task);
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
      this.#apart.delete(task);
    }
  }
}
