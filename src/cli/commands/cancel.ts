/** `cancel JOB [TASK…]`: ends a job or some of its tasks, whoever runs it. Comes back when that is on record. */

import type { Call } from "../command.js";
import { withJob } from "../engine-call.js";
import { exitCode } from "../exit-codes.js";
import { formatTasks } from "../render/figures.js";
import { printableLine } from "../render/printable.js";

export async function execute(call: Call): Promise<number> {
  const { args, rest, settings, terminal } = call;
  const tasks = args["TASK"] === undefined ? null : [args["TASK"], ...rest];
  await withJob(call, async (executor, name) => {
    await executor.cancel(name, tasks ?? undefined);
    const what = `${tasks === null ? "" : `${formatTasks(tasks.length)} of `}job ${printableLine(name)}`;
    if (settings.isOn("json")) terminal.out.write(`${JSON.stringify({ job: name, cancelled: tasks })}\n`);
    else if (!settings.isOn("quiet")) terminal.err.write(`${what} cancelled\n`);
  });
  return exitCode.completed;
}
