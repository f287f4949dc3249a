/**
 * Which tasks of a job may run: counts for each task the dependencies that it waits for, applies its trigger rule when one ends,
 * and keeps those that are ready in order.
 *
 * It hears which tasks ended and says, as a list, what had to be skipped for it; records nothing and starts nothing. Each edge
 * is followed once in the life of a job, and a skip that follows from a skip is found without recursion.
 */

import type { TaskSpec } from "../../domain/task.js";
import { blame } from "./blame.js";
import { Graph, NO_EDGE } from "./graph.js";
import { Heights } from "./heights.js";
import { ReadyQueues, type ReadyTasks } from "./ready-queues.js";
import type { TaskTable } from "./task-table.js";
import { HAS_GAP, HAS_TROUBLE, IS_HARMLESS } from "./task-table.js";
import { decide } from "./trigger-rule.js";

/** A task that ended because of what others did. The table has it already. */
export interface Skip {
  readonly task: number;
  readonly error: string;
  readonly isHarmless: boolean;
}

export class Readiness {
  readonly #table: TaskTable;
  readonly #graph = new Graph();
  readonly #heights = new Heights(this.#graph);
  readonly #queue = new ReadyQueues(this.#heights);
  readonly #tasks: TaskSpec[] = [];
  /** Tasks that may not be tried again yet. */
  readonly #delayed = new Set<number>();
  /** Tasks that ended and whose dependents have not been told, in order. */
  readonly #untold: number[] = [];
  /** Tasks below this index are linked, and their heights known. */
  #connected = 0;
  #skips: Skip[] = [];

  constructor(table: TaskTable) {
    this.#table = table;
  }

  get ids(): ReadonlyMap<string, number> {
    return this.#graph.ids;
  }

  /** The ready tasks, in order, by what they take. */
  get ready(): ReadyTasks {
    return this.#queue;
  }

  indexOf(id: string): number {
    return this.#graph.indexOf(id);
  }

  taskAt(task: number): TaskSpec {
    return this.#tasks[task]!;
  }

  /** Lets tasks in; `connect` must follow once the table says which of them have ended or run. */
  enter(tasks: readonly TaskSpec[]): void {
    this.#graph.add(tasks);
    this.#queue.note(this.#tasks.length, tasks);
    this.#table.add(tasks.length);
    for (const task of tasks) {
      this.#tasks.push(task);
    }
  }

  /** Links the tasks that were let in to what they wait for, and applies their rules to what has ended already. */
  connect(): Skip[] {
    const from = this.#connected;
    // From the last to the first, so that the dependents of a task are walked in order.
    for (let task = this.#tasks.length - 1; task >= from; task--) {
      if (this.#table.isPending(task)) {
        this.#link(task);
      }
    }
    this.#heights.measure(from);
    if (from > 0) {
      this.#heights.carryUp(from, this.#openDependencies, this.#reorder);
    }
    this.#connected = this.#tasks.length;
    for (let task = from; task < this.#connected; task++) {
      if (this.#table.isPending(task) && this.#table.unmet[task] === 0) {
        this.#enqueue(task);
      }
    }
    return this.#tellAll();
  }

  /** Tasks that had ended are pending again: counts anew what each pending task waits for. None may be taken out meanwhile. */
  reconnect(tasks: readonly number[]): Skip[] {
    tasks.forEach((task) => this.#delayed.delete(task));
    this.#queue.clear();
    this.#graph.unlinkAll();
    this.#connected = 0;
    for (let task = 0; task < this.#tasks.length; task++) {
      if (this.#table.isPending(task)) {
        this.#table.clear(task);
      }
    }
    return this.connect();
  }

  /** A task that has ended is another one from now on. */
  replace(task: number, spec: TaskSpec): void {
    this.#tasks[task] = spec;
    this.#queue.note(task, [spec]);
  }

  /** The table says that a task that ran is pending again. What it depends on may have been reset meanwhile, perhaps under an earlier engine: then it waits anew. */
  repeat(task: number): Skip[] {
    if (this.taskAt(task).dependencies.length === 0) {
      this.#enqueue(task);
      return [];
    }
    this.#table.clear(task);
    this.#link(task);
    return this.#tellAll();
  }

  /** A pending task may not be tried again until `endDelay`. */
  delay(task: number): void {
    this.#delayed.add(task);
  }

  endDelay(task: number): void {
    if (this.#delayed.delete(task) && this.#table.isPending(task) && this.#table.unmet[task] === 0) {
      this.#enqueue(task);
    }
  }

  /** A task ended, and the table says how: tells its dependents. Gives those that are skipped for it, in order. */
  ended(task: number): Skip[] {
    this.#queue.remove(task);
    this.#untold.push(task);
    return this.#tellAll();
  }

  /** Takes out every pending task, for the caller to end. */
  withdrawAll(): number[] {
    this.#queue.clear();
    const pending: number[] = [];
    for (let task = 0; task < this.#tasks.length; task++) {
      if (this.#table.isPending(task)) {
        pending.push(task);
      }
    }
    return pending;
  }

  #link(task: number): void {
    const { dependencies, triggerRule } = this.taskAt(task);
    this.#table.unmet[task] = dependencies.length;
    if (dependencies.length === 0 && decide(triggerRule, 0, false, false) === "skip-unneeded") {
      this.#skip(task, "it has no dependency that could fail", true);
    }
    for (const id of dependencies) {
      const dependency = this.#graph.indexOf(id);
      if (this.#table.isEnded(dependency)) {
        this.#tell(task, dependency);
      } else {
        this.#graph.link(dependency, task);
      }
    }
  }

  #tellAll(): Skip[] {
    for (let place = 0; place < this.#untold.length; place++) {
      const ended = this.#untold[place]!;
      for (let edge = this.#graph.firstEdge(ended); edge !== NO_EDGE; edge = this.#graph.nextEdge(edge)) {
        this.#tell(this.#graph.dependentAt(edge), ended);
      }
    }
    this.#untold.length = 0;
    const skips = this.#skips;
    if (skips.length > 0) {
      this.#skips = [];
    }
    return skips;
  }

  /** One of the dependencies of a task has ended. */
  #tell(task: number, dependency: number): void {
    const table = this.#table;
    if (!table.isPending(task)) {
      return;
    }
    if (table.statusOf(dependency) !== "completed") {
      table.mark(task, table.hasMark(dependency, IS_HARMLESS) ? HAS_GAP : HAS_TROUBLE);
    }
    const unmet = --table.unmet[task]!;
    switch (decide(this.taskAt(task).triggerRule, unmet, table.hasMark(task, HAS_TROUBLE), table.hasMark(task, HAS_GAP))) {
      case "wait":
        return;
      case "run":
        // Those that are not connected yet come into the queue when their heights are known.
        if (task < this.#connected) {
          this.#enqueue(task);
        }
        return;
      case "skip-for-trouble":
        return this.#skipFor(task, dependency, false);
      case "skip-for-gap":
        return this.#skipFor(task, this.#firstGap(task), true);
      case "skip-unneeded":
        this.#skip(task, "none of its dependencies failed", true);
    }
  }

  #firstGap(task: number): number {
    const dependencies = this.taskAt(task).dependencies.map((id) => this.#graph.indexOf(id));
    return dependencies.find((dependency) => this.#table.hasMark(dependency, IS_HARMLESS))!;
  }

  #skipFor(task: number, dependency: number, isHarmless: boolean): void {
    this.#table.setCulprit(task, this.#table.culpritOf(dependency));
    const error = blame(dependency, this.#table, (index) => this.taskAt(index));
    this.#skip(task, error, isHarmless);
  }

  #enqueue(task: number): void {
    if (!this.#delayed.has(task)) {
      this.#queue.push(task);
    }
  }

  #skip(task: number, error: string, isHarmless: boolean): void {
    this.#table.setStatus(task, "skipped");
    if (isHarmless) {
      this.#table.mark(task, IS_HARMLESS);
    }
    this.#skips.push({ task, error, isHarmless });
    this.#untold.push(task);
  }

  readonly #openDependencies = (task: number): number[] => {
    const indices = this.taskAt(task).dependencies.map((id) => this.#graph.indexOf(id));
    return indices.filter((index) => !this.#table.isEnded(index));
  };

  readonly #reorder = (task: number): void => this.#queue.reorder(task);
}
