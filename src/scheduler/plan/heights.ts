/**
 * The height of a task: how many tasks the longest chain behind it has. Among ready tasks of one priority the highest goes first,
 * since the job can't end before that chain has.
 *
 * Heights order, they decide nothing: being off by a little costs time, never correctness.
 */

import type { Graph } from "./graph.js";
import { NO_EDGE } from "./graph.js";
import { grown } from "./growable.js";

/**
 * How many heights an addition may raise: else a chain of n that is added link by link would cost n² / 2. Where it stops short
 * the heights above are too low, but not below this figure: still far above those of tasks with little behind them.
 */
const RAISES_PER_ADDITION = 200;
const RAISES_PER_NEW_TASK = 8;

export class Heights {
  readonly #graph: Graph;
  #heights = new Int32Array(0);

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  of(task: number): number {
    return this.#heights[task]!;
  }

  /**
   * Measures the tasks from index `from` on, in time proportional to tasks and edges. Their dependents must be linked and among
   * them (a task can't get dependents older than itself). A cycle is an internal error.
   */
  measure(from: number): void {
    const graph = this.#graph;
    const count = graph.size - from;
    this.#heights = grown(this.#heights, graph.size);
    const order = graph.isInOrder ? null : this.#topologicalOrder(from, count);
    for (let place = count - 1; place >= 0; place--) {
      const task = order?.[place] ?? from + place;
      let height = 0;
      for (let edge = graph.firstEdge(task); edge !== NO_EDGE; edge = graph.nextEdge(edge)) {
        height = Math.max(height, this.#heights[graph.dependentAt(edge)]! + 1);
      }
      this.#heights[task] = height;
    }
  }

  /**
   * Carries the heights of the tasks from index `from` on up to what they depend on, as far as the effort is bounded.
   * `dependenciesOf` gives the dependencies that matter, those that have not ended; `onRaised` hears of each height that changed.
   */
  carryUp(from: number, dependenciesOf: (task: number) => readonly number[], onRaised: (task: number) => void): void {
    const added = this.#graph.size - from;
    const limit = RAISES_PER_ADDITION + RAISES_PER_NEW_TASK * added;
    const raised: number[] = [];
    const raise = (task: number): void => {
      for (const dependency of dependenciesOf(task)) {
        if (dependency < from && this.#heights[dependency]! <= this.#heights[task]! && raised.length < limit) {
          this.#heights[dependency] = this.#heights[task]! + 1;
          raised.push(dependency);
          onRaised(dependency);
        }
      }
    };
    for (let task = from; task < this.#graph.size; task++) {
      raise(task);
    }
    for (let place = 0; place < raised.length; place++) {
      raise(raised[place]!);
    }
  }

  /** Kahn's algorithm (Communications of the ACM 5(11), 1962) over the tasks from `from` on. */
  #topologicalOrder(from: number, count: number): Int32Array {
    const graph = this.#graph;
    const waitsFor = new Int32Array(count);
    for (let task = from; task < graph.size; task++) {
      for (let edge = graph.firstEdge(task); edge !== NO_EDGE; edge = graph.nextEdge(edge)) {
        waitsFor[graph.dependentAt(edge) - from]! += 1;
      }
    }
    const order = new Int32Array(count);
    let found = 0;
    for (let place = 0; place < count; place++) {
      if (waitsFor[place] === 0) {
        order[found++] = from + place;
      }
    }
    for (let place = 0; place < found; place++) {
      for (let edge = graph.firstEdge(order[place]!); edge !== NO_EDGE; edge = graph.nextEdge(edge)) {
        const dependent = graph.dependentAt(edge);
        waitsFor[dependent - from]! -= 1;
        if (waitsFor[dependent - from] === 0) {
          order[found++] = dependent;
        }
      }
    }
    if (found < count) {
      throw new Error(`Internal error: ${count - found} tasks wait for each other in a cycle`);
    }
    return order;
  }
}
