/** What those tasks of a batch run that were handed over and have no result yet: one that fails is told by it. Writes nothing. */

import { taskCommand } from "../task-command.js";
import type { Prepared } from "./prepare.js";

export class OpenCommands {
  readonly #byNumber = new Map<number, Pick<Prepared, "command" | "args">>();

  /** All pieces of standard input have the same command, which tells none from another. */
  add({ number, command, args, piece }: Prepared): void {
    if (piece === null) this.#byNumber.set(number, { command, args });
  }

  delete({ number }: Prepared): void {
    this.#byNumber.delete(number);
  }

  /** As a line; null for a task that comes of no input. */
  readonly of = (task: string): string | null => {
    const known = this.#byNumber.get(Number(task.slice("task-".length)));
    return known === undefined ? null : taskCommand(known);
  };
}
