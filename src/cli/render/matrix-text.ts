/** What the matrices of a job expand to, for people and for scripts. */

import type { TaskSpec } from "../../index.js";
import { formatTasks } from "./figures.js";
import { printableLine } from "./printable.js";

export interface MatrixSize {
  /** Of the task in the job file, with its placeholders. */
  readonly id: string;
  readonly tasks: number;
}

/** In the order of the file. */
export function matricesOf(tasks: readonly Pick<TaskSpec, "matrixOf">[]): MatrixSize[] {
  const sizes = new Map<string, number>();
  for (const { matrixOf } of tasks) if (matrixOf !== null) sizes.set(matrixOf, (sizes.get(matrixOf) ?? 0) + 1);
  return [...sizes].map(([id, count]) => ({ id, tasks: count }));
}

/** A line for each. */
export function matrixText(sizes: readonly MatrixSize[]): string {
  return sizes.map(({ id, tasks }) => `  ${printableLine(id)}: ${formatTasks(tasks)}\n`).join("");
}
