/**
 * `watch [JOB]`: what `status` shows, again and again: drawn in place on a terminal, printed again elsewhere when something has changed.
 * Reads the files and needs no engine; ends with the job, or with Ctrl-C.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { viewJobs, type JobView } from "../../index.js";
import type { Call } from "../command.js";
import { exitCode } from "../exit-codes.js";
import { findJob } from "../job-source.js";
import { LiveText } from "../live-text.js";
import { jobText, jobsTable } from "../render/status-table.js";
import { waitsFor } from "../waits-for.js";

const lookEveryMs = 250;

export async function execute({ args, settings, terminal: { out } }: Call): Promise<number> {
  const { JOB: name } = args;
  const base = settings.dir();
  const isJson = settings.isOn("json");
  const live = new LiveText(out, isJson);
  for (;;) {
    const job = name === undefined ? null : findJob(base, name, { run: null, withTasks: true });
    const jobs = job === null ? viewJobs(base) : [job];
    // Whatever happens to a task changes the state too.
    const facts = JSON.stringify(jobs.map(({ state, counts, problem, engine }) => ({ state, counts, problem, engine })));
    const isOver = job !== null && job.isOver;
    const options = { nowMs: Date.now(), waitsFor: waitsFor(settings) };
    const show = (text: string): void => live.show(text, facts, isOver);
    if (isJson) show(jobs.map((each) => `${JSON.stringify(toJson(each))}\n`).join(""));
    else if (job !== null) show(jobText(job, { isEveryTask: settings.isOn("all"), ...options }, out.style));
    else show(jobs.length === 0 ? "no jobs yet\n" : jobsTable(jobs, options, out.style));
    if (isOver) return exitCode.completed;
    await sleep(lookEveryMs);
  }
}

function toJson({ name, state, tasks, counts, problem, engine }: JobView): object {
  return { ...(state ?? { name, state: "waiting" }), counts, problem, engine, ...(tasks !== null && { tasks }) };
}
