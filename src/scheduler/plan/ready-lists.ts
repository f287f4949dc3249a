/**
 * The ready tasks of a map, in a list for each demand, each in the order in which its tasks start: by priority, then as they came. Filled
 * and emptied by the map's plan.
 *
 * Plain lists: a map has few of them at a time, nearly all of one priority, and new ones belong at the end.
 */

import type { Resources } from "../../domain/resources.js";
import { DemandIndex } from "./demand-index.js";
import type { ReadyTasks, Rank } from "./ready-queues.js";

interface ReadyTask {
  readonly task: number;
  readonly demand: number;
  readonly priority: number;
  /** What came earlier goes first. */
  readonly turn: number;
}

export class ReadyLists implements ReadyTasks {
  readonly #rankOf: (task: number) => Rank;
  readonly #index = new DemandIndex();
  readonly #lists: ReadyTask[][] = [];
  readonly #ready = new Map<number, ReadyTask>();
  readonly #changed = new Set<number>();
  /** The turns given so far, at either end. */
  #first = 0;
  #last = 0;

  constructor(rankOf: (task: number) => Rank) {
    this.#rankOf = rankOf;
  }

  get size(): number {
    return this.#ready.size;
  }

  get demands(): readonly Resources[] {
    return this.#index.demands;
  }

  sizeOf(demand: number): number {
    return this.#lists[demand]?.length ?? 0;
  }

  headOf(demand: number): number | undefined {
    return this.#lists[demand]?.[0]?.task;
  }

  goesBefore(task: number, other: number): boolean {
    return isBefore(this.#ready.get(task)!, this.#ready.get(other)!);
  }

  takeChanged(): readonly number[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  /** Adds a task behind those of its priority. */
  push(task: number): void {
    this.#insert(task, ++this.#last);
  }

  /** In front of those of its priority. */
  putBack(task: number): void {
    this.#insert(task, --this.#first);
  }

  take(demand: number): number | undefined {
    const task = this.headOf(demand);
    if (task !== undefined) this.remove(task);
    return task;
  }

  /** Removes a task if it is there. */
  remove(task: number): void {
    const ready = this.#ready.get(task);
    if (ready === undefined) return;
    const list = this.#lists[ready.demand]!;
    list.splice(list.indexOf(ready), 1);
    this.#ready.delete(task);
    this.#changed.add(ready.demand);
  }

  #insert(task: number, turn: number): void {
    const { priority, resources } = this.#rankOf(task);
    const demand = this.#index.of(resources);
    const ready = { task, demand, priority, turn };
    const list = (this.#lists[demand] ??= []);
    list.splice(list.findLastIndex((other) => isBefore(other, ready)) + 1, 0, ready);
    this.#ready.set(task, ready);
    this.#changed.add(demand);
  }
}

function isBefore(a: ReadyTask, b: ReadyTask): boolean {
  return a.priority === b.priority ? a.turn < b.turn : a.priority > b.priority;
}
