/** `status [JOB]`: what the files say, for people as a table, for scripts as the files' own objects. Takes no lock, changes nothing. */

import { viewJobs, type JobView, type TaskView } from "../../index.js";
import { findManager, managerData } from "../../manager/daemon.js";
import { setAside, WHY_SET_ASIDE } from "../../manager/opening-record.js";
import { ITSELF, readWaits } from "../../manager/waits.js";
import { systemWords } from "../../system/look/error-code.js";
import { exitCode } from "../exit-codes.js";
import { findJob } from "../job-source.js";
import { formatTime } from "../render/figures.js";
import { printableLine } from "../render/printable.js";
import { jobText, jobsTable } from "../render/status-table.js";
import { UsageError } from "../command-line/usage-error.js";
import { whyStopped, waitsFor } from "../waits-for.js";
import type { Call } from "../command.js";
import { jsonLine } from "../render/json-line.js";

export async function execute({ args, settings, terminal }: Call): Promise<number> {
  const { out, err } = terminal;
  const base = settings.dir();
  const isJson = settings.isOn("json");
  const run = settings.text("run");
  if (args["JOB"] !== undefined) {
    const job = withSetAside(base)(findJob(base, args["JOB"], { run, withTasks: true, isForJson: isJson }));
    const isEveryTask = settings.isOn("all");
    const only = settings.text("state");
    const isShown = ({ status = "pending" }: TaskView): boolean => only === null || status === only;
    out.write(
      isJson
        ? jsonLine({ ...stateOf(job, waitsFor(settings)), tasks: job.tasks?.filter(isShown) ?? null })
        : jobText(job, { isEveryTask, only, nowMs: Date.now(), waitsFor: waitsFor(settings) }, out.style),
    );
    return exitCode.completed;
  }
  if (settings.text("state") !== null)
    throw new UsageError("--state is for the tasks of one job: air-executor status JOB --state failed");
  if (run !== null) throw new UsageError(`--run is for one job: air-executor status JOB --run ${run}`);
  const jobs = viewJobs(base, { isForJson: isJson }).map(withSetAside(base));
  const manager = findManager(base);
  const waits = waitsFor(settings);
  if (isJson) out.write(jsonLine({ jobs: jobs.map((job) => stateOf(job, waits)), manager: managerData(manager) }));
  else if (jobs.length > 0) out.write(jobsTable(jobs, { nowMs: Date.now(), waitsFor: waits }, out.style));
  else if (!settings.isOn("quiet")) err.write(`no jobs in ${base}\n`);
  if (!isJson && !settings.isOn("quiet")) err.write(`${managerText(manager, base)}\n`);
  return exitCode.completed;
}

/** state.json as it is, completed where it can't be read or is another program's. */
function stateOf(job: JobView, waits: (job: JobView) => string): object {
  const { name, state, counts, problem, engine } = job;
  // A directory that was copied or renamed has the name of its path, whatever its file says until somebody takes it up.
  return { ...(state ?? { state: "waiting" }), name, counts, problem, engine, waits_for: waits(job) || null };
}

/** What managers pass over is waited for by nobody: status says so. */
function withSetAside(base: string): (job: JobView) => JobView {
  const names = setAside(base);
  return (job) => (names.has(job.name) && !job.isOver ? { ...job, problem: `it is set aside: ${WHY_SET_ASIDE}` } : job);
}

function managerText(manager: ReturnType<typeof findManager>, base: string): string {
  switch (manager.answer) {
    case "yes": {
      const wait = whyStopped("it", manager.found) ?? readWaits(base).get(ITSELF);
      const what = `manager ${manager.found.pid} runs since ${formatTime(Date.parse(manager.found.since))}`;
      return wait === undefined ? what : `${what}, and waits: ${printableLine(wait)}`;
    }
    case "no":
      return "no manager runs";
    case "unknown":
      return `whether a manager runs can't be told: ${printableLine(systemWords(manager.why))}`;
  }
}
