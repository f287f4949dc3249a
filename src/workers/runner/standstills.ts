/** Of which attempts nothing becomes known, as the thread has told it, put into the words of jobs and tasks. Pure. */

import type { Standstill } from "../../domain/standstill.js";
import type { ThreadNews } from "./messages.js";

type Told = ThreadNews & { readonly type: "standstill" };

interface Attempt {
  readonly job: string;
  readonly task: string;
}

export class Standstills {
  readonly #told = new Map<string, { readonly news: Told; readonly since: number }>();

  hear(news: Told, now: number): void {
    if (news.why === null) this.#told.delete(news.id);
    else this.#told.set(news.id, { news, since: this.#told.get(news.id)?.since ?? now });
  }

  /** Whoever told it is gone. */
  clear(): void {
    this.#told.clear();
  }

  /**
   * @param adopted what is adopted, by key
   * @param runningIn what the runner of a claim has
   */
  now(adopted: ReadonlyMap<number, Attempt>, runningIn: (claim: string) => readonly Attempt[]): Standstill[] {
    const standstills: Standstill[] = [];
    for (const { news, since } of this.#told.values()) {
      const { id, keys, why, isUnclear } = news;
      const attempts = keys === null ? runningIn(id) : keys.flatMap((key) => adopted.get(key) ?? []);
      for (const [job, tasks] of byJob(attempts)) standstills.push({ job, tasks, why: why!, isUnclear, since });
    }
    return standstills;
  }
}

function byJob(attempts: readonly Attempt[]): Map<string, string[]> {
  const tasks = new Map<string, string[]>();
  for (const { job, task } of attempts) {
    const ids = tasks.get(job);
    if (ids === undefined) tasks.set(job, [task]);
    else ids.push(task);
  }
  return tasks;
}
