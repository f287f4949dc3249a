/**
 * `watch [JOB]`: what `status` shows, again and again, with what holds a running job back: drawn in place on a terminal, printed again elsewhere
 * when something has changed. Reads the files, and asks the engine what only that knows; ends with the job, or with Ctrl-C.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { viewJobs, type JobView } from "../../index.js";
import type { Call } from "../command.js";
import { exitCode } from "../exit-codes.js";
import { LiveText } from "../terminal/live-text.js";
import { surviveLostTerminalsUntilSignal } from "../terminal/lost-terminal.js";
import { heldBackLines } from "../render/held-back-lines.js";
import { jobsTable } from "../render/status-table.js";
import { watchText } from "../render/watch-text.js";
import { whenReaderGoes } from "../terminal/terminal.js";
import { waitsFor } from "../waits-for.js";
import { WatchedJob } from "../watched-job.js";
import { jsonLine } from "../render/json-line.js";

const lookEveryMs = 250;
const usualRows = 24;

export async function execute({ args, settings, terminal: { out } }: Call): Promise<number> {
  const { JOB: name } = args;
  const base = settings.dir();
  const isJson = settings.isOn("json");
  const live = new LiveText(out, isJson);
  whenReaderGoes(() => process.exit());
  surviveLostTerminalsUntilSignal();
  const watched = name === undefined ? null : new WatchedJob(base, name, { run: null, isForJson: isJson });
  for (;;) {
    const job = watched?.view() ?? null;
    const jobs = job === null ? viewJobs(base, { isForJson: isJson }) : [job];
    const held = job === null || isJson ? null : await watched!.live(job);
    const nowMs = Date.now();
    const heldBack = held === null ? [] : heldBackLines(held, job!.name, nowMs);
    // Whatever happens to a task changes the state too.
    const waits = waitsFor(settings);
    const facts = JSON.stringify(jobs.map((each) => [each.state, each.counts, each.problem, each.engine, waits(each)]));
    const isOver = job !== null && job.isOver;
    // What the engine says just now stands in a line of its own.
    const options = { nowMs, waitsFor: (each: JobView) => ((held?.trouble ?? null) === null ? waits(each) : "") };
    const show = (text: string): void => live.show(text, facts, isOver);
    if (isJson) show(jobs.map((each) => jsonLine(toJson(each, waits))).join(""));
    else if (job !== null) {
      const room = out.isTerminal && !isOver ? { columns: out.columns(), rows: out.stream.rows || usualRows } : null;
      show(watchText(job, { isEveryTask: settings.isOn("all"), heldBack, room, ...options }, out.style));
    } else show(jobs.length === 0 ? "no jobs yet\n" : jobsTable(jobs, options, out.style));
    if (isOver) return exitCode.completed;
    await sleep(lookEveryMs);
  }
}

function toJson(job: JobView, waits: (job: JobView) => string): object {
  const { name, state, tasks, counts, problem, engine } = job;
  return {
    ...(state ?? { name, state: "waiting" }),
    counts,
    problem,
    engine,
    waits_for: waits(job) || null,
    ...(tasks !== null && { tasks }),
  };
}
