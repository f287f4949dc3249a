/** The tasks of a large job folded into groups, with how many of each are in which state. Writes nothing. */

import { groupTasks } from "../../analysis/task-groups.js";
import type { TaskStatus, TaskView } from "../../index.js";
import { formatCount } from "./figures.js";
import { printableLine } from "./printable.js";
import { styleOf, type Style } from "./style.js";
import { drawTable } from "./table.js";

const STATUSES: readonly TaskStatus[] = ["completed", "failed", "cancelled", "skipped", "running", "pending"];
/** The rest is summed up: all of it has to fit on a screen. */
const MOST_GROUPS = 9;
const LONGEST_NAME = 40;

export function groupsTable(tasks: readonly TaskView[], style: Style): string {
  const { names, groupOf } = groupTasks(tasks.map(groupedOf), MOST_GROUPS);
  const rows = names.map((name) => ({ name, counts: new Map<TaskStatus, number>(), total: 0 }));
  for (const [index, { status = "pending" }] of tasks.entries()) {
    const row = rows[groupOf[index]!]!;
    row.counts.set(status, (row.counts.get(status) ?? 0) + 1);
    row.total++;
  }
  const shown = rows.length <= MOST_GROUPS ? rows : [...rows.slice(0, MOST_GROUPS - 1), sumOf(rows.slice(MOST_GROUPS - 1))];
  const cells = shown.map((row) => rowCells(row, style));
  const heads = STATUSES.map((status) => status.toUpperCase());
  return drawTable(["GROUP", "TASKS", ...heads], cells, style, new Set(["TASKS", ...heads]));
}

/** What groups are judged by, of a task as the files say it. */
export function groupedOf({ id, dependencies = [], matrix_of: of }: TaskView): Parameters<typeof groupTasks>[0][number] {
  return { spec: { id, dependencies, matrixOf: typeof of === "string" ? of : null } };
}

function rowCells({ name, counts, total }: Row, style: Style): string[] {
  const cells = STATUSES.map((status) => (counts.has(status) ? styleOf(status, style)(formatCount(counts.get(status)!)) : ""));
  return [shortened(printableLine(name)), formatCount(total), ...cells];
}

interface Row {
  readonly name: string;
  readonly counts: Map<TaskStatus, number>;
  readonly total: number;
}

function sumOf(rows: readonly Row[]): Row {
  const counts = new Map<TaskStatus, number>();
  for (const row of rows) for (const [status, count] of row.counts) counts.set(status, (counts.get(status) ?? 0) + count);
  return { name: `${formatCount(rows.length)} more groups`, counts, total: rows.reduce((sum, { total }) => sum + total, 0) };
}

function shortened(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 1)}…`;
}
