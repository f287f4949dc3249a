/** `cancel JOB [TASK…]`: ends a job or some of its tasks, whoever runs it. Comes back when that is on record. */

import { viewJob, viewPaths } from "../../index.js";
import type { Call } from "../command.js";
import { withJob } from "../engine-call.js";
import { exitCode } from "../exit-codes.js";
import { formatTasks } from "../render/figures.js";
import { printableLine } from "../render/printable.js";

export async function execute(call: Call): Promise<number> {
  const { args, rest, settings, terminal } = call;
  const tasks = args["TASK"] === undefined ? null : [args["TASK"], ...rest];
  await withJob(call, async (executor, name) => {
    const { state } = viewJob(viewPaths(settings.dir(), name), name, { withTasks: false });
    const ended = ["completed", "failed", "cancelled"].find((each) => each === state?.["state"]);
    await executor.cancel(name, tasks ?? undefined);
    const what = `${tasks === null ? "" : `${formatTasks(tasks.length)} of `}job ${printableLine(name)}`;
    if (settings.isOn("json")) terminal.out.write(`${JSON.stringify({ job: name, cancelled: tasks })}\n`);
    else if (!settings.isOn("quiet"))
      terminal.err.write(ended === undefined ? `${what} cancelled\n` : `job ${printableLine(name)} had ended before: ${ended}\n`);
  });
  return exitCode.completed;
}
