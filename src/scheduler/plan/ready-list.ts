/**
 * The ready tasks of a map in the order in which they start: by priority, then as they came. Filled and emptied by the map's plan.
 *
 * A plain list: a map has few of them at a time, nearly all of one priority, and new ones belong at its end.
 */

interface ReadyTask {
  readonly task: number;
  readonly priority: number;
}

export class ReadyList {
  readonly #list: ReadyTask[] = [];

  get size(): number {
    return this.#list.length;
  }

  /** Adds a task behind those of its priority. */
  push(task: number, priority: number): void {
    const place = this.#list.findLastIndex((other) => other.priority >= priority);
    this.#list.splice(place + 1, 0, { task, priority });
  }

  /** Adds a task that was taken out in front of those of its priority. */
  putBack(task: number, priority: number): void {
    const place = this.#list.findIndex((other) => other.priority <= priority);
    this.#list.splice(place < 0 ? this.#list.length : place, 0, { task, priority });
  }

  /** The next task to start; undefined if none is ready. */
  pop(): number | undefined {
    return this.#list.shift()?.task;
  }

  /** Removes a task if it is there. */
  remove(task: number): void {
    const place = this.#list.findIndex((other) => other.task === task);
    if (place >= 0) this.#list.splice(place, 1);
  }
}
