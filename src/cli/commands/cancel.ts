/** `cancel JOB [TASK…]`: ends a job or some of its tasks, whoever runs it. Comes back when that is on record. */

import { viewJob, viewPaths } from "../../index.js";
import { askToCancel } from "../../internal.js";
import type { Call } from "../command.js";
import { askOrAct } from "../ask-or-act.js";
import { exitCode } from "../exit-codes.js";
import { requireJob } from "../job-source.js";
import { formatTasks } from "../render/figures.js";
import { printableLine } from "../render/printable.js";
import { directoryFromHere } from "../../system/look/current-directory.js";
import { jsonLine } from "../render/json-line.js";

export async function execute(call: Call): Promise<number> {
  const { args, rest, settings, terminal } = call;
  const { JOB: name = "" } = args;
  const tasks = args["TASK"] === undefined ? null : [...new Set([args["TASK"], ...rest])];
  const dir = settings.dir();
  requireJob(dir, name);
  const stateNow = (): unknown => viewJob(viewPaths(dir, name), name, { withTasks: false }).state?.["state"];
  const before = stateNow();
  const { cancelled } = await askOrAct(call, askToCancel(directoryFromHere(dir), name, tasks), async (executor) => ({
    cancelled: await executor.cancel(name, tasks ?? undefined),
  }));
  const end = endBefore(before, stateNow());
  const ended = tasks?.filter((task) => !cancelled.includes(task)) ?? [];
  const isWhole = tasks === null && end === undefined;
  if (settings.isOn("json")) terminal.out.write(jsonLine({ job: name, cancelled: isWhole ? null : cancelled, ended }));
  else if (!settings.isOn("quiet")) {
    const job = `job ${printableLine(name)}`;
    const others = ended.length === 0 ? "" : `; had ended before: ${ended.map(printableLine).join(", ")}`;
    if (tasks !== null) terminal.err.write(`${formatTasks(cancelled.length)} of ${job} cancelled${others}\n`);
    else terminal.err.write(isWhole ? `${job} cancelled\n` : `${job} had ended before: ${end}\n`);
  }
  return exitCode.completed;
}

/** How it had ended before, if it had. Looked at again: it may have ended just now, or its file could not be read the first time. */
function endBefore(before: unknown, after: unknown): string | undefined {
  const isEnd = (state: unknown): state is string => state === "completed" || state === "failed" || state === "cancelled";
  if (isEnd(before)) return before;
  return isEnd(after) && after !== "cancelled" ? after : undefined;
}
