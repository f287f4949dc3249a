/** Counts how the tasks of a map end, and tells when it is to stop early. Pure. */

import type { TaskStatus } from "../../domain/task.js";

/** When to stop early: at the first of these numbers. The map then stays unfinished, and the same call goes on with it. */
export interface MapHalt {
  /** `soon`: what runs may end; `now`: it is stopped. Nothing more starts. */
  readonly when: "soon" | "now";
  /** So many tasks failed. */
  readonly failed?: number;
  /** So many completed. */
  readonly completed?: number;
  /** So many ended, one way or the other. */
  readonly ended?: number;
}

export class HaltWatch {
  readonly #halt: MapHalt | null;
  readonly #counts = { failed: 0, completed: 0, ended: 0 };
  #reason: string | null = null;

  /** @param halt null: never. */
  constructor(halt: MapHalt | null) {
    this.#halt = halt;
  }

  /** Why it is to stop: a sentence's beginning such as "3 tasks failed"; null if it is not. */
  get reason(): string | null {
    return this.#reason;
  }

  /** A task ended. True if that is the one at which to stop. */
  note(status: TaskStatus): boolean {
    if (this.#halt === null) return false;
    this.#counts.ended += 1;
    if (status === "completed" || status === "failed") this.#counts[status] += 1;
    const kind = (["failed", "completed", "ended"] as const).find(
      (each) => this.#counts[each] >= (this.#halt![each] ?? Infinity),
    );
    if (kind === undefined || this.#reason !== null) return false;
    const count = this.#counts[kind];
    this.#reason = `${count} ${count === 1 ? "task" : "tasks"} ${kind}`;
    return true;
  }
}
