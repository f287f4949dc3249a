/**
 * The inputs that an unfinished map has had under earlier calls: counts them as they come again, and tells whether they are the same, those
 * of tasks that have ended included, of which only a sum is left. Refuses nothing itself.
 */

import type { TaskSpec } from "../../domain/task.js";
import type { Picture } from "../../store/picture/picture.js";
import { TaskSum } from "../../store/picture/task-sum.js";

export const WAYS_OUT = "map the same inputs again, or begin anew with --fresh (`fresh: true`)";

export class EarlierInputs {
  readonly #count: number;
  readonly #had: TaskSum;
  readonly #isNumbered: boolean;
  readonly #met = new TaskSum();
  #metCount = 0;

  /** Of a map that was just taken up: what it adds from now on does not count. @param edges tasks on record that come of no input. */
  constructor(picture: Picture, edges: readonly TaskSpec[]) {
    const { had, hadTasks } = picture;
    if (had === null || hadTasks === null) throw new Error(`Internal error: job ${JSON.stringify(picture.name)} is no map`);
    picture.hadTasks = null;
    this.#had = hadTasks;
    this.#count = had.size - edges.length;
    this.#isNumbered = had.named === edges.length;
    for (const edge of edges) this.#met.add(edge);
  }

  /** True if all have come again. */
  get isComplete(): boolean {
    return this.#metCount === this.#count;
  }

  /** One came again. What speaks against going on, once all have come; null if nothing does. */
  meet(task: TaskSpec): string | null {
    this.#met.add(task);
    this.#metCount += 1;
    if (!this.isComplete || this.#met.equals(this.#had)) return null;
    return `up to this one the inputs are not those that the unfinished map was begun with: ${WAYS_OUT}`;
  }

  /**
   * The input is at its end: what speaks against that; null if nothing does. Where tasks have the numbers of their inputs none may be left out:
   * those behind it would be others. Names of their own may.
   */
  get missing(): string | null {
    if (this.isComplete || !this.#isNumbered) return null;
    return `its input ends after ${this.#metCount}, and ${this.#count} are on record: ${WAYS_OUT}`;
  }
}
