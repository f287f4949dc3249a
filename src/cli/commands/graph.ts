/** `graph FILE|JOB`: draws what depends on what. A file that exists is taken for a job file, anything else for the name of a job. */

import { statSync } from "node:fs";
import { toData, toDot, toMermaid } from "../../analysis/graph-export.js";
import { foldTasks, type FoldableTask } from "../../analysis/fold-graph.js";
import { buildTaskGraph } from "../../analysis/task-graph.js";
import { readJobFile, type CheckOptions } from "../../index.js";
import { fileWishes } from "../file-wishes.js";
import { exitCode } from "../exit-codes.js";
import { findJob, ownNameOf, tasksOf } from "../job-source.js";
import { formatGroups, formatTasks } from "../render/figures.js";
import { groupedOf } from "../render/groups-table.js";
import { graphText } from "../render/graph-text.js";
import { Printable } from "../render/printable.js";
import type { Settings } from "../command-line/settings.js";
import type { Sink } from "../terminal/terminal.js";
import type { Call } from "../command.js";
import { jsonLine } from "../render/json-line.js";

/** More tasks than this are folded into groups, unless all are asked for. */
const mostTasks = 40;

export async function execute({ args, settings, terminal }: Call): Promise<number> {
  const format = settings.text("format") ?? "text";
  const { name, tasks } = await readTasks(args["SOURCE"] ?? "", settings, fileWishes(settings, terminal));
  const { out, err } = terminal;
  if (settings.isOn("json")) {
    out.write(jsonLine(toData(buildTaskGraph(name, tasks))));
    return exitCode.completed;
  }
  const isFolded = tasks.length > mostTasks && !settings.isOn("all");
  const graph = buildTaskGraph(name, isFolded ? foldTasks(tasks) : tasks);
  if (format === "mermaid") out.write(safeFor(out, toMermaid(graph)));
  else if (format === "dot") out.write(safeFor(out, toDot(graph)));
  else out.write(graphText(graph, out.style));
  if (isFolded && !settings.isOn("quiet"))
    err.write(`${formatTasks(tasks.length)} are folded into ${formatGroups(graph.nodeCount())}; --all draws every task\n`);
  return exitCode.completed;
}

/** Names are the users': in a file or pipe they stay as they are. */
function safeFor({ isTerminal }: Sink, text: string): string {
  return isTerminal ? new Printable().take(text) : text;
}

interface Drawn {
  readonly name: string;
  readonly tasks: readonly FoldableTask[];
}

async function readTasks(source: string, settings: Settings, wishes: CheckOptions): Promise<Drawn> {
  const file = statSync(source, { throwIfNoEntry: false });
  if (source === "-" || (file !== undefined && !file.isDirectory())) {
    const job = await readJobFile(source, wishes);
    const tasks = job.tasks.map(({ id, dependencies, matrixOf }): FoldableTask => ({ id, dependencies, matrixOf, status: null }));
    return { name: ownNameOf(job, source) ?? source, tasks };
  }
  const job = findJob(settings.dir(), source, { run: settings.text("run"), withTasks: true });
  const tasks = tasksOf(job).map((task): FoldableTask => {
    const { id, dependencies, matrixOf } = groupedOf(task).spec;
    return { id, dependencies, matrixOf, status: task.status ?? "pending" };
  });
  return { name: job.name, tasks };
}
