/**
 * The tasks of one job by number, and who waits for whom: ids to indices, and for each task the list of its dependents.
 *
 * Filled by the plan, which decides what is linked: an edge leads from a task that has not ended to one that waits for it. Edges
 * are linked lists in flat arrays, so that tasks can be added to a live job. It checks nothing (check-graph.ts does) and knows no
 * status.
 */

import { grown } from "./growable.js";

/** Ends a list of edges. */
export const NO_EDGE = -1;

export class Graph {
  readonly #indices = new Map<string, number>();
  /** By task: its first edge plus one; 0 for none, which is what new columns hold. */
  #heads = new Int32Array(0);
  /** By edge: the dependent, and the next edge of the same list plus one. */
  #dependents = new Int32Array(0);
  #nexts = new Int32Array(0);
  #edges = 0;
  #isInOrder = true;

  /** True if no task waits for one of a higher index: then the indices are a topological order. */
  get isInOrder(): boolean {
    return this.#isInOrder;
  }

  get size(): number {
    return this.#indices.size;
  }

  /** All ids, in the order of their indices. */
  get ids(): ReadonlyMap<string, number> {
    return this.#indices;
  }

  /** Gives the next indices to tasks of these ids. An id that is already there is an internal error. */
  add(tasks: readonly { readonly id: string }[]): void {
    this.#heads = grown(this.#heads, this.size + tasks.length);
    for (const { id } of tasks) {
      if (this.#indices.has(id)) {
        throw new Error(`Internal error: task ${JSON.stringify(id)} is in the job twice`);
      }
      this.#indices.set(id, this.#indices.size);
    }
  }

  /** The index of an id that must be there. */
  indexOf(id: string): number {
    const index = this.#indices.get(id);
    if (index === undefined) {
      throw new Error(`Internal error: there is no task ${JSON.stringify(id)} in the job`);
    }
    return index;
  }

  /** Adds an edge in front of the dependents of `task`: link from the last dependent to the first to walk them in order. */
  link(task: number, dependent: number): void {
    if (this.#edges === this.#dependents.length) {
      this.#dependents = grown(this.#dependents, Math.max(1024, this.#edges + 1));
      this.#nexts = grown(this.#nexts, this.#dependents.length);
    }
    if (dependent < task) this.#isInOrder = false;
    this.#dependents[this.#edges] = dependent;
    this.#nexts[this.#edges] = this.#heads[task]!;
    this.#heads[task] = ++this.#edges;
  }

  /** Takes all edges out. */
  unlinkAll(): void {
    this.#heads.fill(0);
    this.#edges = 0;
    this.#isInOrder = true;
  }

  /** The first edge to a dependent of `task`, or `NO_EDGE`. */
  firstEdge(task: number): number {
    return this.#heads[task]! - 1;
  }

  nextEdge(edge: number): number {
    return this.#nexts[edge]! - 1;
  }

  dependentAt(edge: number): number {
    return this.#dependents[edge]!;
  }
}
