/**
 * `why JOB [TASK]`: why a job, or a task, is in the state that it is in: what it waits for, what its time went to, what each attempt did. From
 * the record alone, and from the engine that runs the job what only that knows. Takes no lock, changes nothing.
 */

import { explainJob } from "../../analysis/why-job.js";
import { explainTask } from "../../analysis/why-task.js";
import { AirError, readHistoryIn, viewJobs, type JobView, type LiveState, type RunHistory } from "../../index.js";
import { askToExplain } from "../../internal.js";
import type { Call } from "../command.js";
import { exitCode } from "../exit-codes.js";
import { findJob } from "../job-source.js";
import { printableLine } from "../render/printable.js";
import { whyJobData, whyTaskData } from "../render/why-json.js";
import { whyJobText } from "../render/why-job-text.js";
import { whyTaskText, type Circumstances } from "../render/why-task-text.js";
import type { Settings } from "../command-line/settings.js";
import { suggestion } from "../command-line/suggest-word.js";
import { waitsFor } from "../waits-for.js";
import { directoryFromHere } from "../../system/look/current-directory.js";
import { jsonLine } from "../render/json-line.js";

const NOTHING: LiveState = { holds: [], trouble: null };

export async function execute({ args, settings, terminal: { out, err } }: Call): Promise<number> {
  const { JOB: name = "", TASK: id } = args;
  const job = viewOf(settings, name);
  const history = historyOf(job);
  const answer = await liveStateOf(job, settings);
  const live = typeof answer === "object" && answer !== null ? answer : NOTHING;
  const around: Circumstances = {
    job: job.name,
    nowMs: Date.now(),
    isHeld: live !== NOTHING,
    standstill: standstillOf(job, answer, settings),
  };
  if (history === null) return tellWithoutHistory(job, id, around, { out, isJson: settings.isOn("json") });
  if (history.damage !== null)
    err.write(`air-executor: ${printableLine(history.damage)} What follows is what stands before it.\n`);
  if (id === undefined) {
    const why = explainJob(history, live.holds, around.nowMs);
    if (settings.isOn("json")) out.write(jsonLine(whyJobData(history, why, live, around)));
    else out.write(whyJobText(history, why, live.holds, around, out.style));
    return exitCode.completed;
  }
  const why = explainTask(history, id, live.holds, around.nowMs);
  if (why === undefined) throw noTask(job, id, history);
  if (settings.isOn("json")) out.write(jsonLine(whyTaskData(why, around)));
  else out.write(whyTaskText(why, around, out.style));
  return exitCode.completed;
}

/** Also of what no engine takes, which has a reason too. */
function viewOf(settings: Settings, name: string): JobView {
  try {
    return findJob(settings.dir(), name, { run: settings.text("run"), withTasks: false });
  } catch (error) {
    const entry = viewJobs(settings.dir()).find((job) => job.name === name && job.problem !== null);
    if (entry === undefined) throw error;
    return entry;
  }
}

/** Null if nobody has taken the job in, or if the view says why nothing of it is read. */
function historyOf({ dir, problem }: JobView): RunHistory | null {
  try {
    return readHistoryIn(dir);
  } catch (error) {
    if (error instanceof AirError && problem !== null) return null;
    throw error;
  }
}

/** What its engine says; null if nobody runs it. Of one that does not answer nothing is known but that. */
async function liveStateOf(job: JobView, settings: Settings): Promise<LiveState | string | null> {
  if (job.isOver || job.engine === null || settings.text("run") !== null) return null;
  try {
    return await askToExplain(directoryFromHere(settings.dir()), job.name);
  } catch (error) {
    if (!(error instanceof AirError)) throw error;
    return error.code === "AIR_LOCKED" ? error.message : null;
  }
}

function standstillOf(job: JobView, answer: LiveState | string | null, settings: Settings): string {
  if (job.isOver) return "";
  const reason = typeof answer === "string" ? answer : answer === null ? waitsFor(settings)(job) : (answer.trouble ?? "");
  return printableLine(reason).replace(/\.$/, "");
}

function tellWithoutHistory(
  { name, state, problem, isOver }: JobView,
  id: string | undefined,
  { standstill }: Circumstances,
  { out, isJson }: { readonly out: Call["terminal"]["out"]; readonly isJson: boolean },
): number {
  const error = typeof state?.error === "string" ? state.error : null;
  const reason =
    problem ?? (isOver && error !== null ? `it was not taken in: ${error}` : standstill || "no engine has taken it in yet");
  if (isJson) {
    out.write(jsonLine({ job: name, task: id ?? null, state: state?.state ?? null, is_taken_in: false, standstill: reason }));
  } else {
    const what = id === undefined ? "" : `\n  So nothing is known of the task "${printableLine(id)}" but what tasks.json says.`;
    out.write(`${out.style.strong(printableLine(name))}: ${printableLine(reason)}${what}\n`);
  }
  return exitCode.completed;
}

function noTask({ name }: JobView, id: string, { tasks }: RunHistory): AirError {
  const ids = tasks.map(({ spec }) => spec.id);
  return new AirError("AIR_NOT_FOUND", `job "${name}" has no task "${id}"${suggestion(id, ids)}`);
}
