/**
 * The two tasks of a map that come of no input: one before all others and one behind them. Owned by map-feed.ts, which pulls nothing before
 * the first one has completed and hands over the last one with the end of its input.
 */

import type { TaskRecord, TaskSpec, TaskStatus } from "../../domain/task.js";
import type { RunningJob } from "../../engine/running-job.js";
import type { Picture } from "../../store/picture/picture.js";
import { Wakeup } from "./wakeup.js";

export interface Edges {
  readonly before: TaskSpec | null;
  readonly after: TaskSpec | null;
}

/** What the task before all others is called. */
export const BEFORE = "before";
export const AFTER = "after";

/** True if an earlier call came no further than to a first task that did not complete: then the same call begins anew. */
export function isStillborn({ had, ids, counts }: Picture): boolean {
  return had?.has(BEFORE) === true && counts.total === 1 && counts.completed === 0 && !ids.has(BEFORE);
}

export class MapEdges {
  readonly #job: RunningJob;
  readonly #edges: Edges;
  /** Of the tasks between them, for the last one to depend on; null if there is none. */
  readonly #ids: string[] | null;
  #beforeStatus: TaskStatus = "pending";
  #isStopped = false;
  readonly #news = new Wakeup();
  /** Those of the two that are on record since an earlier call. */
  readonly had: readonly TaskSpec[];

  constructor(job: RunningJob, edges: Edges) {
    const { had, ids } = job.picture;
    this.#job = job;
    this.#edges = edges;
    this.#ids = edges.after === null ? null : [];
    this.had = [edges.before, edges.after].filter((task): task is TaskSpec => task !== null && had?.has(task.id) === true);
    if (this.had.some(({ id }) => id === BEFORE) && !ids.has(BEFORE)) this.#beforeStatus = "completed";
  }

  /** Resolves when the first task is over, or `stop` was called. False if nothing may follow. */
  async begin(): Promise<boolean> {
    const { before } = this.#edges;
    if (before === null) return true;
    if (this.#job.picture.had?.has(before.id) === false && !this.#job.feed([before])) return false;
    while (this.#beforeStatus === "pending" && !this.#isStopped) await this.#news.wait();
    return this.#beforeStatus === "completed" && !this.#isStopped;
  }

  /** A task has ended, for this call. True if it is one of the two. */
  note(id: string, { status }: TaskRecord): boolean {
    if (id !== this.#edges.before?.id) return id === this.#edges.after?.id;
    this.#beforeStatus = status;
    this.#news.ring();
    return true;
  }

  /** A task between them, as it has to be. */
  place(spec: TaskSpec): TaskSpec {
    this.#ids?.push(spec.id);
    return this.#edges.before === null ? spec : { ...spec, dependencies: [BEFORE] };
  }

  /** The last task, if it is not on record yet. */
  last(): TaskSpec | null {
    const { before, after } = this.#edges;
    if (after === null || this.#job.picture.had?.has(after.id) === true) return null;
    return { ...after, dependencies: [...(before === null ? [] : [BEFORE]), ...(this.#ids ?? [])] };
  }

  stop(): void {
    this.#isStopped = true;
    this.#news.ring();
  }
}
