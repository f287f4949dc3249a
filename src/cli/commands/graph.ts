/** `graph FILE|JOB`: draws what depends on what. A file that exists is taken for a job file, anything else for the name of a job. */

import { statSync } from "node:fs";
import { toData, toDot, toMermaid } from "../../analysis/graph-export.js";
import { buildTaskGraph, type GraphTask, type TaskGraph } from "../../analysis/task-graph.js";
import { readJobFile, type CheckOptions } from "../../index.js";
import { fileWishes } from "../file-wishes.js";
import { exitCode } from "../exit-codes.js";
import { findJob, ownNameOf, tasksOf } from "../job-source.js";
import { graphText } from "../render/graph-text.js";
import { Printable } from "../render/printable.js";
import type { Settings } from "../settings.js";
import type { Sink } from "../terminal.js";
import type { Call } from "../command.js";

export async function execute({ args, settings, terminal }: Call): Promise<number> {
  const format = settings.text("format") ?? "text";
  const graph = await readGraph(args["SOURCE"] ?? "", settings, fileWishes(settings, terminal));
  const { out } = terminal;
  if (settings.isOn("json")) out.write(`${JSON.stringify(toData(graph))}\n`);
  else if (format === "mermaid") out.write(safeFor(out, toMermaid(graph)));
  else if (format === "dot") out.write(safeFor(out, toDot(graph)));
  else out.write(graphText(graph, out.style));
  return exitCode.completed;
}

/** Names are the users': in a file or pipe they stay as they are. */
function safeFor({ isTerminal }: Sink, text: string): string {
  return isTerminal ? new Printable().take(text) : text;
}

async function readGraph(source: string, settings: Settings, wishes: CheckOptions): Promise<TaskGraph> {
  const file = statSync(source, { throwIfNoEntry: false });
  if (source === "-" || (file !== undefined && !file.isDirectory())) {
    const job = await readJobFile(source, wishes);
    const tasks = job.tasks.map(({ id, dependencies }): GraphTask => ({ id, dependencies, status: null }));
    return buildTaskGraph(ownNameOf(job, source) ?? source, tasks);
  }
  const job = findJob(settings.dir(), source, { run: settings.text("run"), withTasks: true });
  const tasks = tasksOf(job).map(({ id, dependencies = [], status = "pending" }): GraphTask => ({ id, dependencies, status }));
  return buildTaskGraph(job.name, tasks);
}
