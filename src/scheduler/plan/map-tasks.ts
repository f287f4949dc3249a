/**
 * The tasks of a map that have not ended, by number, and a tally of all that it had. What has ended is counted and gone.
 *
 * Only the map's plan writes here, as plan.ts does in its task table. It decides nothing.
 */

import type { Counts } from "../../domain/job.js";
import type { FinalStatus, TaskSpec } from "../../domain/task.js";

/** A task that has not ended. */
export interface OpenTask {
  readonly spec: TaskSpec;
  status: "pending" | "running";
  /** The number of the last attempt that began. */
  attempts: number;
  /** It may not be tried again yet. */
  isDelayed: boolean;
  /** The user cancelled it while it ran: it makes no further attempt. */
  isUnwanted: boolean;
}

export class MapTasks {
  readonly counts: Counts;
  readonly #ids = new Map<string, number>();
  readonly #tasks = new Map<number, OpenTask>();
  #lastNumber = 0;

  /** @param counts what the map was so far, the tasks included that `restore` will name. */
  constructor(counts: Counts) {
    this.counts = { ...counts };
  }

  /** The number of each task by id. */
  get ids(): ReadonlyMap<string, number> {
    return this.#ids;
  }

  get size(): number {
    return this.#tasks.size;
  }

  /** Numbers in the order in which the tasks came. What leaves meanwhile is left out. */
  numbers(): Iterable<number> {
    return this.#tasks.keys();
  }

  find(task: number): OpenTask | undefined {
    return this.#tasks.get(task);
  }

  /** A task that must be there. */
  at(task: number): OpenTask {
    const open = this.#tasks.get(task);
    if (open === undefined) throw new Error(`Internal error: task ${task} of the map is not open`);
    return open;
  }

  /** Takes a new task in, pending. Gives its number; none is used twice. */
  add(spec: TaskSpec): number {
    this.counts.total += 1;
    this.counts.pending += 1;
    return this.restore(spec, "pending", 0);
  }

  /** Takes in a task that is counted already. */
  restore(spec: TaskSpec, status: OpenTask["status"], attempts: number): number {
    this.#ids.set(spec.id, ++this.#lastNumber);
    this.#tasks.set(this.#lastNumber, { spec, status, attempts, isDelayed: false, isUnwanted: false });
    return this.#lastNumber;
  }

  setStatus(task: number, status: OpenTask["status"]): void {
    const open = this.at(task);
    this.counts[open.status] -= 1;
    this.counts[status] += 1;
    open.status = status;
  }

  /** It has ended. */
  close(task: number, status: FinalStatus): void {
    const open = this.at(task);
    this.counts[open.status] -= 1;
    this.counts[status] += 1;
    this.#ids.delete(open.spec.id);
    this.#tasks.delete(task);
  }
}
